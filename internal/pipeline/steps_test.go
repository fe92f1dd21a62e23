package pipeline

import (
	"testing"

	"dbt-tableau-refresh/internal/dbt"
)

// TestWorkOf: what a step does, however its command is spelt.
func TestWorkOf(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		want  work
		isDBT bool
	}{
		{"Invoke dbt with `dbt build`", changes, true},
		{"Invoke dbt with `dbt build --select tag:nightly`", changes, true},
		{"Invoke dbt with `dbt  build`", changes, true},
		{"Invoke dbt with `dbt --no-use-colors --fail-fast run`", changes, true},
		{"Invoke dbt with `dbt --log-level debug build`", changes, true},
		{"Invoke dbt with `dbt --log-level debug --fail-fast build`", changes, true},
		{"Invoke dbt with `dbt --warn-error-options '{\"include\": \"all\"}' run`", changes, true},
		{"Invoke dbt with `dbt retry`", changes, true},
		{"Invoke dbt with `dbt clone`", changes, true},
		{"Invoke dbt with `dbt seed`", changes, true},
		{"Invoke dbt with `dbt snapshot`", changes, true},
		{"dbt run", changes, true},
		{"Invoke dbt with `dbt -x test`", tests, true},
		{"Invoke dbt with `dbt test --select build`", tests, true},
		{"Invoke dbt with `dbt run-operation grant_all`", nothing, true},
		{"Invoke dbt with `dbt docs generate`", nothing, true},
		{"Invoke dbt with `dbt source freshness`", nothing, true},
		{"Invoke dbt with `dbt deps`", nothing, true},
		{"Invoke dbt with `dbt transmogrify`", unknown, true},
		{"Clone git repository", unknown, false},
		{"Invoke dbt with `dbt --quiet ls --resource-type snapshot`", nothing, true},
		{"Invoke dbt with `dbtf build`", changes, true},
		{"Create Profile from Connection dbt_prod", unknown, false},
		{"Create Profile from Connection Snowflake dbt", unknown, false},
		{"dbt", unknown, true},
		{"", unknown, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, isDBT := workOf(tc.name); got != tc.want || isDBT != tc.isDBT {
				t.Errorf("workOf() = %d, %t, want %d, %t", got, isDBT, tc.want, tc.isDBT)
			}
			builds := len(buildSteps(dbt.Run{Steps: []dbt.RunStep{{Index: 1, Name: tc.name, Status: dbt.Success}}})) > 0
			if want := tc.want == changes || tc.want == tests; builds != want {
				t.Errorf("it builds: %t, want %t", builds, want)
			}
		})
	}
}
