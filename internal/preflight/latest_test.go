package preflight

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
)

// TestDBT_latest: the newest run of the job must be active or have ended recently, even if the job has a problem.
func TestDBT_latest(t *testing.T) {
	t.Parallel()

	const (
		job     = `{"id":7,"name":"Nightly","state":1,"triggers":{"schedule":true}}`
		running = `"id":41,"status":3,"trigger":{"cause":"scheduled"}`
		check   = `{"id":43,"status":10,"trigger":{"azure_pull_request_id":5}},`
	)
	ended := func(status int, finishedAt string) string {
		return fmt.Sprintf(`"id":40,"job_definition_id":7,"status":%d,"trigger":{"cause":"scheduled"},"finished_at":%s`, status, finishedAt)
	}
	// The tests run in a synctest bubble, whose clock starts at midnight of 2000-01-01.
	const recent, old = `"1999-12-31 18:01:00.000000+00:00"`, `"1999-12-31 17:59:00.000000+00:00"`
	cases := []struct {
		name string
		// newer precedes run, the run to find, in the list; job is "" if the token can't view it.
		job, newer, run string
		listStatus      int
		want            int64
		wantStatus      dbt.Status
		wantErr         string
	}{
		{name: "active", job: job, run: running, want: 41, wantStatus: dbt.Running},
		{name: "succeeded", job: job, run: ended(10, recent), want: 40, wantStatus: dbt.Success},
		{name: "failed", job: job, run: ended(20, recent), want: 40, wantStatus: dbt.Error},
		{name: "canceled", job: job, run: ended(30, recent), want: 40, wantStatus: dbt.Cancelled},
		{name: "before_a_check_of_a_pull_request", job: job, newer: check, run: running, want: 41, wantStatus: dbt.Running},
		{name: "deactivated_job", job: `{"id":7,"state":1,"deactivated":true}`, run: running, want: 41, wantStatus: dbt.Running},
		{name: "job_not_visible", run: running, want: 41, wantStatus: dbt.Running},
		{name: "too_old", job: job, run: ended(10, old), wantErr: "dbt-run-id: run the job in dbt, or raise dbt-max-age. dbt run 40 ended at 1999-12-31 17:59:00 UTC, longer ago than dbt-max-age"},
		{name: "failed_too_long_ago", job: job, run: ended(20, old), wantErr: "longer ago than dbt-max-age"},
		{name: "unknown_end", job: job, run: ended(10, "null"), wantErr: "dbt-run-id: run the job in dbt, or raise dbt-max-age. dbt did not return the end time of run 40"},
		{name: "none", job: job, wantErr: "dbt-run-id: latest: no run found. Check dbt-job-id: job 7 has not run yet, except for pull requests"},
		{name: "list_refused", job: job, run: running, listStatus: http.StatusForbidden, wantErr: "dbt-run-id: latest: failed to list dbt runs: dbt returned 403 Forbidden"},
		{name: "unknown_trigger", job: job, run: `"id":41,"status":3`, wantErr: "dbt-run-id: latest: set dbt-run-id to the ID of a run. dbt did not return whether run 41 checks a pull request"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := dbtAt(t, func(w http.ResponseWriter, r *http.Request) {
					data := tc.job
					switch path := strings.TrimPrefix(r.URL.Path, "/api/v2/accounts/1/"); {
					case path == "runs/" && r.URL.Query().Has("include_related"):
						if tc.listStatus != 0 {
							w.WriteHeader(tc.listStatus)
						}
						data = "[]"
						if tc.run != "" {
							data = "[" + tc.newer + "{" + tc.run + "}]"
						}
					case path == "runs/":
						data = "[]"
					case strings.HasPrefix(path, "runs/"):
						data = "{" + tc.run + "}"
					case path == "" || tc.job == "":
						w.WriteHeader(http.StatusNotFound)
						data = "null"
					}
					_, _ = io.WriteString(w, `{"data":`+data+`}`)
				})
				got := DBT(t.Context(), client, config.DBT{JobID: 7, FollowLatest: true, MaxAge: 6 * time.Hour})
				if text := fmt.Sprint(got.Err); tc.wantErr == "" && got.Err != nil || !strings.Contains(text, tc.wantErr) {
					t.Fatalf("error %v, want %q", got.Err, tc.wantErr)
				}
				if tc.wantErr == "" && (got.Attached.ID != tc.want || got.Attached.Status != tc.wantStatus || got.Job.ID != 7 || len(got.Warnings) > 0) {
					t.Errorf("run %d (%s) of job %d with the warnings %q, want run %d (%s) of job 7", got.Attached.ID, got.Attached.Status, got.Job.ID, got.Warnings, tc.want, tc.wantStatus)
				}
			})
		})
	}
}
