package config

import (
	"maps"
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

// MayWait reports whether the step may wait for a refresh: for all, or for data sources that workbooks depend on.
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

// Preflight is what to do if Tableau can't be checked before dbt starts.
type Preflight string

const (
	// PreflightFail ends the step without starting dbt.
	PreflightFail Preflight = "fail"
	// PreflightWarn adds a warning and starts dbt.
	PreflightWarn Preflight = "warn"
)

// OnConflict is what to do if Tableau refuses a refresh because one of the same item is queued.
type OnConflict string

const (
	// ConflictWait retries until Tableau accepts the step's own refresh.
	ConflictWait OnConflict = "wait"
	// ConflictSkip skips the item.
	ConflictSkip OnConflict = "skip"
	// ConflictFail counts the item as a failed refresh.
	ConflictFail OnConflict = "fail"
)

// tableau reads the inputs that start with "tableau-". It returns nil if none is set. Targets are required if the step waits
// for dbt.
func (l *loader) tableau(waitsForDBT bool) *Tableau {
	if !l.isTableauSet() {
		return nil
	}
	t := &Tableau{AllowHTTP: l.boolean("tableau-allow-http")}
	tableauURL := l.tableauURL(t.AllowHTTP)
	t.URL = origin(tableauURL)
	t.Site = l.site(tableauURL)
	t.SignIn = l.signIn()
	l.readTargets(t)

	t.IncludeDatasources = l.boolean("tableau-include-datasources")
	t.Incremental = l.boolean("tableau-incremental")
	t.Preflight = Preflight(l.choice("tableau-preflight", string(PreflightFail), string(PreflightWarn)))
	t.OnConflict = OnConflict(l.choice("tableau-on-conflict", string(ConflictWait), string(ConflictSkip), string(ConflictFail)))
	t.Retries = l.count("tableau-retries")
	t.MaxParallel = l.count("tableau-max-parallel")
	t.Wait = l.boolean("tableau-wait")
	t.PollInterval = l.interval("tableau-poll-interval")
	t.Timeout = l.timeout("tableau-timeout")
	t.APIVersion = l.apiVersion("tableau-api-version")

	if t.MaxParallel > 0 && !t.Wait {
		l.invalid("tableau-max-parallel", l.text("tableau-max-parallel"), "requires tableau-wait: true")
	}
	if waitsForDBT {
		l.requireTarget()
	}
	return t
}

func (l *loader) isTableauSet() bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(l.inputs)), func(name string) bool {
		return strings.HasPrefix(name, "tableau-") && l.isSet(name)
	})
}

func (l *loader) readTargets(t *Tableau) {
	t.Workbooks = l.selectors("tableau-workbooks", content.Workbook, t.Site)
	t.Datasources = l.selectors("tableau-datasources", content.Datasource, t.Site)
	t.Flows = l.selectors("tableau-flows", content.Flow, t.Site)
	t.Exclude = l.selectors("tableau-exclude", "", t.Site)
	t.Tasks = l.ids("tableau-tasks")
	t.Schedules = l.uniqueList("tableau-schedules")
	t.Discover = l.discover("tableau-discover")
}

// requireTarget adds an error if there is no target. An invalid entry counts as one.
func (l *loader) requireTarget() {
	for _, name := range []string{
		"tableau-workbooks", "tableau-datasources", "tableau-flows",
		"tableau-tasks", "tableau-schedules", "tableau-discover",
	} {
		if len(l.list(name)) > 0 {
			return
		}
	}
	l.invalid("tableau-workbooks", "", "nothing to refresh. Set tableau-workbooks, tableau-datasources, tableau-flows, tableau-tasks, "+
		"tableau-schedules, or tableau-discover; to run only dbt, omit all tableau inputs")
}

func (l *loader) discover(name string) Discover {
	var d Discover
	for _, entry := range l.commaList(name) {
		switch entry {
		case "exposures":
			d.Exposures = true
		case "lineage":
			d.Lineage = true
		case "unchanged":
			d.Unchanged = true
		default:
			l.invalid(name, entry, "must be exposures, lineage, or unchanged")
		}
	}
	if (d == Discover{Unchanged: true}) {
		l.invalid(name, "unchanged", "must be combined with exposures or lineage")
	}
	return d
}
