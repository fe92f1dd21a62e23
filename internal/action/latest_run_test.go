package action_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// latestTest is a step with dbt-run-id: latest.
type latestTest struct {
	name string
	// history are the runs of the job, the oldest first; their IDs begin with 70471801200113 and grow by 7.
	history []sandbox.OtherRun
	inputs  map[string]string
	faults  []sandbox.Fault
	// cancelAfter is when the step is canceled. Default: never.
	cancelAfter time.Duration
	want        string
	wantRunID   string
	wantLog     []string
}

// scheduledRun is a run that dbt's own schedule started.
func scheduledRun(at time.Duration) sandbox.OtherRun {
	return sandbox.OtherRun{At: at, Cause: "Scheduled", Category: "scheduled"}
}

func TestLatestRun(t *testing.T) {
	t.Parallel()
	const first, second = "70471801200113", "70471801200120"
	failed, canceled, check := scheduledRun(-time.Hour), scheduledRun(-time.Hour), scheduledRun(-time.Minute)
	failed.Outcome.FailedCommand, canceled.Outcome.CancelAfter, check.PullRequestID = "dbt build", time.Minute, 17
	refused := []sandbox.Fault{{Service: "dbt", Operation: "list-runs", Kind: sandbox.Forbidden}}
	for _, tc := range []latestTest{
		{name: "active", history: []sandbox.OtherRun{scheduledRun(-24 * time.Hour), scheduledRun(-time.Minute)}, want: "success", wantRunID: second, wantLog: []string{"refreshing 5 items"}},
		{name: "queued", history: []sandbox.OtherRun{scheduledRun(-time.Second)}, want: "success", wantRunID: first},
		{name: "active_and_limit_reached", history: []sandbox.OtherRun{scheduledRun(-time.Minute)}, inputs: map[string]string{"dbt-timeout": "1m"}, want: "timed-out", wantRunID: first, wantLog: []string{"was last reported as"}},
		{name: "active_and_step_canceled", history: []sandbox.OtherRun{scheduledRun(-time.Minute)}, cancelAfter: time.Minute, want: "cancelled", wantRunID: first, wantLog: []string{"was not canceled. Check it before you start another"}},
		{name: "succeeded", history: []sandbox.OtherRun{scheduledRun(-24 * time.Hour), scheduledRun(-5 * time.Hour)}, want: "success", wantRunID: second, wantLog: []string{"refreshing 5 items"}},
		{name: "failed", history: []sandbox.OtherRun{failed}, inputs: map[string]string{"dbt-retries": "1"}, want: "dbt-failed", wantRunID: first, wantLog: []string{"no effect with dbt-run-id: dbt-retries"}},
		{name: "canceled_in_dbt", history: []sandbox.OtherRun{canceled}, want: "dbt-cancelled", wantRunID: first},
		{name: "before_a_pull_request", history: []sandbox.OtherRun{scheduledRun(-2 * time.Hour), check}, want: "success", wantRunID: first},
		{
			name: "too_old", history: []sandbox.OtherRun{scheduledRun(-7 * time.Hour)}, want: "preflight-failed",
			wantLog: []string{"dbt-run-id: run the job in dbt, or raise dbt-max-age. dbt run 70471801200113 ended at 1999-12-31 17:03:52 UTC, longer ago than dbt-max-age"},
		},
		{name: "old_but_allowed", history: []sandbox.OtherRun{scheduledRun(-7 * time.Hour)}, inputs: map[string]string{"dbt-max-age": "8h"}, want: "success", wantRunID: first},
		{name: "none", history: []sandbox.OtherRun{check}, want: "preflight-failed", wantLog: []string{"dbt-run-id: latest: no run found. Check dbt-job-id"}},
		{name: "list_refused", history: []sandbox.OtherRun{scheduledRun(-time.Minute)}, faults: refused, want: "preflight-failed", wantLog: []string{"dbt-run-id: latest: failed to list dbt runs: dbt returned 403"}},
		{name: "no_such_job", inputs: map[string]string{"dbt-job-id": "1"}, want: "preflight-failed", wantLog: []string{"Check dbt-job-id: job 1 has not run yet"}},
		{
			name: "dry_run_of_an_active_run", history: []sandbox.OtherRun{scheduledRun(-time.Minute)}, inputs: map[string]string{"dry-run": "true"}, want: "checked",
			wantLog: []string{"would follow dbt run 70471801200113, the newest run of the job (status: running)"},
		},
		{name: "dry_run_of_an_old_run", history: []sandbox.OtherRun{scheduledRun(-7 * time.Hour)}, inputs: map[string]string{"dry-run": "true"}, want: "preflight-failed", wantLog: []string{"longer ago than dbt-max-age"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, tc.run)
		})
	}
}

