package action_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestOtherRefreshes starts a refresh outside of the step while those of the step are in progress.
func TestOtherRefreshes(t *testing.T) {
	t.Parallel()
	addTasksOfOrders := func(s *sandbox.Scenario) {
		s.Tableau.Tasks = []sandbox.Task{{LUID: taskLUID(1), Target: ordersLUID}, {LUID: taskLUID(2), Target: ordersLUID}}
		// Between the end of the first task and the poll that notices it.
		s.Tableau.DataSources[0].OtherRefreshes = []sandbox.OtherRefresh{{At: 4*time.Minute + 35*time.Second, Duration: 10 * time.Minute}}
	}
	inputs := withInputs(onlyTasks(taskLUID(1)+"\n"+taskLUID(2), ""), "tableau-max-parallel", "1")
	runTests(t, []scenarioTest{
		{
			name: "before_the_second_task_skip", scenario: "data-sources-first", change: addTasksOfOrders, want: "success", inputs: withInputs(inputs, "tableau-on-conflict", "skip"),
			wantTargets: []string{"task Orders: success", "task Orders: skipped"}, wantRequests: map[string]int{"run-task": 2},
		},
		{
			name: "before_the_second_task_fail", scenario: "data-sources-first", change: addTasksOfOrders, want: "refresh-failed", inputs: withInputs(inputs, "tableau-on-conflict", "fail"),
			wantTargets: []string{"task Orders: success", "task Orders: failed"}, wantRequests: map[string]int{"run-task": 2},
		},
		{
			// It starts after the end of dbt, but before the data sources of the workbook are refreshed.
			name: "between_a_workbook_and_its_sources", scenario: "data-sources-first", want: "success",
			change: func(s *sandbox.Scenario) {
				s.Tableau.Workbooks[0].OtherRefreshes = []sandbox.OtherRefresh{{At: 4 * time.Minute, Duration: 10 * time.Minute}}
			},
			inputs: map[string]string{"tableau-workbooks": weeklyRevenueLUID}, wantLog: []string{`"Weekly revenue": an earlier refresh is running; waiting, then refreshing again`},
			wantRequests: map[string]int{"refresh-workbook": 2},
			check: func(t *testing.T, step outcome) {
				t.Helper()
				if len(step.services.Jobs()) != 3 || step.duration < 14*time.Minute {
					t.Errorf("%d refreshes of the step after %s, want 3 after the end of the other", len(step.services.Jobs()), step.duration)
				}
			},
		},
	})
}

// TestRetry_lost_response asserts that a retry is sent again if Tableau did not receive it, although the failed job is newer than
// the end of dbt.
func TestRetry_lost_response(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := successScenario(t)
		book := &scenario.Tableau.Workbooks[0]
		book.QueueTime, book.Duration = 0, 0
		book.Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed}, {}}
		var starts atomic.Int32
		e := execution{scenario: scenario, inputs: map[string]string{"tableau-workbooks": book.LUID, "tableau-datasources": "", "tableau-retries": "1"}}
		e.mount = replaceTableau(func(tableau http.Handler) *http.Server {
			return &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/refresh") && starts.Add(1) == 2 {
					panic(http.ErrAbortHandler)
				}
				w.Header().Set("Date", time.Now().Add(-3*time.Second).UTC().Format(http.TimeFormat)) // the clock of a proxy
				tableau.ServeHTTP(w, r)
			})}
		})
		step := e.run(t)
		if got := step.outputs["result"]; got != "success" || len(step.services.Jobs()) != 2 {
			t.Errorf("result is %s after %d refreshes, want success after 2\n%s", got, len(step.services.Jobs()), step.log)
		}
	})
}
