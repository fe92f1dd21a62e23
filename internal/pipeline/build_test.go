package pipeline

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/dbtrun"
)

// ran is a run_results.json of some run, in which each model ended in one way.
func ran(which string, status string, models ...string) string {
	var nodes []string
	for _, model := range models {
		nodes = append(nodes, fmt.Sprintf(`{"unique_id":"model.p.%s","status":%q,"relation_name":"db.s.%s"}`, model, status, model))
	}
	return fmt.Sprintf(`{"metadata":{},"args":{"which":%q},"results":[%s]}`, which, strings.Join(nodes, ","))
}

func invoke(index int, command string, status dbt.Status) dbt.RunStep {
	return dbt.RunStep{Index: index, Name: "Invoke dbt with `" + command + "`", Status: status}
}

// TestBuild: what a run has changed is told by all that tells of it, or else it is not known.
func TestBuild(t *testing.T) {
	t.Parallel()

	const manifest = `{"metadata":{},"nodes":{}}`
	build, docs := ran("build", "success", "a", "b"), ran("generate", "success", "a", "b", "c")
	cases := []struct {
		name string
		run  dbt.Run
		// answers are artifacts by path and step, or runs by ID.
		answers map[string]string
		want    []string
		wantErr string
	}{
		{
			name: "the_steps_that_build", run: dbt.Run{Steps: []dbt.RunStep{invoke(3, "dbt deps", 10), invoke(4, "dbt seed", 10), invoke(5, "dbt --log-level debug build", 10), invoke(6, "dbt docs generate", 10)}},
			answers: map[string]string{"manifest.json ": manifest, "run_results.json 4": ran("seed", "success", "s"), "run_results.json 5": build, "run_results.json ": docs},
			want:    []string{"model.p.a", "model.p.b", "model.p.s"},
		},
		{
			name: "a_command_that_is_not_known_must_tell", run: dbt.Run{Steps: []dbt.RunStep{invoke(4, "dbt transmogrify", 10)}},
			answers: map[string]string{"manifest.json ": manifest, "run_results.json ": build}, wantErr: "404 Not Found",
		},
		{
			name: "only_the_last_step_answers", run: dbt.Run{Steps: []dbt.RunStep{invoke(4, "dbt build", 10), invoke(5, "dbt docs generate", 10)}},
			answers: map[string]string{"manifest.json ": manifest, "run_results.json 4": docs}, wantErr: "is not of that step",
		},
		{
			name: "of_another_kind", run: dbt.Run{Steps: []dbt.RunStep{invoke(4, "dbt build", 10)}},
			answers: map[string]string{"manifest.json ": `{"metadata":{"dbt_schema_version":"https://schemas.getdbt.com/dbt/catalog/v1.json"},"nodes":{}}`, "run_results.json 4": build},
			wantErr: "it is of another kind",
		},
		{
			name: "no_steps_are_told", run: dbt.Run{}, answers: map[string]string{"manifest.json ": manifest, "run_results.json ": docs, "run_results.json 3": build},
			want: []string{"model.p.a", "model.p.b"},
		},
		{
			name: "no_steps_and_no_results", run: dbt.Run{}, answers: map[string]string{"manifest.json ": manifest, "run_results.json ": docs},
			wantErr: "dbt does not tell the steps of run 7, and has no results of any",
		},
		{
			name: "steps_of_unknown_names", run: dbt.Run{Steps: []dbt.RunStep{{Index: 1, Name: "Prepare", Status: 10}, {Index: 2, Name: "Execute", Status: 10}}},
			answers: map[string]string{"manifest.json ": manifest, "run_results.json 2": build}, want: []string{"model.p.a", "model.p.b"},
		},
		{
			name: "left_alone_later", run: dbt.Run{Steps: []dbt.RunStep{invoke(4, "dbt run", 10), invoke(5, "dbt build", 10)}},
			answers: map[string]string{"manifest.json ": manifest, "run_results.json 4": build, "run_results.json 5": ran("build", "no-op", "a", "b")},
			want:    []string{"model.p.a", "model.p.b"},
		},
		{
			name: "manifest_of_the_building_step", run: dbt.Run{Steps: []dbt.RunStep{invoke(4, "dbt build", 10), invoke(5, "dbt docs generate", 10)}},
			answers: map[string]string{"manifest.json 4": manifest, "run_results.json 4": build}, want: []string{"model.p.a", "model.p.b"},
		},
		{
			name: "taken_up_again", run: dbt.Run{RetryingRunID: 5, Steps: []dbt.RunStep{invoke(4, "dbt retry", 10)}},
			answers: map[string]string{
				"5":              `{"id":5,"status":20,"run_steps":[{"index":4,"name":"Invoke dbt with ` + "`dbt build`" + `","status":20},{"index":5,"name":"Invoke dbt with ` + "`dbt run`" + `","status":1}]}`,
				"manifest.json ": manifest, "run_results.json 4": build,
			},
			want: []string{"model.p.a", "model.p.b"},
		},
		{
			name: "what_is_taken_up_again_is_gone", run: dbt.Run{RetryingRunID: 5, Steps: []dbt.RunStep{invoke(4, "dbt retry", 10)}},
			answers: map[string]string{"manifest.json ": manifest, "run_results.json 4": build}, wantErr: "dbt run 7 takes it up again",
		},
		{name: "nothing_that_builds", run: dbt.Run{Steps: []dbt.RunStep{invoke(4, "dbt test", 10)}}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &story{config: &config.Config{}, observer: discard{}, follower: &dbtrun.Follower{}, dbt: dbtAt(t, func(w http.ResponseWriter, r *http.Request) {
					last := r.URL.Path[strings.LastIndexByte(strings.TrimSuffix(r.URL.Path, "/"), '/')+1:]
					text, ok := tc.answers[strings.TrimSuffix(last, "/")]
					if ok {
						text = `{"data":` + text + `}`
					} else if text, ok = tc.answers[last+" "+r.URL.Query().Get("step")]; !ok {
						w.WriteHeader(http.StatusNotFound)
					}
					_, _ = io.WriteString(w, text)
				})}
				tc.run.ID, tc.run.Status = 7, dbt.Success
				made, err := s.build(t.Context(), tc.run)
				var got []string
				for _, node := range made.nodes {
					got = append(got, node.UniqueID)
				}
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
