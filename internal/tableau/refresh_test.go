package tableau_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// TestStart checks that a refresh is started once. If jobs can't be listed, the worst result is a QueuedError that might be
// about the step's own refresh.
func TestStart(t *testing.T) {
	t.Parallel()

	lost := startResponse{handler: dropConnection}
	cases := []struct {
		name   string
		starts []startResponse
		jobs   []queuedJob
		list   http.HandlerFunc
		count  int // of start requests
		job    string
		took   time.Duration
		want   string // the result of errorKind
	}{
		{name: "accepted", starts: []startResponse{{createsJob: true}}, count: 1, job: "new"},
		{name: "response_lost", starts: []startResponse{{createsJob: true, handler: dropConnection}}, count: 1, job: "new"},
		{name: "response_504", starts: []startResponse{{createsJob: true, handler: respond(504, "")}}, count: 1, job: "new"},
		{name: "response_without_job", starts: []startResponse{{createsJob: true, handler: respondXML(``)}}, count: 1, job: "new"},
		{
			name: "job_of_another_item", starts: []startResponse{{createsJob: true, handler: dropConnection}}, count: 1, job: "new",
			jobs: []queuedJob{{"other", "another-luid", time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC)}},
		},
		{
			name: "earlier_job_of_the_item", starts: []startResponse{lost, {createsJob: true}}, count: 2, job: "new", took: 20 * time.Second,
			jobs: []queuedJob{{"earlier", luid, time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC)}},
		},
		{name: "request_lost", starts: []startResponse{lost, {createsJob: true}}, count: 2, job: "new", took: 20 * time.Second},
		{name: "no_response_ever", starts: []startResponse{lost}, count: 11, took: 28 * time.Minute, want: "unknown"},
		{name: "request_lost_and_list_denied", starts: []startResponse{lost, {createsJob: true}}, list: respondForbidden, count: 2, job: "new", took: 5 * time.Second},
		{
			name: "response_lost_and_list_denied", starts: []startResponse{{createsJob: true, handler: dropConnection}, {handler: respondQueued}},
			list: respondForbidden, count: 2, took: 5 * time.Second, want: "queued, maybe own",
		},
		{name: "search_fails", starts: []startResponse{{createsJob: true, handler: dropConnection}}, list: respond(503, ""), count: 1, took: 30 * time.Minute, want: "unknown"},
		{name: "queued", starts: []startResponse{{handler: respondQueued}}, count: 1, want: "queued"},
		{name: "rejected", starts: []startResponse{{handler: respondForbidden}}, count: 1, want: "rejected"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q := &refreshQueue{startResponses: tc.starts, listHandler: tc.list, jobs: tc.jobs}
				client, start := signedIn(t, &fakeSite{handler: q.ServeHTTP}), time.Now()
				job, err := client.Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid})
				if got := errorKind(err); got != tc.want {
					t.Errorf("Start() = %v, want %q", err, tc.want)
				}
				if job.ID != tc.job || q.startCount != tc.count {
					t.Errorf("job %q after %d starts, want %q after %d", job.ID, q.startCount, tc.job, tc.count)
				}
				if took := time.Since(start); took != tc.took {
					t.Errorf("took %s, want %s", took, tc.took)
				}
			})
		})
	}
}

func errorKind(err error) string {
	if _, ok := errors.AsType[*rest.UnknownError](err); ok {
		return "unknown"
	}
	if queued, ok := errors.AsType[*tableau.QueuedError](err); ok {
		if queued.MaybeOwn {
			return "queued, maybe own"
		}
		return "queued"
	}
	if _, ok := errors.AsType[*rest.StatusError](err); ok {
		return "rejected"
	}
	return errorText(err)
}

// TestStart_clock checks that the list of jobs is filtered by Tableau's clock, which is known only in whole seconds.
func TestStart_clock(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name       string
		clockDelay time.Duration
	}{
		{"same", 0},
		{"behind", time.Hour},
		{"ahead", -time.Hour},
		{"fraction_of_a_second_behind", 900 * time.Millisecond},
		{"fraction_of_a_second_ahead", -100 * time.Millisecond},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q := &refreshQueue{startResponses: []startResponse{{createsJob: true, handler: dropConnection}}, clockDelay: tc.clockDelay}
				client := signedIn(t, &fakeSite{handler: q.ServeHTTP})
				time.Sleep(900 * time.Millisecond)
				if _, err := client.Item(t.Context(), content.Workbook, luid, rest.Preflight); err != nil { // sets the clock
					t.Fatal(err)
				}
				time.Sleep(300 * time.Millisecond)
				job, err := client.Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid})
				if err != nil || job.ID != "new" || q.startCount != 1 {
					t.Errorf("Start() = %q, %v after %d starts, want the lost job; list filters %v", job.ID, err, q.startCount, q.listFilters)
				}
				if offset := client.ServerTime().Sub(q.now()).Abs(); offset > time.Second {
					t.Errorf("ServerTime() is %s off Tableau's clock", offset)
				}
			})
		})
	}
}

