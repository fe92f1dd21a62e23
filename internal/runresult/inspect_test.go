package runresult

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
)

// runResults returns the run_results.json of a run with one model, which has the given status.
func runResults(run, status string) string {
	return fmt.Sprintf(`{"metadata":{"dbt_schema_version":"https://schemas.getdbt.com/dbt/run-results/v6.json","env":{"DBT_CLOUD_RUN_ID":%q}},
		"results":[{"status":%q,"unique_id":"model.shop.orders","message":"syntax error","timing":[],"thread_id":"1","execution_time":1,"adapter_response":{},"failures":null}],
		"elapsed_time":1,"args":{}}`, run, status)
}

// TestReader_Inspect returns why a run failed, except from results of another run, or that can't be read.
func TestReader_Inspect(t *testing.T) {
	t.Parallel()

	steps := []dbt.RunStep{{Index: 1, Name: "Clone git repository", Status: dbt.Success}, {Index: 2, Name: "Invoke dbt with `dbt build`", Status: dbt.Error}}
	cases := []struct {
		name  string
		steps []dbt.RunStep
		// artifacts are the results of each step, by its index.
		artifacts map[string]string
		failures  []progress.Failure
		built     []progress.Built
		warning   string
	}{
		{name: "this_run", steps: steps, artifacts: map[string]string{"2": runResults("7", "error")}, failures: []progress.Failure{{Type: "model", Name: "orders", Status: "error", Message: "syntax error"}}},
		{name: "another_run", steps: steps, artifacts: map[string]string{"2": runResults("8", "error")}, warning: "is one of run 8: it is not used"},
		{name: "missing", steps: steps},
		{name: "web_page", steps: steps, artifacts: map[string]string{"2": "<html>no</html>"}, warning: "no results of step 2: failed to get run_results.json of dbt run 7: failed to read run_results.json: it is not valid JSON"},
		{name: "truncated", steps: steps, artifacts: map[string]string{"2": runResults("7", "error")[:250]}, warning: "unexpected EOF"},
		{name: "no_step_that_builds", steps: steps[:1], artifacts: map[string]string{"1": runResults("7", "error"), "": runResults("7", "error")}},
		{
			name: "several_steps", artifacts: map[string]string{"2": runResults("7", "success"), "3": strings.ReplaceAll(runResults("7", "error"), "orders", "customers"), "4": runResults("8", "error")},
			steps:    append(steps, dbt.RunStep{Index: 3, Name: "Invoke dbt with `dbt --debug run --select b`", Status: dbt.Error}, dbt.RunStep{Index: 4, Name: "Invoke dbt with `dbt test`", Status: dbt.Error}),
			failures: []progress.Failure{{Type: "model", Name: "customers", Status: "error", Message: "syntax error"}}, built: []progress.Built{{Type: "model", Nodes: 1}}, warning: "no results of step 4",
		},
		{
			name: "step_that_did_not_run", artifacts: map[string]string{"3": runResults("7", "error")},
			steps: append(steps[:1:1], dbt.RunStep{Index: 3, Name: "Invoke dbt with `dbt test`", Status: dbt.Cancelled}),
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, func(w http.ResponseWriter, r *http.Request) {
					text, ok := tc.artifacts[r.URL.Query().Get("step")]
					if !ok {
						w.WriteHeader(http.StatusNotFound)
					}
					_, _ = io.WriteString(w, text)
				})
				reader := Reader{Client: client, Run: dbt.Run{ID: 7, Status: dbt.Error, Steps: tc.steps}}
				build, warnings := reader.Inspect(t.Context())
				failures, built := build.Failures(), build.Counts()
				if got := strings.Join(warnings, " "); (got == "") != (tc.warning == "") || !strings.Contains(got, tc.warning) {
					t.Errorf("warnings %q, want %q", got, tc.warning)
				}
				if diff := cmp.Diff(tc.failures, failures); diff != "" {
					t.Errorf("failures (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.built, built); diff != "" {
					t.Errorf("built (-want +got):\n%s", diff)
				}
			})
		})
	}
}
