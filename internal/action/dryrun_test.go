package action_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

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
			rows: []string{"workbook Weekly revenue: not-started", "workbook Store scorecard: skipped", "datasource Orders: not-started", "datasource Kundenstammdaten – täglich: not-started"},
			says: []string{"what is refreshed once dbt has succeeded", `"Weekly revenue" comes after what it reads: "Orders", "Kundenstammdaten – täglich"`},
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
