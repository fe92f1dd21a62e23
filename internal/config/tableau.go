package config

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/selector"
)

// Tableau is what to refresh after a successful run, and how.
type Tableau struct {
	// URL has only a scheme and a host. The scheme is http only for loopback or with AllowHTTP.
	URL *url.URL
	// Site is the content URL of the site; "" is the Default site of a server.
	Site   string
	SignIn SignIn
	// Workbooks, Datasources, Flows, and Exclude are in the order of the inputs, without duplicates.
	Workbooks, Datasources, Flows, Exclude []selector.Selector
	// Tasks are IDs of extract refresh tasks, without duplicates. LUIDs are in lower case.
	Tasks []string
	// Schedules are names or LUIDs, without duplicates.
	Schedules []string
	Discover  Discover
	// IncludeDatasources is whether to refresh the published data sources of a workbook before it.
	IncludeDatasources bool
	// Incremental is whether to start incremental refreshes instead of full ones.
	Incremental bool
	Preflight   Preflight
	OnConflict  OnConflict
	// Retries is how often a failed refresh is started again.
	Retries int
	// MaxParallel limits the refreshes in progress at the same time; zero means no limit.
	MaxParallel int
	// Wait is false if the step does not wait for refreshes that Tableau has accepted.
	Wait bool
	// PollInterval is at least a second; zero means that the interval depends on the refreshes.
	PollInterval time.Duration
	// Timeout counts from the first refresh that is sent; zero means that only Config.Timeout limits it.
	Timeout time.Duration
	// APIVersion is a version of the REST API, such as "3.19"; "" is the newest one that the server supports.
	APIVersion string
	// AllowHTTP permits unencrypted http to a server that is not on loopback.
	AllowHTTP bool
}

// OnCloud reports whether URL is one of Tableau Cloud.
func (t *Tableau) OnCloud() bool { return isTableauCloud(t.URL) }

// MayWait reports whether the step might wait for a refresh: for all, or for data sources that workbooks depend on.
func (t *Tableau) MayWait() bool { return t.Wait || t.IncludeDatasources || t.Discover.Lineage }

// Discover is how to find further items that depend on what the run built. The zero value finds none.
type Discover struct {
	// Exposures finds the items that the exposures of the dbt project point to.
	Exposures bool
	// Lineage finds the items that are downstream of the built tables, with Tableau's Metadata API.
	Lineage bool
	// Unchanged is whether nodes that dbt left unchanged count as built. It is only true together with another field.
	Unchanged bool
}

// Enabled reports whether part of what to refresh is discovered.
func (d Discover) Enabled() bool { return d.Exposures || d.Lineage }

// Preflight is what to do if Tableau can't be checked before dbt starts.
type Preflight string

const (
	PreflightFail Preflight = "fail" // ends the step without starting dbt
	PreflightWarn Preflight = "warn" // adds a warning and starts dbt
)

// OnConflict is what to do if Tableau refuses a refresh because one of the same item is queued.
type OnConflict string

const (
	ConflictWait OnConflict = "wait" // retries until a refresh that starts after dbt is accepted or found
	ConflictSkip OnConflict = "skip" // skips the item
	ConflictFail OnConflict = "fail" // counts as a failed refresh
)

// tableau returns nil if no input is set that starts with "tableau-". Targets are required if the step waits for dbt.
func (l *loader) tableau(waitsForDBT bool) *Tableau {
	if !l.isTableauSet() {
		return nil
	}
	allowHTTP := l.boolean("tableau-allow-http")
	tableauURL := l.tableauURL(allowHTTP)
	site := l.site(tableauURL)
	t := &Tableau{
		URL: origin(tableauURL), Site: site, AllowHTTP: allowHTTP, SignIn: l.signIn(),
		APIVersion:  l.apiVersion("tableau-api-version"),
		Workbooks:   l.selectors("tableau-workbooks", content.Workbook, site),
		Datasources: l.selectors("tableau-datasources", content.Datasource, site),
		Flows:       l.selectors("tableau-flows", content.Flow, site),
		Exclude:     l.selectors("tableau-exclude", "", site),
		Tasks:       l.ids("tableau-tasks"),
		Schedules:   l.uniqueList("tableau-schedules"),
		Discover:    l.discover("tableau-discover"),

		IncludeDatasources: l.boolean("tableau-include-datasources"),
		Incremental:        l.boolean("tableau-incremental"),
		Preflight:          Preflight(l.choice("tableau-preflight", string(PreflightFail), string(PreflightWarn))),
		OnConflict:         OnConflict(l.choice("tableau-on-conflict", string(ConflictWait), string(ConflictSkip), string(ConflictFail))),
		Retries:            l.count("tableau-retries"),
		MaxParallel:        l.count("tableau-max-parallel"),
		Wait:               l.boolean("tableau-wait"),
		PollInterval:       l.interval("tableau-poll-interval"),
		Timeout:            l.timeout("tableau-timeout"),
	}
	if t.MaxParallel > 0 && !t.Wait {
		l.invalid("tableau-max-parallel", l.text("tableau-max-parallel"), "requires tableau-wait: true")
	}
	if waitsForDBT {
		l.requireTarget()
	}
	return t
}

func (l *loader) isTableauSet() bool {
	return slices.ContainsFunc(inputs(), func(in input) bool { return strings.HasPrefix(in.name, "tableau-") && l.isSet(in.name) })
}

// requireTarget adds an error if there is no target, not even an invalid one.
func (l *loader) requireTarget() {
	names := []string{"tableau-workbooks", "tableau-datasources", "tableau-flows", "tableau-tasks", "tableau-schedules", "tableau-discover"}
	if !slices.ContainsFunc(names, func(name string) bool { return len(l.list(name)) > 0 }) {
		l.invalid(names[0], "", "nothing to refresh. Set %s, or %s; to run only dbt, omit all tableau inputs",
			strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
	}
}

func (l *loader) discover(name string) Discover {
	entries := l.commaList(name)
	for _, entry := range entries {
		if !slices.Contains([]string{"exposures", "lineage", "unchanged"}, entry) {
			l.invalid(name, entry, "must be exposures, lineage, or unchanged")
		}
	}
	d := Discover{
		Exposures: slices.Contains(entries, "exposures"),
		Lineage:   slices.Contains(entries, "lineage"),
		Unchanged: slices.Contains(entries, "unchanged"),
	}
	if (d == Discover{Unchanged: true}) {
		l.invalid(name, "unchanged", "must be combined with exposures or lineage")
	}
	return d
}
