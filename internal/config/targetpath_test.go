package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// targetAndTableau is a step after dbt Core: no input of the dbt platform is set.
func targetAndTableau() map[string]string {
	return override(dbtAndTableau(), map[string]string{
		"dbt-url": "", "dbt-token": "", "dbt-account-id": "", "dbt-job-id": "", "dbt-target-path": "target",
	})
}

func TestLoad_target_paths(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, paths string
		want        []string
	}{
		{name: "folder", paths: "target", want: []string{"target"}},
		{name: "spellings", paths: "./target/\ntarget\n# a comment\n\n dbt//target", want: []string{"target", "target", "dbt/target"}},
		{name: "workspace", paths: ".", want: []string{"."}},
		{name: "back_to_the_workspace", paths: "dbt/../target", want: []string{"target"}},
		{name: "patterns", paths: "target/*\ntarget/client-[ab]", want: []string{"target/*", "target/client-[ab]"}},
		{name: "name_that_begins_with_dots", paths: "..target", want: []string{"..target"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			// The runner passes the defaults of the other inputs.
			values := map[string]string{}
			for _, in := range inputs() {
				values[in.name] = in.defaultValue
			}
			got, err := Load(getenv(override(override(values, targetAndTableau()), map[string]string{"dbt-target-path": tc.paths, "dbt-max-age": "90m"})))
			if err != nil {
				t.Fatalf("Load failed: %v", err)
			}
			if diff := cmp.Diff(DBT{TargetPaths: tc.want, MaxAge: 90 * time.Minute, Wait: true}, got.DBT); diff != "" {
				t.Errorf("DBT (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConfig_invalid_target_paths(t *testing.T) {
	t.Parallel()

	const outside = "must be a relative path inside the workspace"
	checkInvalid(t, targetAndTableau(), []invalidCase{
		{name: "absolute", values: map[string]string{"dbt-target-path": "/github/workspace/target"}, want: []string{
			`input dbt-target-path: ` + outside + ` (got "/github/workspace/target")`,
		}},
		{name: "outside", values: map[string]string{"dbt-target-path": "target\n../target\ntarget/../../other/*"}, want: []string{
			`input dbt-target-path: ` + outside + ` (got "../target")`,
			`input dbt-target-path: ` + outside + ` (got "target/../../other/*")`,
		}},
		{name: "bad_pattern", values: map[string]string{"dbt-target-path": "target/[a"}, want: []string{
			`input dbt-target-path: contains an incomplete pattern; write \[ for a literal bracket (got "target/[a")`,
		}},
		{name: "age_without_a_unit", values: map[string]string{"dbt-max-age": "6"}, want: []string{
			`input dbt-max-age: needs a unit: write 6s for seconds or 6m for minutes (got "6")`,
		}},
		{name: "no_age", values: map[string]string{"dbt-max-age": "0s"}, want: []string{`input dbt-max-age: must be more than zero (got "0s")`}},
		{name: "defaults_of_other_inputs", values: map[string]string{"dbt-wait": "True", "dbt-retries": "0", "dbt-artifacts-path": "target"}},
		{name: "nothing_to_refresh", values: map[string]string{"tableau-workbooks": ""}, want: []string{
			"input tableau-workbooks: nothing to refresh. Set tableau-workbooks, tableau-datasources, tableau-flows, tableau-tasks, tableau-schedules, or tableau-discover; to run only dbt, omit all tableau inputs",
		}},
	})
}

func TestConfig_target_path_without_tableau(t *testing.T) {
	t.Parallel()

	checkInvalid(t, map[string]string{"dbt-target-path": "target"}, []invalidCase{{name: "only_the_folder", want: []string{
		`input dbt-target-path: requires tableau-url, a sign-in method, and something to refresh`,
	}}})
}

// TestLoad_target_path_without_entries asserts that a list of comments counts as not set.
func TestLoad_target_path_without_entries(t *testing.T) {
	t.Parallel()

	_, err := Load(getenv(override(targetAndTableau(), map[string]string{"dbt-target-path": "# target"})))
	if err == nil || !strings.Contains(err.Error(), "input dbt-job-id: is required") {
		t.Errorf("error %v, want that dbt-job-id is required", err)
	}
}

// TestConfig_target_path_with_other_inputs asserts that no input of the dbt platform is ignored without a message.
func TestConfig_target_path_with_other_inputs(t *testing.T) {
	t.Parallel()

	for _, in := range inputs() {
		if !strings.HasPrefix(in.name, "dbt-") || in.name == "dbt-target-path" || in.name == "dbt-max-age" {
			continue
		}
		t.Run(in.name, func(t *testing.T) {
			t.Parallel()

			_, err := Load(getenv(override(targetAndTableau(), map[string]string{in.name: "invalid"})))
			want := "input " + in.name + ": can't be combined with dbt-target-path, because dbt ran in an earlier step. Remove one of the two"
			if !in.secret {
				want += ` (got "invalid")`
			}
			if err == nil || err.Error() != want {
				t.Errorf("error %v, want %q", err, want)
			}
		})
	}
}
