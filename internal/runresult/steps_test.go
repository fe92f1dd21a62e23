package runresult

import (
	"testing"

	"dbt-tableau-refresh/internal/dbt"
)

// TestStepEffect covers the ways in which a command is written in the name of a step.
func TestStepEffect(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		want  commandKind
		isDBT bool
	}{
		{"Invoke dbt with `dbt build`", buildsNodes, true},
		{"Invoke dbt with `dbt build --select tag:nightly`", buildsNodes, true},
		{"Invoke dbt with `dbt  build`", buildsNodes, true},
		{"Invoke dbt with `dbt --no-use-colors --fail-fast run`", buildsNodes, true},
		{"Invoke dbt with `dbt --log-level debug build`", buildsNodes, true},
		{"Invoke dbt with `dbt --log-level debug --fail-fast build`", buildsNodes, true},
		{"Invoke dbt with `dbt --warn-error-options '{\"include\": \"all\"}' run`", buildsNodes, true},
		{"Invoke dbt with `dbt retry`", buildsNodes, true},
		{"Invoke dbt with `dbt clone`", buildsNodes, true},
		{"Invoke dbt with `dbt seed`", buildsNodes, true},
		{"Invoke dbt with `dbt snapshot`", buildsNodes, true},
		{"dbt run", buildsNodes, true},
		{"Invoke dbt with `dbt -x test`", testsNodes, true},
		{"Invoke dbt with `dbt test --select build`", testsNodes, true},
		{"Invoke dbt with `dbt run-operation grant_all`", noEffect, true},
		{"Invoke dbt with `dbt docs generate`", noEffect, true},
		{"Invoke dbt with `dbt source freshness`", noEffect, true},
		{"Invoke dbt with `dbt deps`", noEffect, true},
		{"Invoke dbt with `dbt transmogrify`", unknownKind, true},
		{"Clone git repository", unknownKind, false},
		{"Invoke dbt with `dbt --quiet ls --resource-type snapshot`", noEffect, true},
		{"Invoke dbt with `dbtf build`", buildsNodes, true},
		{"Create Profile from Connection dbt_prod", unknownKind, false},
		{"Create Profile from Connection Snowflake dbt", unknownKind, false},
		{"dbt", unknownKind, true},
		{"", unknownKind, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, isDBT := stepKind(tc.name); got != tc.want || isDBT != tc.isDBT {
				t.Errorf("stepEffect() = %d, %t, want %d, %t", got, isDBT, tc.want, tc.isDBT)
			}
			hasResults := len(buildOrTestSteps(dbt.Run{Steps: []dbt.RunStep{{Index: 1, Name: tc.name, Status: dbt.Success}}})) > 0
			if want := tc.want == buildsNodes || tc.want == testsNodes; hasResults != want {
				t.Errorf("buildOrTestSteps() has the step: %t, want %t", hasResults, want)
			}
		})
	}
}
