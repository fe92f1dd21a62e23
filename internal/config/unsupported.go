package config

import "dbt-tableau-refresh/internal/selector"

const notYet = "is not supported yet: leave it out"

// unsupported lists the inputs whose feature is not built. A feature that is built deletes its line.
func unsupported() []string {
	return []string{
		"dbt-artifacts",
		"tableau-username",
		"tableau-password",
		"tableau-connected-app-client-id",
		"tableau-connected-app-secret-id",
		"tableau-connected-app-secret-value",
		"tableau-flows",
		"tableau-tasks",
		"tableau-schedules",
		"tableau-discover",
		"tableau-exclude",
		"tableau-include-datasources",
		"tableau-incremental",
		"tableau-preflight",
		"dry-run",
	}
}

// refuseUnsupported keeps an input without a feature from being ignored in silence.
func (l *loader) refuseUnsupported(t *Tableau) {
	for _, name := range unsupported() {
		if l.given(name) {
			l.problem(name, l.text(name), notYet)
		}
	}
	if t == nil {
		return
	}
	l.refuseSelectors("tableau-workbooks", t.Workbooks)
	l.refuseSelectors("tableau-datasources", t.Datasources)
}

func (l *loader) refuseSelectors(name string, selectors []selector.Selector) {
	for _, s := range selectors {
		if s.Kind != selector.LUID {
			l.problem(name, s.String(), "only LUIDs are supported yet, like 6b7179ba-b82b-4f0f-91ed-812074ac5da6")
		}
	}
}
