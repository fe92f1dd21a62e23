package action_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestExistingRuns tests adopting, resuming, and following a run.
func TestExistingRuns(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		scenario string
		change   func(*sandbox.Scenario)
		// first is what happened before, on the same sandbox; second is the step under test.
		first, second execution
		// faults last until the second step.
		faults []sandbox.Fault
		// pause is the time between the two steps.
		pause time.Duration
		// attach sets dbt-run-id of the second step to the run of the first.
		attach   bool
		wantRuns int
		// wantLast is whether the second step reports the last run.
		wantLast   bool
		wantResult string
		wantLog    string
		// wantNotice is whether the second step has a notice that dbt did not run again.
		wantNotice bool
		// wantCancels counts the cancel requests for the first run.
		wantCancels int
	}{
		{
			name: "attach_to_a_running_run", scenario: "success", attach: true,
			first:    execution{inputs: map[string]string{"dbt-wait": "false"}},
			second:   execution{inputs: map[string]string{"dbt-job-id": ""}},
			wantRuns: 1, wantResult: "success", wantLog: "is followed, as dbt-run-id says",
		},
		{
			name: "attach_to_a_run_that_succeeded", scenario: "success", attach: true,
			first:    execution{inputs: map[string]string{}},
			second:   execution{inputs: map[string]string{}},
			wantRuns: 1, wantResult: "success", wantLog: "refreshing 5 items",
		},
		{
			name: "attach_to_a_run_that_failed", scenario: "dbt-fails", attach: true,
			first:    execution{inputs: map[string]string{}},
			second:   execution{inputs: map[string]string{}},
			wantRuns: 1, wantResult: "dbt-failed",
		},
		{
			name: "an_attached_run_is_never_canceled", scenario: "success", attach: true,
			first:    execution{inputs: map[string]string{"dbt-wait": "false"}},
			second:   execution{inputs: map[string]string{}, cancelAfter: time.Minute},
			wantRuns: 1, wantResult: "cancelled",
		},
		{
			name: "reuse_a_run_with_the_same_overrides", scenario: "success",
			first:    execution{inputs: map[string]string{"dbt-wait": "false", "dbt-threads-override": "4", "dbt-cause": "somebody else"}},
			second:   execution{inputs: map[string]string{"dbt-reuse-run": "true", "dbt-threads-override": "4"}},
			wantRuns: 1, wantResult: "success", wantLog: "is going already and is adopted",
		},
		{
			name: "do_not_reuse_a_run_with_other_overrides", scenario: "success",
			first:    execution{inputs: map[string]string{"dbt-wait": "false", "dbt-threads-override": "8"}},
			second:   execution{inputs: map[string]string{"dbt-reuse-run": "true", "dbt-threads-override": "4"}},
			wantRuns: 2, wantResult: "success", wantLog: "dbt run 70471801200162 is active but was not adopted, because it differs in dbt-threads-override",
		},
		{
			name: "an_adopted_run_is_never_canceled", scenario: "success",
			first:    execution{inputs: map[string]string{"dbt-wait": "false"}},
			second:   execution{inputs: map[string]string{"dbt-reuse-run": "true"}, cancelAfter: time.Minute},
			wantRuns: 1, wantResult: "cancelled",
		},
		{
			name: "resume_a_running_run", scenario: "success",
			first:    execution{inputs: map[string]string{"cancel-dbt-run": "false"}, cancelAfter: time.Minute},
			second:   execution{inputs: map[string]string{"cancel-dbt-run": "false"}, env: attemptEnv(2)},
			wantRuns: 1, wantResult: "success", wantLog: "was started by an earlier attempt of this step and is taken over",
		},
		{
			name: "resume_a_run_that_succeeded", scenario: "success",
			first:    execution{cancelAfter: 4 * time.Minute},
			second:   execution{env: attemptEnv(3)},
			wantRuns: 1, wantResult: "success", wantNotice: true, wantLog: "because run 70471801200162 of an earlier attempt succeeded within dbt-max-age",
		},
		{
			name: "resume_a_run_that_succeeded_just_in_time", scenario: "success", pause: 6*time.Hour - 5*time.Minute,
			wantRuns: 1, wantResult: "success", wantNotice: true, second: execution{env: attemptEnv(2)},
		},
		{
			name: "a_run_that_succeeded_too_long_ago_is_not_resumed", scenario: "success", pause: 6 * time.Hour,
			second:   execution{env: attemptEnv(2)},
			wantRuns: 2, wantLast: true, wantResult: "success", wantLog: "was not resumed: dbt run 70471801200162 ended at 2000-01-01 00:03:52 UTC, longer ago than dbt-max-age",
		},
		{
			name: "resume_within_another_maximum_age", scenario: "success", pause: 6 * time.Hour,
			first:    execution{inputs: map[string]string{"dbt-max-age": "8h"}},
			second:   execution{inputs: map[string]string{"dbt-max-age": "8h"}, env: attemptEnv(2)},
			wantRuns: 1, wantResult: "success", wantNotice: true,
		},
		{
			name: "resume_before_reuse", scenario: "success",
			first:    execution{inputs: map[string]string{"dbt-reuse-run": "true"}},
			second:   execution{inputs: map[string]string{"dbt-reuse-run": "true"}, env: attemptEnv(2)},
			wantRuns: 1, wantResult: "success", wantNotice: true,
		},
		{
			name: "resume_without_waiting", scenario: "success", pause: 5 * time.Minute,
			first:    execution{inputs: map[string]string{"dbt-wait": "false"}},
			second:   execution{inputs: map[string]string{"dbt-wait": "false"}, env: attemptEnv(2)},
			wantRuns: 1, wantResult: "started", wantNotice: true, wantLog: "succeeded after 3m 40s; nothing was refreshed.",
		},
		{
			name: "not_resumed_with_dbt_resume_false", scenario: "success",
			first:    execution{inputs: map[string]string{"dbt-resume": "false"}},
			second:   execution{inputs: map[string]string{"dbt-resume": "false"}, env: attemptEnv(2)},
			wantRuns: 2, wantLast: true, wantResult: "success",
		},
		{
			name: "a_failed_run_is_not_resumed", scenario: "dbt-fails",
			first:    execution{},
			second:   execution{env: attemptEnv(2)},
			wantRuns: 2, wantResult: "dbt-failed",
		},
		{
			name: "resume_a_running_retry", scenario: "dbt-fails", change: succeedOnRetry,
			first:    execution{inputs: map[string]string{"cancel-dbt-run": "false", "dbt-retries": "1"}, cancelAfter: 5 * time.Minute},
			second:   execution{inputs: map[string]string{"cancel-dbt-run": "false", "dbt-retries": "1"}, env: attemptEnv(2)},
			wantRuns: 2, wantLast: true, wantResult: "success", wantLog: "was started by an earlier attempt of this step and is taken over",
		},
		{
			name: "resume_a_retry_that_succeeded", scenario: "dbt-fails", change: succeedOnRetry,
			first:    execution{inputs: map[string]string{"dbt-retries": "1"}},
			second:   execution{inputs: map[string]string{"dbt-retries": "1"}, env: attemptEnv(2)},
			wantRuns: 2, wantLast: true, wantResult: "success", wantNotice: true,
		},
		{
			name: "a_failed_retry_is_not_resumed", scenario: "dbt-fails",
			first:    execution{inputs: map[string]string{"dbt-retries": "1"}},
			second:   execution{inputs: map[string]string{"dbt-retries": "1"}, env: attemptEnv(2)},
			wantRuns: 4, wantLast: true, wantResult: "dbt-failed",
		},
		{
			name: "another_step_is_not_resumed", scenario: "success",
			first:    execution{inputs: map[string]string{"dbt-wait": "false"}},
			second:   execution{inputs: map[string]string{"dbt-wait": "false"}, env: map[string]string{"GITHUB_RUN_ATTEMPT": "2", "GITHUB_ACTION": "other"}},
			wantRuns: 2, wantResult: "started",
		},
		{
			name: "the_same_attempt_is_not_resumed", scenario: "success",
			first:    execution{inputs: map[string]string{"dbt-wait": "false"}},
			second:   execution{inputs: map[string]string{"dbt-wait": "false"}},
			wantRuns: 2, wantResult: "started",
		},
		{
			name: "a_resumed_run_is_canceled", scenario: "success",
			faults:   []sandbox.Fault{{Service: "dbt", Operation: "cancel-run", Kind: sandbox.Hang}},
			first:    execution{cancelAfter: 13 * time.Second},
			second:   execution{cancelAfter: time.Minute, env: attemptEnv(2)},
			wantRuns: 1, wantResult: "cancelled", wantCancels: 1,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, ok := sandbox.Find(tc.scenario)
			if !ok {
				t.Fatalf("no scenario %s", tc.scenario)
			}
			if tc.change != nil {
				scenario = scenario.Faster(1)
				tc.change(&scenario)
			}
			synctest.Test(t, func(t *testing.T) {
				services := sandbox.New(scenario)
				tc.first.services, tc.second.services = services, services
				for _, fault := range tc.faults {
					services.AddFault(fault)
				}
				first := tc.first.run(t)
				services.ClearFaults()
				time.Sleep(tc.pause)
				if tc.attach {
					tc.second.inputs["dbt-run-id"] = first.outputs["run-id"]
				}
				second := tc.second.run(t)
				runs := services.Runs()
				if got := len(runs); got != tc.wantRuns {
					t.Errorf("%d runs were started, want %d", got, tc.wantRuns)
				}
				if got := second.outputs["result"]; got != tc.wantResult {
					t.Errorf("result is %s, want %s", got, tc.wantResult)
				}
				if tc.wantRuns == 1 && second.outputs["run-id"] != fmt.Sprint(runs[0].ID) {
					t.Errorf("run-id is %s, want %d", second.outputs["run-id"], runs[0].ID)
				}
				if last := runs[len(runs)-1]; tc.wantLast && second.outputs["run-id"] != fmt.Sprint(last.ID) {
					t.Errorf("run-id is %s, want %d", second.outputs["run-id"], last.ID)
				}
				if !strings.Contains(second.log, tc.wantLog) {
					t.Errorf("the log does not contain %q", tc.wantLog)
				}
				if got := strings.Contains(second.log, "\n::notice::To run dbt again, start a new workflow run"); got != tc.wantNotice {
					t.Errorf("the log has the notice: %t, want %t", got, tc.wantNotice)
				}
				if got := runs[0].Cancels; got != tc.wantCancels {
					t.Errorf("the first run was canceled %d times, want %d", got, tc.wantCancels)
				}
				if t.Failed() {
					t.Log(first.log, second.log)
				}
			})
		})
	}
}

// TestResume_list_refused: without the list of runs, a step can't find a run to resume, so it starts one.
func TestResume_list_refused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		services := sandbox.New(successScenario(t))
		execution{services: services}.run(t)
		services.AddFault(sandbox.Fault{Service: "dbt", Operation: "list-runs", Kind: sandbox.Forbidden})
		step := execution{services: services, env: attemptEnv(2)}.run(t)
		if got := len(services.Runs()); got != 2 || step.outputs["result"] != "success" {
			t.Errorf("result is %s after %d runs, want success after two\n%s", step.outputs["result"], got, step.log)
		}
		if want := "::warning::dbt-resume has no effect, because the runs of earlier attempts are unknown: failed to list dbt runs"; strings.Count(step.log, want) != 1 {
			t.Errorf("the log does not contain %q once:\n%s", want, step.log)
		}
	})
}

// succeedOnRetry makes the second run, which is the retry, succeed.
func succeedOnRetry(s *sandbox.Scenario) {
	job := &s.DBT.Jobs[0]
	job.Outcomes = append(job.Outcomes, sandbox.Outcome{})
}

func attemptEnv(n int) map[string]string {
	return map[string]string{"GITHUB_RUN_ATTEMPT": fmt.Sprint(n)}
}
