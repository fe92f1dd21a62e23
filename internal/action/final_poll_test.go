package action_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestFinalPoll: the run ends between the last poll before a limit, after 180 seconds, and the limit. The run of "success"
// ends after 232 seconds, that of "dbt-fails" after 213, and that of "dbt-cancelled" after 95.
func TestFinalPoll(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, scenario string
		inputs         map[string]string
		want           string
		// wantMessage is a part of the message, with %s for the ID of the run.
		wantMessage string
		wantStatus  string
		wantCancels int
	}{
		{
			name: "succeeded", scenario: "success", inputs: map[string]string{"dbt-timeout": "235s"},
			want: "success", wantStatus: "success", wantMessage: "dbt run %s of \"Nightly build\" succeeded after 3m 40s; 5 refreshed",
		},
		{
			name: "failed", scenario: "dbt-fails", inputs: map[string]string{"dbt-timeout": "235s", "dbt-retries": "1"},
			want: "dbt-failed", wantStatus: "error", wantMessage: `failed after 3m 21s in step 6 ("dbt build"): model fct_revenue_daily`,
		},
		{
			name: "canceled_in_dbt", scenario: "dbt-cancelled", inputs: map[string]string{"dbt-timeout": "100s"},
			want: "dbt-cancelled", wantStatus: "cancelled", wantMessage: "was canceled in dbt after 1m 23s",
		},
		{
			name: "in_progress", scenario: "success", inputs: map[string]string{"dbt-timeout": "200s"},
			want: "timed-out", wantStatus: "cancelled", wantMessage: "dbt-timeout (3m20s) was reached while waiting for dbt run %s; dbt run %s was canceled", wantCancels: 1,
		},
		{
			name: "in_progress_and_not_to_be_canceled", scenario: "success", inputs: map[string]string{"dbt-timeout": "200s", "cancel-dbt-run": "false"},
			want: "timed-out", wantStatus: "running", wantMessage: "dbt run %s was last reported as running",
		},
		{
			name: "succeeded_before_the_end_of_the_step", scenario: "success", inputs: map[string]string{"timeout": "235s"},
			want: "timed-out", wantStatus: "success", wantMessage: "timeout (3m55s) was reached while waiting for dbt run %s; dbt run %s succeeded",
		},
		{
			name: "failed_before_the_end_of_the_step", scenario: "dbt-fails", inputs: map[string]string{"timeout": "235s"},
			want: "timed-out", wantStatus: "error", wantMessage: "dbt run %s failed, and nothing was refreshed",
		},
		{
			name: "in_progress_at_the_end_of_the_step", scenario: "success", inputs: map[string]string{"timeout": "200s"},
			want: "timed-out", wantStatus: "cancelled", wantMessage: "dbt run %s was canceled, and nothing was refreshed", wantCancels: 1,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, _ := sandbox.Find(tc.scenario)
			scenario = scenario.Faster(1)
			scenario.DBT.CancelDuration = 0
			inputs := map[string]string{"dbt-poll-interval": "60"}
			maps.Copy(inputs, tc.inputs)
			synctest.Test(t, func(t *testing.T) {
				step := execution{scenario: scenario, inputs: inputs}.run(t)
				runs := step.services.Runs()
				if len(runs) != 1 || runs[0].Cancels != tc.wantCancels {
					t.Fatalf("the runs are %+v, want one with %d cancel requests\n%s", runs, tc.wantCancels, step.log)
				}
				message := strings.ReplaceAll(tc.wantMessage, "%s", fmt.Sprint(runs[0].ID))
				if step.outputs["result"] != tc.want || step.outputs["run-status"] != tc.wantStatus || !strings.Contains(step.outputs["message"], message) {
					t.Errorf("result is %s with the run-status %s and the message %q, want %s, %s, and %q\n%s",
						step.outputs["result"], step.outputs["run-status"], step.outputs["message"], tc.want, tc.wantStatus, message, step.log)
				}
				if got := step.requestCounts()["sign-out"]; got != 1 {
					t.Errorf("the step signed out %d times, want once", got)
				}
				if step.state["dbt-run"] != doneState {
					t.Errorf("state is %s, want %s", step.state["dbt-run"], doneState)
				}
			})
		})
	}
}

// TestFinalPoll_discovery: discovery works if the end of the run was only noticed after the limit.
func TestFinalPoll_discovery(t *testing.T) {
	t.Parallel()
	runTests(t, []scenarioTest{{
		name: "lineage", scenario: "lineage", want: "success", inputs: map[string]string{"dbt-poll-interval": "60", "dbt-timeout": "235s"},
		wantLog: []string{"dbt run succeeded after 3m 40s", "|  6  success     2m 28s  dbt build"},
	}})
}
