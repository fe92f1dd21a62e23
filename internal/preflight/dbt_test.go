package preflight

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/progress"
)

// TestDBT checks accounts, jobs, and runs.
func TestDBT(t *testing.T) {
	t.Parallel()

	const (
		account = `"id":1,"name":"Acme"`
		job     = `"id":7,"project_id":2,"name":"Nightly","state":1,"execute_steps":["dbt build"]`
		ended   = `{"id":40,"job_definition_id":7,"status":10,"started_at":"2026-01-01 10:00:00.000000+00:00","finished_at":"2026-01-01 10:04:00.000000+00:00"}`
		running = `{"id":41,"job_definition_id":7,"status":3}`
	)
	plain := progress.Job{ID: 7, Name: "Nightly", URL: "http://127.0.0.1:80/deploy/1/projects/2/jobs/7", AccountName: "Acme", Steps: []string{"dbt build"}}
	cases := []struct {
		name               string
		config             config.DBT
		account, job, runs string
		want               progress.Job
		warnings           []string
		wantErr            string
	}{
		{name: "no_problem", account: account, job: job, want: plain},
		{name: "on_a_dbt_schedule", account: account, job: job + `,"triggers":{"schedule":true}`, want: plain, warnings: []string{"also runs on a dbt schedule"}},
		{name: "ci_job", account: account, job: job + `,"job_type":"ci","triggers":null`, want: plain, warnings: []string{"the dbt job is a CI job"}},
		{name: "locked", account: account + `,"locked":true,"lock_reason":"payment overdue"`, job: job, want: plain, warnings: []string{"the dbt account is locked (payment overdue)"}},
		{name: "locked_without_a_reason", account: account + `,"locked":true,"lock_reason":null`, job: job, want: plain, warnings: []string{"the dbt account is locked (dbt gave no reason)"}},
		{
			name: "other_runs_are_active", account: account, job: job, runs: running + "," + ended, warnings: []string{"1 run of this dbt job"},
			want: progress.Job{ID: 7, Name: "Nightly", URL: plain.URL, AccountName: "Acme", Steps: plain.Steps, MedianDuration: 4 * time.Minute},
		},
		{
			name: "everything_at_once", account: account + `,"locked":true`, job: job + `,"job_type":"ci","triggers":{"schedule":true}`, runs: running + "," + running, want: plain,
			warnings: []string{"locked", "schedule", "CI job", "2 runs of this dbt job"},
		},
		{name: "account_without_permission", job: job, want: progress.Job{ID: 7, Name: "Nightly", URL: plain.URL, Steps: plain.Steps}},
		{name: "deactivated", account: account, job: job + `,"deactivated":true`, want: plain, wantErr: "dbt job 7 is deactivated. Activate it in dbt"},
		{name: "deleted", account: account, job: strings.Replace(job, `"state":1`, `"state":2`, 1), want: plain, wantErr: "dbt job 7 is deleted. Correct dbt-job-id"},
		{name: "no_such_job", account: account, want: progress.Job{AccountName: "Acme", URL: ""}, wantErr: "check dbt-job-id: the account has no job 7"},
		{name: "attached", config: config.DBT{RunID: 40}, account: account, job: job + `,"deactivated":true,"job_type":"ci"`, runs: ended, want: progress.Job{ID: 7, Name: "Nightly", URL: plain.URL, AccountName: "Acme", Steps: plain.Steps, MedianDuration: 4 * time.Minute}},
		{name: "attached_run_of_another_job", config: config.DBT{RunID: 40, JobID: 8}, account: account, job: job, runs: ended, wantErr: "dbt-run-id: run 40 belongs to job 7, but dbt-job-id is 8"},
		{name: "attached_run_not_found", config: config.DBT{RunID: 99}, account: account, job: job, wantErr: "dbt-run-id: failed to get dbt run 99"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if tc.config.RunID == 0 {
					tc.config.JobID = 7
				}
				client := dbtAt(t, func(w http.ResponseWriter, r *http.Request) {
					response := map[string]string{"/api/v2/accounts/1/": tc.account, "/api/v2/accounts/1/jobs/7/": tc.job}[r.URL.Path]
					switch {
					case r.URL.Path == "/api/v2/accounts/1/runs/":
						response = "[" + tc.runs + "]"
					case r.URL.Path == "/api/v2/accounts/1/runs/40/":
						response = ended
					case response != "":
						response = "{" + response + "}"
					default:
						w.WriteHeader(http.StatusNotFound)
					}
					_, _ = io.WriteString(w, fmt.Sprintf(`{"status":{"code":200},"data":%s}`, response))
				})
				got := DBT(t.Context(), client, tc.config)
				if text := fmt.Sprint(got.Err); tc.wantErr == "" && got.Err != nil || !strings.Contains(text, tc.wantErr) {
					t.Errorf("error %v, want %q", got.Err, tc.wantErr)
				}
				if diff := cmp.Diff(tc.want, got.Job); diff != "" && (tc.wantErr == "" || tc.want.ID != 0) {
					t.Errorf("job (-want +got):\n%s", diff)
				}
				if len(got.Warnings) != len(tc.warnings) {
					t.Fatalf("warnings %q, want those of %q", got.Warnings, tc.warnings)
				}
				for i, want := range tc.warnings {
					if !strings.Contains(got.Warnings[i], want) {
						t.Errorf("warning %q, want one of %q", got.Warnings[i], want)
					}
				}
			})
		})
	}
}
