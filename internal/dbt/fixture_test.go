package dbt_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
)

// fixture returns a recorded response of dbt. The recordings are the work of others, and not part of this repository.
func fixture(t *testing.T, name string) []byte {
	t.Helper()
	folder := os.Getenv("FIXTURES")
	if folder == "" {
		t.Skip("FIXTURES is not set to a folder with recorded responses")
	}
	body, err := os.ReadFile(filepath.Join(folder, "dbt", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func getAccount(ctx context.Context, c *dbt.Client) (any, error) { return c.Account(ctx) }
func getJob(ctx context.Context, c *dbt.Client) (any, error)     { return c.Job(ctx, 43167) }
func getRun(ctx context.Context, c *dbt.Client) (any, error) {
	return c.Run(ctx, 36053848, time.Time{})
}
func cancelRun(ctx context.Context, c *dbt.Client) (any, error) {
	return c.Cancel(ctx, 36053848, rest.BestEffort)
}

func startRun(ctx context.Context, c *dbt.Client) (any, error) {
	run, _, err := c.Start(ctx, dbt.StartRequest{JobID: 43167})
	return run, err
}

func listRuns(ctx context.Context, c *dbt.Client) (any, error) {
	return c.Runs(ctx, dbt.RunFilter{}, rest.BestEffort)
}

func at(year int, month time.Month, day, hour, minute, second, microsecond int) dbt.Time {
	return dbt.Time{Time: time.Date(year, month, day, hour, minute, second, microsecond*1000, time.UTC)}
}

// recordedRun is the run in run_get_response.json.
func recordedRun() dbt.Run {
	return dbt.Run{
		ID: 36053848, JobID: 43167, ProjectID: 123457, Status: dbt.Success, IsComplete: true,
		GitSHA: "981c5cf1ba299e942c6c277c38c8dec9b0738dd0", GitBranch: "main", BlockedBy: []int64{}, Href: "REDACTED",
		CreatedAt: at(2021, 12, 7, 10, 32, 24, 326116), StartedAt: at(2021, 12, 7, 10, 34, 1, 982824), FinishedAt: at(2021, 12, 7, 10, 34, 14, 435474),
		Steps: []dbt.RunStep{}, URL: "http://127.0.0.1:80/deploy/123456/projects/123457/runs/36053848",
	}
}

// TestFixtures decodes recorded responses.
func TestFixtures(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		file string
		call func(context.Context, *dbt.Client) (any, error)
		want any
	}{
		{
			name: "account", file: "dbt-cloud-cli/account_get_response.json", call: getAccount,
			want: dbt.Account{ID: 123456, Name: "REDACTED"},
		},
		{
			name: "accounts", file: "dbt-cloud-cli/account_list_response.json",
			call: func(ctx context.Context, c *dbt.Client) (any, error) {
				err := c.ExplainAccount(ctx, &rest.StatusError{Operation: "get it", Status: http.StatusNotFound})
				text, _, _ := strings.Cut(err.Error(), ". Error: failed")
				return text, nil
			},
			want: `check dbt-account-id: dbt-token is valid, but it can't access account 123456. It can access 1 ("Jaffle Shop")`,
		},
		{
			name: "job", file: "dbt-cloud-cli/job_get_response.json", call: getJob,
			want: dbt.Job{
				ID: 43167, Name: "Do nothing!", ProjectID: 123457, ExecuteSteps: []string{"dbt run -s not_a_model"}, State: 1,
				URL: "http://127.0.0.1:80/deploy/123456/projects/123457/jobs/43167",
			},
		},
		{name: "run", file: "dbt-cloud-cli/run_get_response.json", call: getRun, want: recordedRun()},
		{
			name: "started", file: "dbt-cloud-cli/job_run_response.json", call: startRun,
			want: dbt.Run{
				ID: 34929305, JobID: 43167, ProjectID: 123457, Status: dbt.Success, IsComplete: true,
				GitSHA: "981c5cf1ba299e942c6c277c38c8dec9b0738dd0", GitBranch: "main", BlockedBy: []int64{}, Href: "REDACTED",
				CreatedAt: at(2021, 11, 26, 16, 48, 41, 431645), StartedAt: at(2021, 11, 26, 16, 49, 20, 535987), FinishedAt: at(2021, 11, 26, 16, 49, 32, 996703),
				Steps: []dbt.RunStep{}, URL: "http://127.0.0.1:80/deploy/123456/projects/123457/runs/34929305",
			},
		},
		{
			name: "queued", file: "kestra/run.json", call: startRun,
			want: dbt.Run{
				ID: 300580980, JobID: 559062, ProjectID: 52901, Status: dbt.Queued, BlockedBy: []int64{},
				CreatedAt: at(2024, 7, 3, 13, 59, 0, 653171), Steps: []dbt.RunStep{},
				CanRetry: new(false), RetryRefusal: "RETRY_NOT_FAILED_RUN",
				Trigger: &dbt.TriggerRequest{Cause: "Triggered by Kestra.", GitBranch: "main", TimeoutSecondsOverride: new(int64(7200))},
				Href:    "https://cloud.getdbt.com/deploy/22219/projects/52901/runs/300580980/",
				URL:     "http://127.0.0.1:80/deploy/123456/projects/52901/runs/300580980",
			},
		},
		{
			name: "cancelled", file: "dbt-cloud-cli/run_cancel_response.json", call: cancelRun,
			want: dbt.Run{
				ID: 36053848, JobID: 37119, ProjectID: 123457, Status: dbt.Cancelled, StatusMessage: "Cancelled by user.", IsComplete: true,
				BlockedBy: []int64{}, Href: "REDACTED", CreatedAt: at(2022, 3, 14, 9, 58, 13, 138036), FinishedAt: at(2022, 3, 14, 9, 58, 22, 867735),
				Steps: []dbt.RunStep{}, URL: "http://127.0.0.1:80/deploy/123456/projects/123457/runs/36053848",
			},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			body := fixture(t, tc.file)
			synctest.Test(t, func(t *testing.T) {
				got, err := tc.call(t.Context(), newClient(t, respond(200, string(body))))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.file, diff)
				}
			})
		})
	}
}

