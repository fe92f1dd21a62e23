package config

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func workflowInputs() map[string]string {
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

	got, err := Load(getenv(workflowInputs()))
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
		t.Errorf("StepKey is %q, want 12 hexadecimal digits", got.Step.StepKey)
	}
	if diff := cmp.Diff("octo/analytics, workflow Nightly, run 42", got.DBT.Cause); diff != "" {
		t.Errorf("Cause (-want +got):\n%s", diff)
	}
}

func TestLoad_step_key(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name     string
		values   map[string]string
		wantSame bool
	}{
		{name: "later_attempt", values: map[string]string{"GITHUB_RUN_ATTEMPT": "2"}, wantSame: true},
		{name: "other_run", values: map[string]string{"GITHUB_RUN_ID": "43"}, wantSame: true},
		{name: "new_token", values: map[string]string{"dbt-token": "dbtc_renewed"}, wantSame: true},
		{name: "default_set", values: map[string]string{"timeout": "5h45m", "dbt-wait": "True"}, wantSame: true},
		{name: "dry_run", values: map[string]string{"dry-run": "true"}, wantSame: true},
		{name: "other_server", values: map[string]string{"GITHUB_SERVER_URL": "https://ghe.example.com"}},
		{name: "other_repository", values: map[string]string{"GITHUB_REPOSITORY": "octo/other"}},
		{name: "other_job", values: map[string]string{"GITHUB_JOB": "other"}},
		{name: "other_step", values: map[string]string{"GITHUB_ACTION": "other"}},
		{name: "other_matrix_job", values: map[string]string{"tableau-site": "Sales"}},
		{name: "value_in_another_input", values: map[string]string{"tableau-workbooks": "", "tableau-datasources": luid}},
	}

	first, err := Load(getenv(workflowInputs()))
	if err != nil {
		t.Fatalf("Load failed: %v", err)
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			second, err := Load(getenv(override(workflowInputs(), tc.values)))
			if err != nil {
				t.Fatalf("Load failed: %v", err)
			}
			if same := first.Step.StepKey == second.Step.StepKey; same != tc.wantSame {
				t.Errorf("the same key: %t, want %t", same, tc.wantSame)
			}
		})
	}
}
