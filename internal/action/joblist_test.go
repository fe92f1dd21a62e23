package action_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// before puts a server before Tableau.
func before(server func(tableau http.Handler) *http.Server) func(*sandbox.Network, *sandbox.Sandbox) func() {
	return func(network *sandbox.Network, box *sandbox.Sandbox) func() {
		server, listener := server(box.Tableau()), network.Listen("127.0.0.1:8002")
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(listener) })
		return func() {
			_ = server.Close()
			serving.Wait()
		}
	}
}

// listAs changes what the list of jobs says. Number counts its answers from 1; the change returns a status and a body.
func listAs(change func(number int, body string) (int, string)) func(http.Handler) http.Handler {
	return func(tableau http.Handler) http.Handler {
		var mu sync.Mutex
		number := 0
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/jobs") {
				tableau.ServeHTTP(w, r)
				return
			}
			recorder := httptest.NewRecorder()
			tableau.ServeHTTP(recorder, r)
			mu.Lock()
			number++
			status, body := change(number, recorder.Body.String())
			mu.Unlock()
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
	}
}

// edited replaces a part of each list, which some list must have.
func edited(t *testing.T, pattern, with string) func(http.Handler) http.Handler {
	t.Helper()
	part := regexp.MustCompile(pattern)
	var found atomic.Bool
	t.Cleanup(func() {
		if !found.Load() {
			t.Errorf("no list had %s", pattern)
		}
	})
	return listAs(func(_ int, body string) (int, string) {
		if part.MatchString(body) {
			found.Store(true)
		}
		return http.StatusOK, part.ReplaceAllString(body, with)
	})
}

// lagging answers with the list of a while ago.
func lagging(t *testing.T, by time.Duration) func(http.Handler) http.Handler {
	t.Helper()
	type answer struct {
		at   time.Time
		body string
	}
	var late atomic.Bool
	t.Cleanup(func() {
		if !late.Load() {
			t.Error("no list was late")
		}
	})
	return func(tableau http.Handler) http.Handler {
		var answers []answer
		return listAs(func(_ int, body string) (int, string) {
			answers = append(answers, answer{time.Now(), body})
			old := "<tsResponse><backgroundJobs/></tsResponse>"
			for _, a := range answers {
				if time.Since(a.at) >= by {
					old = a.body
					late.Store(late.Load() || old != body)
				}
			}
			return http.StatusOK, old
		})(tableau)
	}
}

const refusal = `<tsResponse><error code="403004"><summary>Forbidden</summary><detail>no</detail></error></tsResponse>`

// TestJobList_trouble waits for thirty jobs with a list that is not what it should be: each still comes to its own end.
func TestJobList_trouble(t *testing.T) {
	t.Parallel()
	const seventh = `<pagination .*</pagination>|<backgroundJob [^>]*-000000000007"[^>]*>(</backgroundJob>)?`
	cases := []struct {
		name  string
		front func(http.Handler) http.Handler
		fault *sandbox.Fault
		// latest is how late an end may be told.
		latest time.Duration
		// lists and looks are how many requests it may take.
		lists, looks int
	}{
		{name: "none", latest: 36 * time.Second, lists: 30, looks: 0},
		{name: "lags_behind", front: lagging(t, 40*time.Second), latest: 2 * time.Minute, lists: 40, looks: 50},
		{name: "lacks_one", front: edited(t, seventh, ""), latest: 36 * time.Second, lists: 30, looks: 20},
		{name: "lacks_all", front: edited(t, `(?s)<backgroundJobs>.*</backgroundJobs>`, "<backgroundJobs/>"), latest: time.Minute, lists: 30, looks: 300},
		{name: "is_never_up_to_date", front: edited(t, `status="Success"`, `status="InProgress"`), latest: 31 * time.Minute, lists: 70, looks: 40},
		{name: "has_a_new_word", front: edited(t, `status="InProgress"`, `status="Suspended"`), latest: 36 * time.Second, lists: 30, looks: 300},
		{name: "has_no_end_times", front: edited(t, `endedAt="[^"]*"`, ""), latest: 36 * time.Second, lists: 30, looks: 40},
		{name: "in_capitals", front: edited(t, `7e57ab1e`, `7E57AB1E`), latest: 36 * time.Second, lists: 30, looks: 0},
		{
			name: "is_refused_in_between", latest: time.Minute, lists: 11, looks: 300,
			front: listAs(func(number int, body string) (int, string) {
				if number > 10 {
					return http.StatusForbidden, refusal
				}
				return http.StatusOK, body
			}),
		},
		{
			name: "fails_for_a_while", latest: 2 * time.Minute, lists: 40, looks: 300,
			fault: &sandbox.Fault{Service: "tableau", Operation: "list-jobs", Kind: sandbox.BadGateway, For: 3 * time.Minute},
		},
		{
			name: "loses_its_session", latest: 36 * time.Second, lists: 31, looks: 0,
			fault: &sandbox.Fault{Service: "tableau", Operation: "list-jobs", Kind: sandbox.Unauthorized, Times: 1},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := play{box: sandbox.New(many(t, 30))}
				if tc.front != nil {
					p.mount = before(func(tableau http.Handler) *http.Server { return &http.Server{Handler: tc.front(tableau)} })
				}
				if tc.fault != nil {
					p.box.AddFault(*tc.fault)
				}
				done := p.run(t)
				if got := done.outputs["result"]; got != "success" {
					t.Errorf("result is %s", got)
				}
				if late := lateness(t, done); late > tc.latest {
					t.Errorf("an end was told %s late, want at most %s", late, tc.latest)
				}
				if lists, looks := done.lists(); lists > tc.lists || looks > tc.looks {
					t.Errorf("%d lists and %d looks, want at most %d and %d", lists, looks, tc.lists, tc.looks)
				}
				if t.Failed() {
					t.Log(done.log)
				}
			})
		})
	}
}