// TestStart_knownJobs checks that the job of an earlier start is not mistaken for that of the lost start.
func TestStart_knownJobs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := &refreshQueue{startResponses: []startResponse{{handler: dropConnection}, {createsJob: true}}, jobs: []queuedJob{{"EARLIER", luid, time.Now().UTC()}}}
		job, err := signedIn(t, &fakeSite{handler: q.ServeHTTP}).Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid}, "earlier")
		if err != nil || job.ID != "new" || q.startCount != 2 {
			t.Errorf("Start() = %q, %v after %d starts, want a second start", job.ID, err, q.startCount)
		}
	})
}

// TestStart_body checks that the extractRefresh element is sent only as of version 3.25, which introduced it.
func TestStart_body(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		version tableau.Version
		want    string
	}{
		{"3_9", tableau.Version{Major: 3, Minor: 9}, `<tsRequest/>`},
		{"3_24", tableau.Version{Major: 3, Minor: 24}, `<tsRequest/>`},
		{"3_25", tableau.Version{Major: 3, Minor: 25}, `<tsRequest><extractRefresh/></tsRequest>`},
		{"4_0", tableau.Version{Major: 4, Minor: 0}, `<tsRequest><extractRefresh/></tsRequest>`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var got []string
				s := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					got = []string{r.RequestURI, r.Header.Get("Content-Type"), r.Header.Get("Idempotency-Key"), string(body)}
					respondXML(`<job id="j"/>`)(w, r)
				}}
				client := signedIn(t, s, func(o *tableau.Options) { o.Version = tc.version })
				if _, err := client.Start(t.Context(), tableau.Target{Type: content.Datasource, ID: luid}); err != nil {
					t.Fatal(err)
				}
				want := []string{"/api/" + tc.version.String() + "/sites/site-luid/datasources/" + luid + "/refresh", "text/xml", "", tc.want}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
				if err := xml.Unmarshal([]byte(got[3]), new(struct{ XMLName xml.Name })); err != nil {
					t.Errorf("the body is not XML: %v", err)
				}
			})
		})
	}
}

// TestActiveJob checks that jobs are queried for their items, which are not in the list.
func TestActiveJob(t *testing.T) {
	t.Parallel()

	const rows = `<backgroundJobs><backgroundJob id="gone" jobType="refresh_extracts"/><backgroundJob id="other" jobType="increment_extracts"/>` +
		`<backgroundJob id="bridge" jobType="refresh_extracts_via_bridge"/><backgroundJob id="older" jobType="refresh_extracts"/></backgroundJobs>`
	cases := []struct {
		name string
		kind content.Type
		list http.HandlerFunc
		want string
		err  error
	}{
		{"workbook", content.Workbook, respondXML(rows), "bridge", nil},
		{"datasource_with_the_same_id", content.Datasource, respondXML(rows), "older", nil},
		{"none", content.Workbook, respondXML(`<backgroundJobs/>`), "", nil},
		{"list_denied", content.Workbook, respondForbidden, "", tableau.ErrJobListDenied},
		{"list_not_found", content.Workbook, respondError(404, "404003", "Resource Not Found", ""), "", tableau.ErrJobListDenied},
	}
	details := map[string]http.HandlerFunc{
		"gone":   respondError(400, "400031", "Bad Request", "There was a problem querying job"),
		"other":  respondXML(`<job id="other"><extractRefreshJob><workbook id="another-luid"/></extractRefreshJob></job>`),
		"bridge": respondXML(`<job id="bridge"><extractRefreshJob><workbook id="%s"/></extractRefreshJob></job>`, strings.ToUpper(luid)),
		"older":  respondXML(`<job id="older"><extractRefreshJob><datasource id="%s"/></extractRefreshJob></job>`, luid),
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
					_, id, _ := strings.Cut(r.URL.Path, "/jobs/")
					if detail, ok := details[id]; ok {
						detail(w, r)
						return
					}
					tc.list(w, r)
				}}
				job, err := signedIn(t, s).ActiveJob(t.Context(), tableau.Target{Type: tc.kind, ID: luid})
				if !errors.Is(err, tc.err) || job.ID != tc.want {
					t.Errorf("ActiveJob() = %q, %v, want %q, %v", job.ID, err, tc.want, tc.err)
				}
			})
		})
	}
}

// TestStart_searchFilter checks the filter of the search for a clock that is an hour behind.
func TestStart_searchFilter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := &refreshQueue{startResponses: []startResponse{{createsJob: true, handler: dropConnection}}, clockDelay: time.Hour}
		s := &fakeSite{handler: q.ServeHTTP}
		client := signedIn(t, s)
		if _, err := client.Item(t.Context(), content.Workbook, luid, rest.Preflight); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid}); err != nil {
			t.Fatal(err)
		}
		_, requests := s.recorded()
		want := url.Values{"filter": {"createdAt:gte:1999-12-31T23:00:00Z"}, "pageSize": {"1000"}, "sort": {"createdAt:desc"}}
		if diff := cmp.Diff("GET /api/3.25/sites/site-luid/jobs?"+want.Encode(), requests[2]); diff != "" {
			t.Errorf("list (-want +got):\n%s", diff)
		}
	})
}
