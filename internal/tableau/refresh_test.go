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

// TestStart: a refresh is started once. Where Tableau does not let us look, the worst is one that it takes for a twin.
func TestStart(t *testing.T) {
	t.Parallel()

	lost := startResponse{handler: dropConnection}
	cases := []struct {
		name   string
		starts []startResponse
		jobs   []queuedJob
		list   http.HandlerFunc
		sent   int
		job    string
		took   time.Duration
		want   string // the kind of error
	}{
		{name: "accepted", starts: []startResponse{{createsJob: true}}, sent: 1, job: "ours"},
		{name: "lost_but_acted", starts: []startResponse{{createsJob: true, handler: dropConnection}}, sent: 1, job: "ours"},
		{name: "answered_with_a_504_but_acted", starts: []startResponse{{createsJob: true, handler: respond(504, "")}}, sent: 1, job: "ours"},
		{name: "accepted_without_a_job", starts: []startResponse{{createsJob: true, handler: respondXML(``)}}, sent: 1, job: "ours"},
		{
			name: "not_mistaken_for_another", starts: []startResponse{{createsJob: true, handler: dropConnection}}, sent: 1, job: "ours",
			jobs: []queuedJob{{"other", "another-luid", time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC)}},
		},
		{
			name: "not_mistaken_for_an_earlier_one", starts: []startResponse{lost, {createsJob: true}}, sent: 2, job: "ours", took: 20 * time.Second,
			jobs: []queuedJob{{"earlier", luid, time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC)}},
		},
		{name: "lost_and_not_acted", starts: []startResponse{lost, {createsJob: true}}, sent: 2, job: "ours", took: 20 * time.Second},
		{name: "never_answered", starts: []startResponse{lost}, sent: 11, took: 28 * time.Minute, want: "unknown"},
		{name: "lost_without_the_right_to_look", starts: []startResponse{lost, {createsJob: true}}, list: respondForbidden, sent: 2, job: "ours", took: 5 * time.Second},
		{
			name: "lost_but_acted_without_the_right_to_look", starts: []startResponse{{createsJob: true, handler: dropConnection}, {handler: respondQueued}},
			list: respondForbidden, sent: 2, took: 5 * time.Second, want: "queued, ours",
		},
		{name: "search_fails", starts: []startResponse{{createsJob: true, handler: dropConnection}}, list: respond(503, ""), sent: 1, took: 30 * time.Minute, want: "unknown"},
		{name: "queued", starts: []startResponse{{handler: respondQueued}}, sent: 1, want: "queued"},
		{name: "refused", starts: []startResponse{{handler: respondForbidden}}, sent: 1, want: "refused"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q := &refreshQueue{startResponses: tc.starts, listHandler: tc.list, jobs: tc.jobs}
				client, begin := signedIn(t, &fakeSite{handler: q.ServeHTTP}), time.Now()
				job, err := client.Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid})
				if got := errorKind(err); got != tc.want {
					t.Errorf("Start() = %v, want %q", err, tc.want)
				}
				if job.ID != tc.job || q.startCount != tc.sent {
					t.Errorf("job %q after %d sendings, want %q after %d", job.ID, q.startCount, tc.job, tc.sent)
				}
				if took := time.Since(begin); took != tc.took {
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
			return "queued, ours"
		}
		return "queued"
	}
	if _, ok := errors.AsType[*rest.StatusError](err); ok {
		return "refused"
	}
	return errorText(err)
}

// TestStart_clock: the job list is asked by Tableau's clock, of which only whole seconds are known.
func TestStart_clock(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name   string
		behind time.Duration
	}{
		{"same", 0},
		{"behind", time.Hour},
		{"ahead", -time.Hour},
		{"a_part_of_a_second_behind", 900 * time.Millisecond},
		{"a_part_of_a_second_ahead", -100 * time.Millisecond},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q := &refreshQueue{startResponses: []startResponse{{createsJob: true, handler: dropConnection}}, clockDelay: tc.behind}
				client := signedIn(t, &fakeSite{handler: q.ServeHTTP})
				time.Sleep(900 * time.Millisecond)
				if _, err := client.Item(t.Context(), content.Workbook, luid, rest.Preflight); err != nil { // an answer, and with it the clock
					t.Fatal(err)
				}
				time.Sleep(300 * time.Millisecond)
				job, err := client.Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid})
				if err != nil || job.ID != "ours" || q.startCount != 1 {
					t.Errorf("Start() = %q, %v after %d sendings, want the lost one found; asked for %v", job.ID, err, q.startCount, q.listFilters)
				}
				if off := client.ServerTime().Sub(q.now()).Abs(); off > time.Second {
					t.Errorf("Now() is %s off Tableau's clock", off)
				}
			})
		})
	}
}

// TestStart_known: what an earlier start made is not taken for what the lost one made.
func TestStart_knownJobs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := &refreshQueue{startResponses: []startResponse{{handler: dropConnection}, {createsJob: true}}, jobs: []queuedJob{{"EARLIER", luid, time.Now().UTC()}}}
		job, err := signedIn(t, &fakeSite{handler: q.ServeHTTP}).Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid}, "earlier")
		if err != nil || job.ID != "ours" || q.startCount != 2 {
			t.Errorf("Start() = %q, %v after %d sendings, want it sent again", job.ID, err, q.startCount)
		}
	})
}

// TestStart_body: from 3.25 on it can be said what to refresh how; before, there was no such element.
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
					t.Errorf("the body is no XML: %v", err)
				}
			})
		})
	}
}

// TestActive finds by looking at each candidate, for the list does not say what a job works on.
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
		{"datasource_of_that_id", content.Datasource, respondXML(rows), "older", nil},
		{"none", content.Workbook, respondXML(`<backgroundJobs/>`), "", nil},
		{"no_right", content.Workbook, respondForbidden, "", tableau.ErrJobListDenied},
		{"no_such_call", content.Workbook, respondError(404, "404003", "Resource Not Found", ""), "", tableau.ErrJobListDenied},
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
					t.Errorf("Active() = %q, %v, want %q, %v", job.ID, err, tc.want, tc.err)
				}
			})
		})
	}
}

// TestStart_since holds the filter on the wire, by a clock that is an hour behind.
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
