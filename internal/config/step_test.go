package config

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func inWorkflow() map[string]string {
	return override(dbtAndTableau(), map[string]string{
		"GITHUB_SERVER_URL":  "https://github.com",
		"GITHUB_REPOSITORY":  "octo/analytics",
		"GITHUB_WORKFLOW":    "Nightly",
		"GITHUB_RUN_ID":      "42",
		"GITHUB_RUN_ATTEMPT": "1",
		"GITHUB_JOB":         "refresh",
		"GITHUB_ACTION":      "step",
		"GITHUB_WORKSPACE":   "/github/workspace",
	})
}

func TestLoad_step(t *testing.T) {
	t.Parallel()

	got, err := Load(getenv(inWorkflow()))
	if err != nil {
		t.Fatalf("Load failed: %v", err)
	}
	want := Step{
		ServerURL: "https://github.com", Repository: "octo/analytics", Workflow: "Nightly", RunID: "42",
		RunAttempt: "1", Job: "refresh", Action: "step", Workspace: "/github/workspace", StepKey: got.Step.StepKey,
	}
	if diff := cmp.Diff(want, got.Step); diff != "" {
		t.Errorf("Step (-want +got):\n%s", diff)
	}
	if !regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(got.Step.StepKey) {
		t.Errorf("Key is %q, want 12 hexadecimal digits", got.Step.StepKey)
	}
	if diff := cmp.Diff("octo/analytics, workflow Nightly, run 42", got.DBT.Cause); diff != "" {
		t.Errorf("Cause (-want +got):\n%s", diff)
	}
}

func TestLoad_step_key(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name   string
		values map[string]string
		same   bool
	}{
		{name: "later_attempt", values: map[string]string{"GITHUB_RUN_ATTEMPT": "2"}, same: true},
		{name: "other_run", values: map[string]string{"GITHUB_RUN_ID": "43"}, same: true},
		{name: "new_token", values: map[string]string{"dbt-token": "dbtc_renewed"}, same: true},
		{name: "default_written_out", values: map[string]string{"timeout": "5h45m", "dbt-wait": "True"}, same: true},
		{name: "dry_run", values: map[string]string{"dry-run": "true"}, same: true},
		{name: "other_server", values: map[string]string{"GITHUB_SERVER_URL": "https://ghe.example.com"}},
		{name: "other_repository", values: map[string]string{"GITHUB_REPOSITORY": "octo/other"}},
		{name: "other_job", values: map[string]string{"GITHUB_JOB": "other"}},
		{name: "other_step", values: map[string]string{"GITHUB_ACTION": "other"}},
		{name: "other_leg_of_a_matrix", values: map[string]string{"tableau-site": "Sales"}},
		{name: "value_in_another_input", values: map[string]string{"tableau-workbooks": "", "tableau-datasources": luid}},
	}

	first, err := Load(getenv(inWorkflow()))
	if err != nil {
		t.Fatalf("Load failed: %v", err)
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			second, err := Load(getenv(override(inWorkflow(), tc.values)))
			if err != nil {
				t.Fatalf("Load failed: %v", err)
			}
			if same := first.Step.StepKey == second.Step.StepKey; same != tc.same {
				t.Errorf("the same key: %t, want %t", same, tc.same)
			}
		})
	}
}
