package action_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestOutsider: a refresh that somebody else starts while ours are under way.
func TestOutsider(t *testing.T) {
	t.Parallel()
	twoTasks := func(s *sandbox.Scenario) {
		s.Tableau.Tasks = []sandbox.Task{{LUID: task(1), Target: orders}, {LUID: task(2), Target: orders}}
		// It comes between the end of the first task and the moment when that is noticed.
		s.Tableau.DataSources[0].OtherRefreshes = []sandbox.OtherRefresh{{At: 4*time.Minute + 35*time.Second, Duration: 10 * time.Minute}}
	}
	inputs := with(tasksOnly(task(1)+"\n"+task(2), ""), "tableau-max-parallel", "1")
	tell(t, []tale{
		{
			name: "before_the_second_task_skip", scenario: "data-sources-first", change: twoTasks, want: "success", inputs: with(inputs, "tableau-on-conflict", "skip"),
			rows: []string{"task Orders: success", "task Orders: skipped"}, requests: map[string]int{"run-task": 2},
		},
		{
			name: "before_the_second_task_fail", scenario: "data-sources-first", change: twoTasks, want: "refresh-failed", inputs: with(inputs, "tableau-on-conflict", "fail"),
			rows: []string{"task Orders: success", "task Orders: failed"}, requests: map[string]int{"run-task": 2},
		},
		{
			// It began after dbt's end, but before the data sources that the workbook reads were done.
			name: "between_a_workbook_and_its_sources", scenario: "data-sources-first", want: "success",
			change: func(s *sandbox.Scenario) {
				s.Tableau.Workbooks[0].OtherRefreshes = []sandbox.OtherRefresh{{At: 4 * time.Minute, Duration: 10 * time.Minute}}
			},
			inputs: map[string]string{"tableau-workbooks": weeklyRevenue}, says: []string{`"Weekly revenue": a refresh that began before what it reads was ready is waited out`},
			requests: map[string]int{"refresh-workbook": 2},
			check: func(t *testing.T, done played) {
				t.Helper()
				if len(done.box.Jobs()) != 3 || done.took < 14*time.Minute {
					t.Errorf("%d refreshes were ours after %s, want 3 after the other's end", len(done.box.Jobs()), done.took)
				}
			},
		},
	})
}

// TestRetry_lost: a retry whose answer is lost, and which Tableau never got, is sent again, though the job that failed is new.
func TestRetry_lost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := success(t)
		book := &scenario.Tableau.Workbooks[0]
		book.QueueTime, book.Duration = 0, 0
		book.Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed}, {}}
		var starts atomic.Int32
		p := play{scenario: scenario, inputs: map[string]string{"tableau-workbooks": book.LUID, "tableau-datasources": "", "tableau-retries": "1"}}
		p.mount = before(func(tableau http.Handler) *http.Server {
			return &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/refresh") && starts.Add(1) == 2 {
					panic(http.ErrAbortHandler)
				}
				w.Header().Set("Date", time.Now().Add(-3*time.Second).UTC().Format(http.TimeFormat)) // a proxy's clock
				tableau.ServeHTTP(w, r)
			})}
		})
		done := p.run(t)
		if got := done.outputs["result"]; got != "success" || len(done.box.Jobs()) != 2 {
			t.Errorf("result is %s after %d refreshes, want success after 2\n%s", got, len(done.box.Jobs()), done.log)
		}
	})
}

// TestClock: a Tableau whose clock is off is told by ours, and the times of its jobs are compared by its own.
func TestClock(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		t.Run(by.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario := success(t)
				book := &scenario.Tableau.Workbooks[0]
				book.OtherRefreshes = []sandbox.OtherRefresh{*running()}
				p := play{scenario: scenario, inputs: map[string]string{"tableau-workbooks": book.LUID, "tableau-datasources": ""}}
				p.mount = before(func(tableau http.Handler) *http.Server { return &http.Server{Handler: shifted(tableau, by)} })
				done := p.run(t)
				// The other one ends at 6m00s, ours takes 47 s and is queued for two.
				if want := "the data was fresh in Tableau 3m 0"; !strings.Contains(done.outputs["message"], want) || len(done.box.Jobs()) != 1 {
					t.Errorf("message is %q after %d refreshes, want %q\n%s", done.outputs["message"], len(done.box.Jobs()), want, done.log)
				}
			})
		})
	}
}

var stamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// shifted is a Tableau whose clock is ahead.
func shifted(tableau http.Handler, by time.Duration) http.Handler {
	shift := func(text string, by time.Duration) string {
		return stamp.ReplaceAllStringFunc(text, func(s string) string {
			at, _ := time.Parse(time.RFC3339, s)
			return at.Add(by).Format(time.RFC3339)
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		if filter := query.Get("filter"); filter != "" {
			query.Set("filter", shift(filter, -by))
			r.URL.RawQuery = query.Encode()
		}
		recorder := httptest.NewRecorder()
		tableau.ServeHTTP(recorder, r)
		w.Header().Set("Date", time.Now().Add(by).UTC().Format(http.TimeFormat))
		w.WriteHeader(recorder.Code)
		_, _ = w.Write([]byte(shift(recorder.Body.String(), by)))
	})
}