func (tc latestTest) run(t *testing.T) {
	scenario := successScenario(t).Faster(1)
	scenario.DBT.Jobs[0].OtherRuns = tc.history
	services := sandbox.New(scenario)
	for _, fault := range tc.faults {
		services.AddFault(fault)
	}
	inputs := withInputs(map[string]string{"dbt-run-id": "latest"})
	maps.Copy(inputs, tc.inputs)
	step := execution{services: services, inputs: inputs, cancelAfter: tc.cancelAfter}.run(t)
	if got := step.outputs["result"]; got != tc.want || step.outputs["run-id"] != tc.wantRunID {
		t.Errorf("result is %s with run-id %q, want %s with %q", got, step.outputs["run-id"], tc.want, tc.wantRunID)
	}
	for _, text := range tc.wantLog {
		if !strings.Contains(step.log, text) {
			t.Errorf("the log does not contain %q", text)
		}
	}
	before := len(services.Requests())
	post := execution{services: services, inputs: inputs, program: "/post", env: map[string]string{"STATE_dbt-run": step.state["dbt-run"]}}.run(t)
	if len(services.Requests()) > before || post.exitCode != 0 {
		t.Errorf("the post step made requests, or failed:\n%s", post.log)
	}
	for _, request := range services.Requests() {
		if request.Service == "dbt" && request.Method != http.MethodGet {
			t.Errorf("%s %s was sent to dbt", request.Method, request.Path)
		}
	}
	if tc.want != "success" && len(services.Jobs()) > 0 {
		t.Errorf("%d refreshes were started", len(services.Jobs()))
	}
	if t.Failed() {
		t.Log(step.log)
	}
}

// TestLatestRun_discovery: discovery also works with a run that the step follows, even in a dry run.
func TestLatestRun_discovery(t *testing.T) {
	t.Parallel()
	succeeded := func(s *sandbox.Scenario) { s.DBT.Jobs[0].OtherRuns = []sandbox.OtherRun{scheduledRun(-time.Hour)} }
	latest := map[string]string{"dbt-run-id": "latest"}
	found := []string{"Tableau content downstream of dbt run 70471801200113"}
	runTests(t, []scenarioTest{
		{name: "followed", scenario: "lineage", change: succeeded, inputs: latest, want: "success", wantLog: found, wantRequests: map[string]int{"trigger-run": 0}},
		{name: "dry_run", scenario: "lineage", change: succeeded, inputs: withInputs(latest, "dry-run", "true"), want: "checked", wantLog: found, check: checkReadOnly},
	})
}

// TestRunID_with_start_inputs: the same step works on a schedule and with an optional run ID.
func TestRunID_with_start_inputs(t *testing.T) {
	t.Parallel()
	startInputs := map[string]string{"dbt-cause": "Nightly", "dbt-threads-override": "4", "dbt-retries": "1", "dbt-reuse-run": "true", "dbt-resume": "false"}
	scenario := successScenario(t)
	synctest.Test(t, func(t *testing.T) {
		services := sandbox.New(scenario)
		first := execution{services: services, inputs: withInputs(startInputs, "tableau-wait", "false")}.run(t)
		second := execution{services: services, inputs: withInputs(startInputs, "dbt-run-id", first.outputs["run-id"]), env: attemptEnv(2)}.run(t)
		if second.outputs["result"] != "success" || len(services.Runs()) != 1 {
			t.Errorf("result is %s after %d runs, want success after one", second.outputs["result"], len(services.Runs()))
		}
		want := "::notice::These inputs have no effect with dbt-run-id: " +
			"dbt-reuse-run, dbt-resume, dbt-retries, dbt-cause, dbt-threads-override. They apply only to a run that the step starts.\n"
		if strings.Count(second.log, "::notice::") != 1 || !strings.Contains(second.log, want) {
			t.Errorf("the log does not contain only the notice %q:\n%s", want, second.log)
		}
		if strings.Contains(first.log, "::notice::") {
			t.Errorf("a step that starts a run has a notice:\n%s", first.log)
		}
	})
}

// TestAdvice_after_a_failed_refresh: the advice works.
func TestAdvice_after_a_failed_refresh(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		inputs map[string]string
		// attach sets dbt-run-id of the step to a run that another step started.
		attach bool
		want   string // %s is the ID of the run
	}{
		{name: "own_run", want: "Within dbt-max-age (6h), \"Re-run failed jobs\" does not run dbt again."},
		{name: "other_maximum_age", inputs: map[string]string{"dbt-max-age": "90m"}, want: "Within dbt-max-age (1h30m), "},
		{name: "not_resumed", inputs: map[string]string{"dbt-resume": "false"}, want: "To refresh without running dbt again, set dbt-run-id: %s."},
		{name: "attached_run", attach: true, want: "To refresh without running dbt again, set dbt-run-id: %s."},
	}
	scenario, _ := sandbox.Find("refresh-fails")
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				services := sandbox.New(scenario)
				inputs := withInputs(map[string]string{})
				if tc.attach {
					inputs["dbt-run-id"] = execution{services: services, inputs: map[string]string{"dbt-wait": "false"}}.run(t).outputs["run-id"]
				}
				maps.Copy(inputs, tc.inputs)
				step := execution{services: services, inputs: inputs}.run(t)
				want := strings.ReplaceAll(tc.want, "%s", step.outputs["run-id"])
				if step.outputs["result"] != "refresh-failed" || !strings.Contains(step.log, want) || !strings.Contains(strings.ReplaceAll(step.summary, "`", ""), want) {
					t.Errorf("result is %s, want refresh-failed, with the advice %q in log and summary:\n%s", step.outputs["result"], want, step.log)
				}
				if _, runID, ok := strings.Cut(tc.want, "dbt-run-id"); ok && runID != "" {
					inputs = withInputs(inputs, "dbt-run-id", step.outputs["run-id"])
				}
				again := execution{services: services, inputs: inputs, env: attemptEnv(2)}.run(t)
				if len(services.Runs()) != 1 || again.outputs["run-id"] != fmt.Sprint(services.Runs()[0].ID) {
					t.Errorf("there are %d runs, want one: %s", len(services.Runs()), again.log)
				}
			})
		})
	}
}