// lists counts the lists of Tableau jobs, and the looks at single ones.
func (p played) lists() (lists, looks int) {
	for _, request := range p.box.Requests() {
		switch request.Service + " " + request.Operation {
		case "tableau list-jobs":
			lists++
		case "tableau get-job":
			looks++
		}
	}
	return lists, looks
}

// TestJobList_faults: the list only saves requests. What is wrong with it for good does not change how the jobs end.
func TestJobList_faults(t *testing.T) {
	t.Parallel()
	want := map[sandbox.FaultKind]string{
		sandbox.Unauthorized: "error",
	}
	for _, kind := range sandbox.FaultKinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := sandbox.New(many(t, 30))
				box.AddFault(sandbox.Fault{Service: "tableau", Operation: "list-jobs", Kind: kind})
				done := play{box: box, inputs: map[string]string{"timeout": "2h"}}.run(t)
				result := "success"
				if other, ok := want[kind]; ok {
					result = other
				}
				if got := done.outputs["result"]; got != result {
					t.Errorf("result is %s, want %s\n%s", got, result, done.log)
				}
				if got := len(box.Jobs()); got != 30 {
					t.Errorf("%d refreshes were made, want 30", got)
				}
			})
		})
	}
}

// TestJobList_ends: however a job ends, the list and the job itself make of it what it is.
func TestJobList_ends(t *testing.T) {
	t.Parallel()
	all := func(change func(i int, item *sandbox.Item)) func(*sandbox.Scenario) {
		return func(s *sandbox.Scenario) {
			s.Tableau = many(t, 12).Tableau
			for i := range s.Tableau.Workbooks {
				change(i, &s.Tableau.Workbooks[i])
			}
		}
	}
	rows := func(status string) []string {
		var want []string
		for i := range 12 {
			want = append(want, fmt.Sprintf("workbook Book %03d: %s", i, status))
		}
		return want
	}
	failing := sandbox.Refresh{Finish: sandbox.FinishFailed, Notes: "the warehouse is closed"}
	tell(t, []tale{
		{
			name: "failed", scenario: "success", want: "refresh-failed", rows: rows("failed"), says: []string{"the warehouse is closed"},
			change: all(func(_ int, item *sandbox.Item) { item.Refreshes = []sandbox.Refresh{failing} }),
			check: func(t *testing.T, done played) {
				if _, looks := done.lists(); looks < 12 || looks > 20 {
					t.Errorf("%d looks at 12 jobs that failed", looks)
				}
			},
		},
		{
			name: "cancelled", scenario: "success", want: "refresh-failed", rows: rows("cancelled"), says: []string{"quota"},
			change: all(func(_ int, item *sandbox.Item) {
				item.Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishCancelled, Notes: "quota"}}
			}),
		},
		{
			name: "failed_once", scenario: "success", want: "success", rows: rows("success"), inputs: map[string]string{"tableau-retries": "1"},
			change:   all(func(_ int, item *sandbox.Item) { item.Refreshes = []sandbox.Refresh{failing, {}} }),
			requests: map[string]int{"refresh-workbook": 24},
		},
		{
			name: "by_bridge", scenario: "success", want: "success", rows: rows("success"), never: []string{"Tableau Bridge has the refresh"},
			change: all(func(_ int, item *sandbox.Item) { item.Bridge = true }),
		},
		{
			name: "can_not_be_asked", scenario: "success", want: "success", rows: rows("success"),
			change: all(func(_ int, item *sandbox.Item) { item.Unqueryable = true }),
		},
		{
			name: "can_not_be_asked_and_failed", scenario: "success", want: "refresh-failed", rows: rows("failed"), says: []string{"Tableau gave no reason"},
			change: all(func(_ int, item *sandbox.Item) {
				item.Unqueryable, item.Refreshes = true, []sandbox.Refresh{{Finish: sandbox.FinishFailed}}
			}),
		},
		{
			name: "others_are_waited_out", scenario: "success", want: "success", rows: rows("success"), says: []string{"is waited out"},
			change: all(func(_ int, item *sandbox.Item) {
				item.OtherRefreshes = []sandbox.OtherRefresh{{At: 3 * time.Minute, Duration: 10 * time.Minute}}
			}),
			check: func(t *testing.T, done played) {
				// Ten were running already, two were queued and are as good as ours.
				if got := len(done.box.Jobs()); got != 10 {
					t.Errorf("%d refreshes were made, want 10", got)
				}
				if lists, looks := done.lists(); lists+looks > 130 {
					t.Errorf("%d lists and %d looks to wait out ten jobs", lists, looks)
				}
			},
		},
		{
			name: "only_sources_are_waited_for", scenario: "data-sources-first", want: "started", inputs: map[string]string{"tableau-wait": "false"},
			check: func(t *testing.T, done played) {
				if lists, looks := done.lists(); lists > 0 || looks == 0 {
					t.Errorf("%d lists and %d looks, want only looks", lists, looks)
				}
			},
		},
	})
}
