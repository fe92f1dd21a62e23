package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestConfig_run_id: inputs that only apply to a run that the step starts have no effect, and one notice lists them.
func TestConfig_run_id(t *testing.T) {
	t.Parallel()

	all := map[string]string{"dbt-reuse-run": "true", "dbt-resume": "false", "dbt-retries": "1", "dbt-generate-docs-override": "true"}
	for _, in := range inputs() {
		if strings.HasPrefix(in.name, "dbt-git") || strings.HasSuffix(in.name, "-override") || in.name == "dbt-cause" {
			all[in.name] = "true"
			if strings.HasPrefix(in.name, "dbt-t") || in.name == "dbt-github-pull-request-id" {
				all[in.name] = "1"
			}
		}
	}
	const notice, reason = "these inputs have no effect with dbt-run-id: ", ". They apply only to a run that the step starts"
	cases := []struct {
		name   string
		values map[string]string
		want   []string
	}{
		{"defaults", map[string]string{"dbt-resume": "True", "dbt-retries": "0", "dbt-reuse-run": ""}, nil},
		{"one", map[string]string{"dbt-retries": "2"}, []string{notice + "dbt-retries" + reason}},
		{"all", all, []string{
			notice + "dbt-reuse-run, dbt-resume, dbt-retries, dbt-cause, dbt-git-branch, dbt-git-sha, dbt-schema-override, dbt-target-name-override, " +
				"dbt-version-override, dbt-threads-override, dbt-timeout-seconds-override, dbt-github-pull-request-id, dbt-generate-docs-override, dbt-steps-override" + reason,
		}},
	}
	for _, tc := range cases {
		for _, runID := range []string{"5", "latest"} {
			t.Run(tc.name+"_"+runID, func(t *testing.T) {
				t.Parallel()

				got, err := Load(getenv(override(onlyDBT(), override(tc.values, map[string]string{"dbt-run-id": runID}))))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, got.Notices); diff != "" {
					t.Errorf("notices (-want +got):\n%s", diff)
				}
				d := got.DBT
				if diff := cmp.Diff(DBT{Wait: true}, DBT{Wait: d.Wait, ReuseRun: d.ReuseRun, Resume: d.Resume, Retries: d.Retries, Overrides: d.Overrides}); diff != "" {
					t.Errorf("settings of a new run (-want +got):\n%s", diff)
				}
				if d.FollowLatest != (runID == "latest") || (d.RunID == 5) == d.FollowLatest {
					t.Errorf("RunID is %d, FollowLatest is %t", d.RunID, d.FollowLatest)
				}
			})
		}
	}
}

// TestConfig_cause: line breaks and other control characters, as in a commit message, become spaces.
func TestConfig_cause(t *testing.T) {
	t.Parallel()

	cases := []struct{ name, cause, want string }{
		{"default", "", "dbt-tableau-refresh"},
		{"only_line_breaks", "\n\r\n", "dbt-tableau-refresh"},
		{"two_lines", "Fix revenue\nand margin", "Fix revenue and margin"},
		{"subject_and_body", "Fix revenue\r\n\r\n- and  margin\r\n", "Fix revenue - and  margin"},
		{"carriage_returns_and_tabs", "a\rb\tc\x1b[0m", "a b c [0m"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			got, err := Load(getenv(override(onlyDBT(), map[string]string{"dbt-cause": tc.cause})))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.DBT.Cause); diff != "" {
				t.Errorf("cause (-want +got):\n%s", diff)
			}
		})
	}
}
