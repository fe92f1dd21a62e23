package sandbox

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// tableauServer is the state of a Tableau server with one site.
type tableauServer struct {
	mu       sync.Mutex
	site     Site
	start    time.Time
	sessions map[string]*session
	// signInCount counts all sessions, for their tokens.
	signInCount int
	// usedTokenIDs are the IDs of the JSON web tokens that were used.
	usedTokenIDs map[string]bool
	queue        queue
	// targets are the workbooks and data sources by LUID.
	targets map[string]target
	// catalogs are the content of the Metadata API; nil before the first query.
	catalogs struct{ whole, seen *catalog }
	// rateLimited counts the queries that were refused because of the rate limit.
	rateLimited int
}

func newTableauServer(site Site, now time.Time) *tableauServer {
	site.IdleLimit = cmp.Or(site.IdleLimit, 120*time.Minute)
	site.MaxRefreshes = cmp.Or(site.MaxRefreshes, 10)
	t := &tableauServer{site: site, start: now, sessions: map[string]*session{}, usedTokenIDs: map[string]bool{}, targets: map[string]target{}}
	t.addTargets(kindWorkbook, site.Workbooks)
	t.addTargets(kindDataSource, site.DataSources)
	t.queue = newQueue(site, now)
	t.advance(now)
	return t
}

func (t *tableauServer) handler(rec *recorder, f *faultList) http.Handler {
	s := service{
		name:        "tableau",
		clockOffset: t.site.ClockOffset,
		mu:          &t.mu,
		recorder:    rec,
		faults:      f,
		advance:     t.advance,
		authorize:   t.authorize,
		notFound: func(r *http.Request, _ time.Time) reply {
			return tableauError(404003, "Resource Not Found", "Unknown resource '"+strings.TrimPrefix(r.URL.Path, "/api")+"' specified in URI.")
		},
		notAllowed: func(r *http.Request, _ time.Time) reply {
			return tableauError(405000, "Invalid Request Method", "The HTTP request method '"+r.Method+"' is not supported for the specified resource.")
		},
	}
	return s.mux(t.routes())
}

func (t *tableauServer) routes() []route {
	const (
		api        = "/api/{version}"
		site       = api + "/sites/{site}"
		workbook   = site + "/workbooks/{item}"
		dataSource = site + "/datasources/{item}"
		flow       = site + "/flows/{item}"
		task       = site + "/tasks/extractRefreshes/{task}"
		job        = site + "/jobs/{job}"
	)
	return []route{
		{"server-info", http.MethodGet, api + "/serverinfo", t.serverInfo},
		{"server-info", http.MethodGet, api + "/serverInfo", t.serverInfo},
		{"sign-in", http.MethodPost, api + "/auth/signin", t.signIn},
		{"sign-out", http.MethodPost, api + "/auth/signout", t.signOut},
		{"get-user", http.MethodGet, site + "/users/{user}", t.getUser},
		{"list-projects", http.MethodGet, site + "/projects", t.listProjects},
		{"list-workbooks", http.MethodGet, site + "/workbooks", t.listWorkbooks},
		{"get-workbook", http.MethodGet, workbook, t.getWorkbook},
		{"list-workbook-connections", http.MethodGet, workbook + "/connections", t.workbookConnections},
		{"refresh-workbook", http.MethodPost, workbook + "/refresh", t.refreshWorkbook},
		{"list-datasources", http.MethodGet, site + "/datasources", t.listDataSources},
		{"get-datasource", http.MethodGet, dataSource, t.getDataSource},
		{"list-datasource-connections", http.MethodGet, dataSource + "/connections", t.dataSourceConnections},
		{"refresh-datasource", http.MethodPost, dataSource + "/refresh", t.refreshDataSource},
		{"list-views", http.MethodGet, site + "/views", t.listViews},
		{"list-workbook-views", http.MethodGet, workbook + "/views", t.workbookViews},
		{"list-flows", http.MethodGet, site + "/flows", t.listFlows},
		{"get-flow", http.MethodGet, flow, t.getFlow},
		{"run-flow", http.MethodPost, flow + "/run", t.runFlow},
		{"list-flow-runs", http.MethodGet, site + "/flows/runs", t.listFlowRuns},
		{"get-flow-run", http.MethodGet, flow + "/{run}", t.getFlowRun},
		{"list-tasks", http.MethodGet, site + "/tasks/extractRefreshes", t.listTasks},
		{"get-task", http.MethodGet, task, t.getTask},
		{"run-task", http.MethodPost, task + "/runNow", t.runTask},
		{"list-schedules", http.MethodGet, api + "/schedules", t.listSchedules},
		{"get-schedule", http.MethodGet, api + "/schedules/{schedule}", t.getSchedule},
		{"list-schedule-extracts", http.MethodGet, site + "/schedules/{schedule}/extracts", t.scheduleExtracts},
		{"list-jobs", http.MethodGet, site + "/jobs", t.listJobs},
		{"get-job", http.MethodGet, job, t.getJob},
		{"cancel-job", http.MethodPut, job, t.cancelJob},
		{"query-metadata", http.MethodPost, "/api/metadata/graphql", t.queryMetadata},
		{"metadata-status", http.MethodGet, "/api/metadata/v1/control/backfill/status", t.metadataStatus},
	}
}

// authorize refuses an API version that the server does not support, and a request without a valid session.
func (t *tableauServer) authorize(operation string, r *http.Request, now time.Time) *reply {
	switch operation {
	case "unknown", "method-not-allowed":
		return nil
	case "query-metadata", "metadata-status":
		if operation == "query-metadata" && t.site.Metadata.EndedSession != "" {
			return nil // the response depends on the session
		}
		return t.checkSession(operation, r, now) // these paths contain no version
	}
	requested, ok := parseVersion(r.PathValue("version"))
	own, _ := parseVersion(t.site.APIVersion)
	if !ok || own.before(requested) || requested.before(version{2, 4}) {
		return new(tableauError(404001, "Version Not Found", "The API version '"+r.PathValue("version")+"' is not available on this server."))
	}
	if operation == "server-info" || operation == "sign-in" {
		return nil
	}
	return t.checkSession(operation, r, now)
}

// version is a REST API version. 3.10 is newer than 3.9.
type version struct{ major, minor int }

func parseVersion(text string) (version, bool) {
	major, minor, ok := strings.Cut(text, ".")
	a, errA := strconv.Atoi(major)
	b, errB := strconv.Atoi(minor)
	return version{a, b}, ok && errA == nil && errB == nil
}

func (v version) before(other version) bool {
	return v.major < other.major || v.major == other.major && v.minor < other.minor
}

// requestVersion returns the API version in the path, which authorize has validated.
func requestVersion(r *http.Request) version {
	v, _ := parseVersion(r.PathValue("version"))
	return v
}
