package action_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestDryRun asserts that a dry run does everything except starting runs and refreshes.
func TestDryRun(t *testing.T) {
	t.Parallel()
	dryRun := map[string]string{"dry-run": "true"}
	runTests(t, []scenarioTest{
		{name: "luids", scenario: "success", inputs: dryRun, want: "checked", check: checkReadOnly},
		{name: "names", scenario: "by-name", inputs: dryRun, want: "checked", check: checkReadOnly},
		{name: "tasks", scenario: "tasks", inputs: dryRun, want: "checked", check: checkReadOnly},
		{name: "flows", scenario: "flows", inputs: dryRun, want: "checked", check: checkReadOnly},
		{name: "connected_app", scenario: "connected-app", inputs: dryRun, want: "checked", check: checkReadOnly},
		{name: "dbt_only", scenario: "dbt-only", inputs: dryRun, want: "checked", wantTargets: []string{}, check: checkReadOnly},
		{
			name: "order", scenario: "data-sources-first", inputs: dryRun, want: "checked", check: checkReadOnly,
			wantTargets: []string{"workbook Weekly revenue: not-started", "workbook Store scorecard: not-started", "datasource Orders: not-started", "datasource Kundenstammdaten – täglich: not-started"},
			wantNoLog:   []string{"was skipped"},
			wantLog:     []string{"Store scorecard: will be skipped (no extract)", "then refresh 1 workbook and 2 data sources", "will refresh after dbt succeeds", `"Weekly revenue" will be refreshed after its data sources: "Orders", "Kundenstammdaten – täglich"`},
		},
		{
			name: "all_problems", scenario: "success", want: "preflight-failed", check: checkReadOnly,
			inputs:      map[string]string{"dry-run": "true", "dbt-job-id": "1", "tableau-workbooks": "Nothing of the sort", "tableau-datasources": "Orders"},
			wantTargets: []string{"workbook Nothing of the sort: not-started", "datasource Orders: not-started"},
			wantLog:     []string{"dbt-job-id", `no workbook "Nothing of the sort" found`},
		},
		{name: "wrong_credentials", scenario: "success", want: "preflight-failed", inputs: withInputs(dryRun, "dbt-token", "mistyped", "tableau-token-value", "mistyped"), check: checkReadOnly, wantLog: []string{"401001"}},
		{name: "live", scenario: "success", want: "preflight-failed", inputs: withInputs(onlyWorkbooks(storeScorecardLUID), "dry-run", "true"), check: checkReadOnly},
	})
}

// checkReadOnly asserts that the only POST requests are sign-in, sign-out, and queries of the Metadata API.
func checkReadOnly(t *testing.T, step outcome) {
	t.Helper()
	for _, request := range step.services.Requests() {
		switch request.Operation {
		case "sign-in", "sign-out", "query-metadata":
		default:
			if request.Method != http.MethodGet {
				t.Errorf("a dry run sent %s %s", request.Method, request.Path)
			}
		}
	}
	if step.outputs["run-id"] != "" && len(step.services.Runs()) == 0 {
		t.Errorf("run-id is %q", step.outputs["run-id"])
	}
	for _, r := range parseTargets(t, step) {
		// Only the start of the name: the summary escapes what is not a letter or a digit.
		name, _, _ := strings.Cut(strings.Fields(r.Name)[0], "-")
		if !strings.Contains(step.summary, name) {
			t.Errorf("the summary does not show %s", r.Name)
		}
	}
}

// TestDryRun_attached asserts that a dry run reads the run that it would follow, and does not wait for it.
func TestDryRun_attached(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, scenario string
		wait           string
		job            string
		want           string
	}{
		{"of_a_running_run", "success", "false", "", "checked"},
		{"of_a_run_that_succeeded", "success", "true", "", "checked"},
		{"of_a_run_of_another_job", "success", "false", "1", "preflight-failed"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, _ := sandbox.Find(tc.scenario)
			synctest.Test(t, func(t *testing.T) {
				services := sandbox.New(scenario)
				first := execution{services: services, inputs: map[string]string{"dbt-wait": tc.wait, "tableau-wait": "false"}}.run(t)
				started, refreshed := len(services.Runs()), len(services.Jobs())
				second := execution{services: services, inputs: map[string]string{"dry-run": "true", "dbt-job-id": tc.job, "dbt-run-id": first.outputs["run-id"]}}.run(t)
				if got := second.outputs["result"]; got != tc.want {
					t.Errorf("result is %s, want %s\n%s", got, tc.want, second.log)
				}
				if len(services.Runs()) != started || len(services.Jobs()) != refreshed {
					t.Error("something was started")
				}
				if second.duration.Minutes() > 1 {
					t.Errorf("a dry run took %s", second.duration)
				}
			})
		})
	}
}