// TestFixtures_list decodes a recorded run in a list.
func TestFixtures_list(t *testing.T) {
	t.Parallel()
	var recorded struct{ Status, Data json.RawMessage }
	if err := json.Unmarshal(fixture(t, "dbt-cloud-cli/run_get_response.json"), &recorded); err != nil {
		t.Fatal(err)
	}
	body := `{"status":` + string(recorded.Status) + `,"data":[` + string(recorded.Data) + `],"extra":{"pagination":{"count":1,"total_count":1}}}`
	synctest.Test(t, func(t *testing.T) {
		got, err := listRuns(t.Context(), newClient(t, respond(200, body)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(any([]dbt.Run{recordedRun()}), got); diff != "" {
			t.Errorf("Runs() (-want +got):\n%s", diff)
		}
	})
}

// TestFixtures_other_call: the response of another call is malformed.
func TestFixtures_other_call(t *testing.T) {
	t.Parallel()

	const prefix = "127.0.0.1:80 did not return a valid dbt response: "
	cases := []struct {
		name string
		file string
		call func(context.Context, *dbt.Client) (any, error)
		want string
	}{
		{"run_without_an_id", "airflow/job_run.json", getRun, "failed to get dbt run 36053848: " + prefix + "it contains no ID"},
		{"artifact_for_a_run", "dbt-cloud-cli/run_get_artifact_response.json", getRun, "failed to get dbt run 36053848: " + prefix + "it contains no data"},
		{"accounts_for_an_account", "dbt-cloud-cli/account_list_response.json", getAccount, "failed to get the dbt account: " + prefix +
			"it contains a JSON array instead of the requested data"},
		{"jobs_for_a_job", "dbt-cloud-cli/job_list_response.json", getJob, "failed to get dbt job 43167: " + prefix +
			"it contains a JSON array instead of the requested data"},
		{"artifacts_for_runs", "dbt-cloud-cli/run_list_artifacts_response.json", listRuns, "failed to list dbt runs: " + prefix +
			"it contains a JSON string instead of the requested data"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			body := fixture(t, tc.file)
			synctest.Test(t, func(t *testing.T) {
				_, err := tc.call(t.Context(), newClient(t, respond(200, string(body))))
				if diff := cmp.Diff(tc.want+". Check dbt-url: it should be the account's access URL, such as https://ab123.us1.dbt.com", errorText(err)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.file, diff)
				}
			})
		})
	}
}
