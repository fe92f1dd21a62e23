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

	lost := start{answer: abort}
	cases := []struct {
		name   string
		starts []start
		jobs   []queuedJob
		list   http.HandlerFunc
		sent   int
		job    string
		took   time.Duration
		want   string // the kind of error
	}{
		{name: "accepted", starts: []start{{makes: true}}, sent: 1, job: "ours"},
		{name: "lost_but_acted", starts: []start{{makes: true, answer: abort}}, sent: 1, job: "ours"},
		{name: "answered_with_a_504_but_acted", starts: []start{{makes: true, answer: respond(504, "")}}, sent: 1, job: "ours"},
		{name: "accepted_without_a_job", starts: []start{{makes: true, answer: answer(``)}}, sent: 1, job: "ours"},
		{
			name: "not_mistaken_for_another", starts: []start{{makes: true, answer: abort}}, sent: 1, job: "ours",
			jobs: []queuedJob{{"other", "another-luid", time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC)}},
		},
		{
			name: "not_mistaken_for_an_earlier_one", starts: []start{lost, {makes: true}}, sent: 2, job: "ours", took: 20 * time.Second,
			jobs: []queuedJob{{"earlier", luid, time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC)}},
		},
		{name: "lost_and_not_acted", starts: []start{lost, {makes: true}}, sent: 2, job: "ours", took: 20 * time.Second},
		{name: "never_answered", starts: []start{lost}, sent: 11, took: 28 * time.Minute, want: "unknown"},
		{name: "lost_without_the_right_to_look", starts: []start{lost, {makes: true}}, list: forbidden, sent: 2, job: "ours", took: 5 * time.Second},
		{
			name: "lost_but_acted_without_the_right_to_look", starts: []start{{makes: true, answer: abort}, {answer: queued}},
			list: forbidden, sent: 2, took: 5 * time.Second, want: "queued, ours",
		},
		{name: "search_fails", starts: []start{{makes: true, answer: abort}}, list: respond(503, ""), sent: 1, took: 30 * time.Minute, want: "unknown"},
		{name: "queued", starts: []start{{answer: queued}}, sent: 1, want: "queued"},
		{name: "refused", starts: []start{{answer: forbidden}}, sent: 1, want: "refused"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q := &queue{starts: tc.starts, list: tc.list, jobs: tc.jobs}
				client, begin := signedIn(t, &site{handler: q.ServeHTTP}), time.Now()
				job, err := client.Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid})
				if got := refreshError(err); got != tc.want {
					t.Errorf("Start() = %v, want %q", err, tc.want)
				}
				if job.ID != tc.job || q.sent != tc.sent {
					t.Errorf("job %q after %d sendings, want %q after %d", job.ID, q.sent, tc.job, tc.sent)
				}
				if took := time.Since(begin); took != tc.took {
					t.Errorf("took %s, want %s", took, tc.took)
				}
			})
		})
	}
}

func refreshError(err error) string {
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
				q := &queue{starts: []start{{makes: true, answer: abort}}, behind: tc.behind}
				client := signedIn(t, &site{handler: q.ServeHTTP})
				time.Sleep(900 * time.Millisecond)
				if _, err := client.Item(t.Context(), content.Workbook, luid, rest.Preflight); err != nil { // an answer, and with it the clock
					t.Fatal(err)
				}
				time.Sleep(300 * time.Millisecond)
				job, err := client.Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid})
				if err != nil || job.ID != "ours" || q.sent != 1 {
					t.Errorf("Start() = %q, %v after %d sendings, want the lost one found; asked for %v", job.ID, err, q.sent, q.since)
				}
				if off := client.ServerTime().Sub(q.now()).Abs(); off > time.Second {
					t.Errorf("Now() is %s off Tableau's clock", off)
				}
			})
		})
	}
}

// TestStart_known: what an earlier start made is not taken for what the lost one made.
func TestStart_known(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := &queue{starts: []start{{answer: abort}, {makes: true}}, jobs: []queuedJob{{"EARLIER", luid, time.Now().UTC()}}}
		job, err := signedIn(t, &site{handler: q.ServeHTTP}).Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid}, "earlier")
		if err != nil || job.ID != "ours" || q.sent != 2 {
			t.Errorf("Start() = %q, %v after %d sendings, want it sent again", job.ID, err, q.sent)
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
				s := &site{handler: func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					got = []string{r.RequestURI, r.Header.Get("Content-Type"), r.Header.Get("Idempotency-Key"), string(body)}
					answer(`<job id="j"/>`)(w, r)
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
func TestActive(t *testing.T) {
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
		{"workbook", content.Workbook, answer(rows), "bridge", nil},
		{"datasource_of_that_id", content.Datasource, answer(rows), "older", nil},
		{"none", content.Workbook, answer(`<backgroundJobs/>`), "", nil},
		{"no_right", content.Workbook, forbidden, "", tableau.ErrJobListDenied},
		{"no_such_call", content.Workbook, refuse(404, "404003", "Resource Not Found", ""), "", tableau.ErrJobListDenied},
	}
	details := map[string]http.HandlerFunc{
		"gone":   refuse(400, "400031", "Bad Request", "There was a problem querying job"),
		"other":  answer(`<job id="other"><extractRefreshJob><workbook id="another-luid"/></extractRefreshJob></job>`),
		"bridge": answer(`<job id="bridge"><extractRefreshJob><workbook id="%s"/></extractRefreshJob></job>`, strings.ToUpper(luid)),
		"older":  answer(`<job id="older"><extractRefreshJob><datasource id="%s"/></extractRefreshJob></job>`, luid),
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &site{handler: func(w http.ResponseWriter, r *http.Request) {
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
func TestStart_since(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := &queue{starts: []start{{makes: true, answer: abort}}, behind: time.Hour}
		s := &site{handler: q.ServeHTTP}
		client := signedIn(t, s)
		if _, err := client.Item(t.Context(), content.Workbook, luid, rest.Preflight); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Start(t.Context(), tableau.Target{Type: content.Workbook, ID: luid}); err != nil {
			t.Fatal(err)
		}
		_, requests := s.seen()
		want := url.Values{"filter": {"createdAt:gte:1999-12-31T23:00:00Z"}, "pageSize": {"1000"}, "sort": {"createdAt:desc"}}
		if diff := cmp.Diff("GET /api/3.25/sites/site-luid/jobs?"+want.Encode(), requests[2]); diff != "" {
			t.Errorf("list (-want +got):\n%s", diff)
		}
	})
}
