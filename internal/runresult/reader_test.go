package runresult

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
)

// resultsOf returns the run_results.json of a dbt command, with the given models, all of one status.
func resultsOf(command, status string, models ...string) string {
	var nodes []string
	for _, model := range models {
		nodes = append(nodes, fmt.Sprintf(`{"unique_id":"model.p.%s","status":%q,"relation_name":"db.s.%s"}`, model, status, model))
	}
	return fmt.Sprintf(`{"metadata":{},"args":{"which":%q},"results":[%s]}`, command, strings.Join(nodes, ","))
}

func commandStep(index int, command string, status dbt.Status) dbt.RunStep {
	return dbt.RunStep{Index: index, Name: "Invoke dbt with `" + command + "`", Status: status}
}

// TestReader_Built returns what all steps of the chain built, or an error if any of it is unknown.
func TestReader_Built(t *testing.T) {
	t.Parallel()

	const manifest = `{"metadata":{},"nodes":{}}`
	build, docs := resultsOf("build", "success", "a", "b"), resultsOf("generate", "success", "a", "b", "c")
	cases := []struct {
		name string
		run  dbt.Run
		// responses are artifacts by path and step, or runs by ID.
		responses map[string]string
		want      []string
		wantErr   string
	}{
		{
			name: "steps_that_build", run: dbt.Run{Steps: []dbt.RunStep{commandStep(3, "dbt deps", 10), commandStep(4, "dbt seed", 10), commandStep(5, "dbt --log-level debug build", 10), commandStep(6, "dbt docs generate", 10)}},
			responses: map[string]string{"manifest.json ": manifest, "run_results.json 4": resultsOf("seed", "success", "s"), "run_results.json 5": build, "run_results.json ": docs},
			want:      []string{"model.p.a", "model.p.b", "model.p.s"},
		},
		{
			name: "unknown_command_without_results", run: dbt.Run{Steps: []dbt.RunStep{commandStep(4, "dbt transmogrify", 10)}},
			responses: map[string]string{"manifest.json ": manifest, "run_results.json ": build},
		},
		{
			name: "results_of_another_step", run: dbt.Run{Steps: []dbt.RunStep{commandStep(4, "dbt build", 10), commandStep(5, "dbt docs generate", 10)}},
			responses: map[string]string{"manifest.json ": manifest, "run_results.json 4": docs}, wantErr: "belongs to another command",
		},
		{
			name: "manifest_is_a_catalog", run: dbt.Run{Steps: []dbt.RunStep{commandStep(4, "dbt build", 10)}},
			responses: map[string]string{"manifest.json ": `{"metadata":{"dbt_schema_version":"https://schemas.getdbt.com/dbt/catalog/v1.json"},"nodes":{}}`, "run_results.json 4": build},
			wantErr:   "it has the schema of another artifact",
		},
		{
			name: "no_steps_returned", run: dbt.Run{}, responses: map[string]string{"manifest.json ": manifest, "run_results.json ": docs, "run_results.json 3": build},
			want: []string{"model.p.a", "model.p.b"},
		},
		{
			name: "no_steps_and_no_results", run: dbt.Run{}, responses: map[string]string{"manifest.json ": manifest, "run_results.json ": docs},
			wantErr: "dbt returned neither steps nor results for run 7",
		},
		{
			name: "unknown_step_names", run: dbt.Run{Steps: []dbt.RunStep{{Index: 1, Name: "Prepare", Status: 10}, {Index: 2, Name: "Execute", Status: 10}}},
			responses: map[string]string{"manifest.json ": manifest, "run_results.json 2": build}, want: []string{"model.p.a", "model.p.b"},
		},
		{
			name: "unchanged_in_a_later_step", run: dbt.Run{Steps: []dbt.RunStep{commandStep(4, "dbt build", 10), commandStep(5, "dbt build", 10)}},
			responses: map[string]string{"manifest.json ": manifest, "run_results.json 4": build, "run_results.json 5": resultsOf("build", "no-op", "a", "b")},
			want:      []string{"model.p.a", "model.p.b"},
		},
		{
			name: "manifest_of_the_step_that_builds", run: dbt.Run{Steps: []dbt.RunStep{commandStep(4, "dbt build", 10), commandStep(5, "dbt docs generate", 10)}},
			responses: map[string]string{"manifest.json 4": manifest, "run_results.json 4": build}, want: []string{"model.p.a", "model.p.b"},
		},
		{
			name: "retry", run: dbt.Run{RetryingRunID: 5, Steps: []dbt.RunStep{commandStep(4, "dbt retry", 10)}},
			responses: map[string]string{
				"5":              `{"id":5,"status":20,"run_steps":[{"index":4,"name":"Invoke dbt with ` + "`dbt build`" + `","status":20},{"index":5,"name":"Invoke dbt with ` + "`dbt run`" + `","status":1}]}`,
				"manifest.json ": manifest, "run_results.json 4": build,
			},
			want: []string{"model.p.a", "model.p.b"},
		},
		{
			name: "retried_run_not_found", run: dbt.Run{RetryingRunID: 5, Steps: []dbt.RunStep{commandStep(4, "dbt retry", 10)}},
			responses: map[string]string{"manifest.json ": manifest, "run_results.json 4": build}, wantErr: "dbt run 7 is a retry of it",
		},
		{name: "no_step_that_builds", run: dbt.Run{Steps: []dbt.RunStep{commandStep(4, "dbt test", 10)}}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, func(w http.ResponseWriter, r *http.Request) {
					last := r.URL.Path[strings.LastIndexByte(strings.TrimSuffix(r.URL.Path, "/"), '/')+1:]
					text, ok := tc.responses[strings.TrimSuffix(last, "/")]
					if ok {
						text = `{"data":` + text + `}`
					} else if text, ok = tc.responses[last+" "+r.URL.Query().Get("step")]; !ok {
						w.WriteHeader(http.StatusNotFound)
					}
					_, _ = io.WriteString(w, text)
				})
				tc.run.ID, tc.run.Status = 7, dbt.Success
				reader := Reader{Client: client, Run: tc.run, Retry: rest.Polling}
				build, err := reader.Read(t.Context())
				got := nodeIDs(build)
				if tc.wantErr == "" && !slices.Equal(got, tc.want) {
					t.Errorf("built (-want +got):\n%s", cmp.Diff(tc.want, got))
				}
				if (err == nil) != (tc.wantErr == "") || err != nil && !strings.Contains(err.Error(), tc.wantErr) {
					t.Errorf("error %v, want %q", err, tc.wantErr)
				}
			})
		})
	}
}
