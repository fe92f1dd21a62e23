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

// Tableau says what to refresh after a successful run, and how.
type Tableau struct {
	// URL has a scheme and a host, nothing else. http only on loopback or with AllowHTTP.
	URL *url.URL
	// Site is the content URL of the site, "" for the Default site of a server.
	Site   string
	SignIn SignIn
	// Workbooks, Datasources, Flows and Exclude hold each selector once, in the author's order.
	Workbooks, Datasources, Flows, Exclude []selector.Selector
	// Tasks are IDs of extract refresh tasks, LUIDs in lower case, each once.
	Tasks []string
	// Schedules are names or LUIDs, each once.
	Schedules []string
	Discover  Discover
	// IncludeDatasources says to refresh, before a workbook, the published data sources it reads.
	IncludeDatasources bool
	// Incremental says to refresh incrementally instead of fully.
	Incremental bool
	Preflight   Preflight
	OnConflict  OnConflict
	// Retries is how often a failed refresh is started again.
	Retries int
	// MaxParallel bounds the refreshes under way at once. Zero: no bound.
	MaxParallel int
	// Wait is false when accepted refreshes are not waited for.
	Wait bool
	// PollInterval is fixed, at least a second. Zero: the action chooses.
	PollInterval time.Duration
	// Timeout counts from the first refresh sent. Zero: only Config.Timeout bounds it.
	Timeout time.Duration
	// APIVersion is a version of the REST API like "3.19". Empty: the server's own.
	APIVersion string
	// AllowHTTP permits plain http to a server that is not on loopback.
	AllowHTTP bool
}

// OnCloud reports whether it is Tableau Cloud that is refreshed.
func (t *Tableau) OnCloud() bool { return isCloud(t.URL) }

// MayWait reports whether the step may have to wait for a refresh: for all, or for a data source that a workbook needs first.
func (t *Tableau) MayWait() bool { return t.Wait || t.IncludeDatasources || t.Discover.Lineage }

// Discover says what else to refresh because this run fed it. The zero value looks for nothing.
type Discover struct {
	// Exposures looks at what the dbt project's exposures point to.
	Exposures bool
	// Lineage asks Tableau's Metadata API what lies downstream of what was built.
	Lineage bool
}

// Preflight says what happens to dbt when Tableau can't be checked beforehand.
type Preflight string

const (
	// PreflightFail keeps dbt from being started.
	PreflightFail Preflight = "fail"
	// PreflightWarn starts dbt all the same.
	PreflightWarn Preflight = "warn"
)

// OnConflict says what to do when Tableau answers that a refresh is already queued.
type OnConflict string

const (
	// ConflictWait waits until our own refresh is accepted.
	ConflictWait OnConflict = "wait"
	// ConflictSkip leaves the item out.
	ConflictSkip OnConflict = "skip"
	// ConflictFail counts it as a failed refresh.
	ConflictFail OnConflict = "fail"
)

// tableau reads the inputs that begin with "tableau-". With none of them given there is
// nothing to read; with one, the rest must be complete.
func (l *loader) tableau(waits bool) *Tableau {
	if !l.tableauGiven() {
		return nil
	}
	t := &Tableau{AllowHTTP: l.boolean("tableau-allow-http")}
	page := l.tableauURL(t.AllowHTTP)
	t.URL = origin(page)
	t.Site = l.site(page)
	t.SignIn = l.signIn()
	l.targets(t)

	t.IncludeDatasources = l.boolean("tableau-include-datasources")
	t.Incremental = l.boolean("tableau-incremental")
	t.Preflight = Preflight(l.choice("tableau-preflight", string(PreflightFail), string(PreflightWarn)))
	t.OnConflict = OnConflict(l.choice("tableau-on-conflict", string(ConflictWait), string(ConflictSkip), string(ConflictFail)))
	t.Retries = l.count("tableau-retries")
	t.MaxParallel = l.count("tableau-max-parallel")
	t.Wait = l.boolean("tableau-wait")
	t.PollInterval = l.interval("tableau-poll-interval")
	t.Timeout = l.limit("tableau-timeout")
	t.APIVersion = l.apiVersion("tableau-api-version")

	if t.MaxParallel > 0 && !t.Wait {
		l.problem("tableau-max-parallel", l.text("tableau-max-parallel"), "needs tableau-wait: true, for without waiting nobody counts")
	}
	if waits {
		l.requireTarget()
	}
	return t
}

func (l *loader) tableauGiven() bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(l.inputs)), func(name string) bool {
		return strings.HasPrefix(name, "tableau-") && l.given(name)
	})
}

func (l *loader) targets(t *Tableau) {
	t.Workbooks = l.selectors("tableau-workbooks", content.Workbook, t.Site)
	t.Datasources = l.selectors("tableau-datasources", content.Datasource, t.Site)
	t.Flows = l.selectors("tableau-flows", content.Flow, t.Site)
	t.Exclude = l.selectors("tableau-exclude", "", t.Site)
	t.Tasks = l.ids("tableau-tasks")
	t.Schedules = l.unique("tableau-schedules")
	t.Discover = l.discover("tableau-discover")
}

// requireTarget looks at the text of the lists, because an entry with a mistake is an entry.
func (l *loader) requireTarget() {
	for _, name := range []string{
		"tableau-workbooks", "tableau-datasources", "tableau-flows",
		"tableau-tasks", "tableau-schedules", "tableau-discover",
	} {
		if len(l.list(name)) > 0 {
			return
		}
	}
	l.problem("tableau-workbooks", "", "there is nothing to refresh: name something here, in tableau-datasources, tableau-flows, "+
		"tableau-tasks, tableau-schedules or tableau-discover, or leave every tableau input out to only run dbt")
}

func (l *loader) discover(name string) Discover {
	var d Discover
	for _, entry := range l.list(name) {
		switch entry {
		case "exposures":
			d.Exposures = true
		case "lineage":
			d.Lineage = true
		default:
			l.problem(name, entry, "must be exposures or lineage, each on a line of its own")
		}
	}
	return d
}