// TestDryRun_planned_run asserts that a dry run reports which run the step would follow, and does not use it.
func TestDryRun_planned_run(t *testing.T) {
	t.Parallel()
	resume, reuse := map[string]string{"dbt-resume": "true"}, map[string]string{"dbt-reuse-run": "true"}
	both := withInputs(resume, "dbt-reuse-run", "true")
	cases := []struct {
		name, scenario string
		// wait is whether the first step waits for the end of its run.
		wait   string
		inputs map[string]string
		fault  *sandbox.Fault
		want   string // in the log; %s is the ID of the first run
	}{
		{"resume_a_running_run", "success", "false", resume, nil, "would resume dbt run %s, which an earlier attempt of this step started (status: queued)"},
		{"resume_a_run_that_succeeded", "success", "true", resume, nil, "would resume dbt run %s, which an earlier attempt of this step started (status: success)"},
		{"resume_before_reuse", "success", "false", both, nil, "would resume dbt run %s"},
		{"a_run_that_failed", "dbt-fails", "true", resume, nil, "would start a new dbt run"},
		{"the_list_for_resuming_is_refused", "success", "true", resume, &sandbox.Fault{Service: "dbt", Operation: "list-runs", Kind: sandbox.Forbidden}, "would start a new dbt run"},
		{"reuse_a_running_run", "success", "false", reuse, nil, "would adopt dbt run %s, which is already in progress (status: queued)"},
		{"reuse_other_overrides", "success", "false", withInputs(reuse, "dbt-threads-override", "8"), nil, "would start a new dbt run"},
		{"no_run_to_reuse", "success", "true", reuse, nil, "would start a new dbt run"},
		{
			"the_runs_may_not_be_listed", "success", "false", reuse, &sandbox.Fault{Service: "dbt", Operation: "list-runs", Kind: sandbox.Forbidden},
			"failed to find the dbt run that the step would follow: failed to list dbt runs",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, _ := sandbox.Find(tc.scenario)
			synctest.Test(t, func(t *testing.T) {
				services := sandbox.New(scenario)
				inputs := map[string]string{"dbt-wait": tc.wait}
				if tc.inputs["dbt-resume"] != "" {
					inputs = withInputs(tc.inputs, "dbt-wait", tc.wait) // the inputs must be the same for a step to be resumed
				}
				before := execution{services: services, inputs: inputs}.run(t)
				if tc.fault != nil {
					services.AddFault(*tc.fault)
				}
				step := execution{services: services, inputs: withInputs(tc.inputs, "dry-run", "true", "dbt-wait", tc.wait), env: attemptEnv(2)}.run(t)
				if got := step.outputs["result"]; got != "checked" {
					t.Errorf("result is %s, want checked", got)
				}
				want := strings.ToLower(strings.ReplaceAll(tc.want, "%s", before.outputs["run-id"])) // a warning starts with a capital letter
				summary := strings.NewReplacer(`\`, "", "&#39;", "'").Replace(step.summary)
				if !strings.Contains(strings.ToLower(step.log), want) || !strings.Contains(strings.ToLower(summary), want) {
					t.Errorf("the log or the summary does not contain %q", want)
				}
				if len(services.Runs()) != 1 || step.outputs["run-id"] != "" || step.duration > time.Minute {
					t.Errorf("runs: %d, run-id: %q, took %s", len(services.Runs()), step.outputs["run-id"], step.duration)
				}
				if t.Failed() {
					t.Log(step.log, step.summary)
				}
			})
		})
	}
}
