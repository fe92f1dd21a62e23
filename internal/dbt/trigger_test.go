package dbt_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
)

// TestDifferentOverrides: the causes may differ, and a run for a pull request has other overrides.
func TestDifferentOverrides(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, trigger, wanted string
		want                  []string
	}{
		{"none", `{"cause":"x"}`, `{"cause":"y"}`, nil},
		{"nulls", `{"threads_override":null,"azure_pull_request_id":null,"steps_override":[]}`, `{}`, nil},
		{"same", `{"threads_override":8,"steps_override":["dbt build"]}`, `{"threads_override":8,"steps_override":["dbt build"]}`, nil},
		{"only_of_the_run", `{"threads_override":8}`, `{}`, []string{"dbt-threads-override"}},
		{"only_wanted", `{}`, `{"git_branch":"main"}`, []string{"dbt-git-branch"}},
		{"other_values", `{"steps_override":["dbt run"],"git_sha":"a"}`, `{"steps_override":["dbt build"],"git_sha":"b"}`, []string{"dbt-git-sha", "dbt-steps-override"}},
		{"version", `{"dbt_version_override":"1.9"}`, `{}`, []string{"dbt-version-override"}},
		{"github", `{"github_pull_request_id":7}`, `{}`, []string{"dbt-github-pull-request-id"}},
		{"gitlab", `{"gitlab_merge_request_id":7}`, `{}`, []string{"dbt-gitlab-merge-request-id"}},
		{"azure", `{"azure_pull_request_id":7}`, `{}`, []string{"dbt-azure-pull-request-id"}},
		{"another_provider", `{"non_native_pull_request_id":7}`, `{}`, []string{"dbt-non-native-pull-request-id"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var trigger, wanted dbt.TriggerRequest
			if err := errors.Join(json.Unmarshal([]byte(tc.trigger), &trigger), json.Unmarshal([]byte(tc.wanted), &wanted)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, trigger.DifferentOverrides(wanted)); diff != "" {
				t.Errorf("DifferentOverrides() (-want +got):\n%s", diff)
			}
		})
	}
}
