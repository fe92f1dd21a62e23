package action_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestDryRun: everything short of starting is done, and nothing else.
func TestDryRun(t *testing.T) {
	t.Parallel()
	dry := map[string]string{"dry-run": "true"}
	tell(t, []tale{
		{name: "luids", scenario: "success", inputs: dry, want: "checked", check: harmless},
		{name: "names", scenario: "by-name", inputs: dry, want: "checked", check: harmless},
		{name: "tasks", scenario: "tasks", inputs: dry, want: "checked", check: harmless},
		{name: "flows", scenario: "flows", inputs: dry, want: "checked", check: harmless},
		{name: "connected_app", scenario: "connected-app", inputs: dry, want: "checked", check: harmless},
		{name: "dbt_only", scenario: "dbt-only", inputs: dry, want: "checked", rows: []string{}, check: harmless},
		{
			name: "the_order", scenario: "data-sources-first", inputs: dry, want: "checked", check: harmless,
			rows:  []string{"workbook Weekly revenue: not-started", "workbook Store scorecard: not-started", "datasource Orders: not-started", "datasource Kundenstammdaten – täglich: not-started"},
			never: []string{"skipped"},
			says:  []string{"Store scorecard: it has no extract of its own", "and then 1 workbook, 2 data sources can be refreshed", "what is refreshed once dbt has succeeded", `"Weekly revenue" comes after what it reads: "Orders", "Kundenstammdaten – täglich"`},
		},
		{
			name: "all_problems", scenario: "success", want: "preflight-failed", check: harmless,
			inputs: map[string]string{"dry-run": "true", "dbt-job-id": "1", "tableau-workbooks": "Nothing of the sort", "tableau-datasources": "Orders"},
			rows:   []string{"workbook Nothing of the sort: not-started", "datasource Orders: not-started"},
			says:   []string{"dbt-job-id", `"Nothing of the sort" means no workbook`},
		},
		{name: "wrong_credentials", scenario: "success", want: "preflight-failed", inputs: with(dry, "dbt-token", "mistyped", "tableau-token-value", "mistyped"), check: harmless, says: []string{"401001"}},
		{name: "live", scenario: "success", want: "preflight-failed", inputs: with(only(storeScorecard), "dry-run", "true"), check: harmless},
	})
}

// harmless: nothing but signing in and out, and asking the Metadata API, is sent by POST.
func harmless(t *testing.T, done played) {
	t.Helper()
	for _, request := range done.box.Requests() {
		switch request.Operation {
		case "sign-in", "sign-out", "query-metadata":
		default:
			if request.Method != http.MethodGet {
				t.Errorf("a dry run sent %s %s", request.Method, request.Path)
			}
		}
	}
	if done.outputs["run-id"] != "" && len(done.box.Runs()) == 0 {
		t.Errorf("run-id is %q", done.outputs["run-id"])
	}
	for _, r := range targets(t, done) {
		// The start of the name, for the summary escapes what is not a letter or a digit.
		word, _, _ := strings.Cut(strings.Fields(r.Name)[0], "-")
		if !strings.Contains(done.summary, word) {
			t.Errorf("the summary does not show %s", r.Name)
		}
	}
}

// TestDryRun_attached: a dry run looks at the run that it would follow, and does not wait for it.
func TestDryRun_attached(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, scenario string
		wait           string
		job            string
		want           string
	}{
		{"of_a_run_that_is_going", "success", "false", "", "checked"},
		{"of_a_run_that_succeeded", "success", "true", "", "checked"},
		{"of_a_run_of_another_job", "success", "false", "1", "preflight-failed"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, _ := sandbox.Find(tc.scenario)
			synctest.Test(t, func(t *testing.T) {
				box := sandbox.New(scenario)
				first := play{box: box, inputs: map[string]string{"dbt-wait": tc.wait, "tableau-wait": "false"}}.run(t)
				started, refreshed := len(box.Runs()), len(box.Jobs())
				second := play{box: box, inputs: map[string]string{"dry-run": "true", "dbt-job-id": tc.job, "dbt-run-id": first.outputs["run-id"]}}.run(t)
				if got := second.outputs["result"]; got != tc.want {
					t.Errorf("result is %s, want %s\n%s", got, tc.want, second.log)
				}
				if len(box.Runs()) != started || len(box.Jobs()) != refreshed {
					t.Error("something was started")
				}
				if second.took.Minutes() > 1 {
					t.Errorf("a dry run took %s", second.took)
				}
			})
		})
	}
}

// TestDryRun_foretold: a dry run says which run the step would follow, and takes none over.
func TestDryRun_foretold(t *testing.T) {
	t.Parallel()
	resume, reuse := map[string]string{"dbt-resume": "true"}, map[string]string{"dbt-reuse-run": "true"}
	both := with(resume, "dbt-reuse-run", "true")
	cases := []struct {
		name, scenario string
		// wait is whether the first step waited for the end of its run.
		wait   string
		inputs map[string]string
		fault  *sandbox.Fault
		want   string // in the log, after the number of the first run
	}{
		{"resume_a_run_that_is_going", "success", "false", resume, nil, "dbt run %s would be taken over, which an earlier attempt of this step started (queued)"},
		{"resume_a_run_that_succeeded", "success", "true", resume, nil, "dbt run %s would be taken over, which an earlier attempt of this step started (success)"},
		{"resume_before_reuse", "success", "false", both, nil, "dbt run %s would be taken over"},
		{"a_run_that_failed", "dbt-fails", "true", resume, nil, "a new dbt run would be started"},
		{"reuse_a_run_that_is_going", "success", "false", reuse, nil, "dbt run %s would be adopted, which is going already (queued)"},
		{"reuse_other_overrides", "success", "false", with(reuse, "dbt-threads-override", "8"), nil, "a new dbt run would be started"},
		{"reuse_nothing", "success", "true", reuse, nil, "a new dbt run would be started"},
		{
			"the_runs_may_not_be_listed", "success", "false", reuse, &sandbox.Fault{Service: "dbt", Operation: "list-runs", Kind: sandbox.Forbidden},
			"which dbt run the step would follow can't be told: failed to list dbt runs",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, _ := sandbox.Find(tc.scenario)
			synctest.Test(t, func(t *testing.T) {
				box := sandbox.New(scenario)
				inputs := map[string]string{"dbt-wait": tc.wait}
				if tc.inputs["dbt-resume"] != "" {
					inputs = with(tc.inputs, "dbt-wait", tc.wait) // the same step has the same inputs
				}
				before := play{box: box, inputs: inputs}.run(t)
				if tc.fault != nil {
					box.AddFault(*tc.fault)
				}
				done := play{box: box, inputs: with(tc.inputs, "dry-run", "true", "dbt-wait", tc.wait), env: attempt(2)}.run(t)
				if got := done.outputs["result"]; got != "checked" {
					t.Errorf("result is %s, want checked", got)
				}
				want := strings.ReplaceAll(tc.want, "%s", before.outputs["run-id"])
				if !strings.Contains(done.log, want) || !strings.Contains(strings.ReplaceAll(done.summary, `\`, ""), strings.ReplaceAll(want, "'", "&#39;")) {
					t.Errorf("neither log nor summary may lack %q", want)
				}
				if len(box.Runs()) != 1 || done.outputs["run-id"] != "" || done.took > time.Minute {
					t.Errorf("runs: %d, run-id: %q, took %s", len(box.Runs()), done.outputs["run-id"], done.took)
				}
				if t.Failed() {
					t.Log(done.log, done.summary)
				}
			})
		})
	}
}
