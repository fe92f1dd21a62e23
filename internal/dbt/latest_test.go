package dbt_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
)

// TestLatestRun: runs that check pull requests are skipped, whatever the Git provider.
func TestLatestRun(t *testing.T) {
	t.Parallel()

	const nightly = `{"id":5,"status":10,"trigger":{"cause":"scheduled","github_pull_request_id":null}}`
	check := func(id int, field string) string {
		return fmt.Sprintf(`{"id":%d,"status":10,"trigger":{"%s":17}},`, id, field)
	}
	cases := []struct {
		name, runs string
		want       int64
		wantErr    string
	}{
		{name: "none", runs: ``},
		{name: "newest", runs: `{"id":9,"status":3,"trigger":{}},` + nightly, want: 9},
		{
			name: "pull_requests", want: 5,
			runs: check(9, "github_pull_request_id") + check(8, "gitlab_merge_request_id") + check(7, "azure_pull_request_id") + check(6, "non_native_pull_request_id") + nightly,
		},
		{name: "number_of_a_pull_request_as_text", runs: `{"id":9,"trigger":{"github_pull_request_id":"17"}},` + nightly, want: 5},
		{name: "of_another_job", runs: `{"id":9,"job_definition_id":8,"trigger":{}},` + nightly, want: 5},
		{name: "unknown_trigger", runs: `{"id":9,"trigger":null},` + nightly, wantErr: "set dbt-run-id to the ID of a run. dbt did not return whether run 9 checks a pull request"},
		{name: "unknown_trigger_of_an_older_run", runs: nightly + `,{"id":4,"trigger":null}`, want: 5},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				run, err := newClient(t, respond(http.StatusOK, `{"data":[`+tc.runs+`]}`)).LatestRun(t.Context(), 7)
				if errorText(err) != tc.wantErr || err == nil && run.ID != tc.want {
					t.Errorf("LatestRun() = %d, %v, want %d, %q", run.ID, err, tc.want, tc.wantErr)
				}
			})
		})
	}
}

// TestLatestRun_pages: up to 500 runs are searched, in pages of 100.
func TestLatestRun_pages(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name  string
		newer int // runs that check pull requests
		want  int64
		pages int
	}{
		{"first_page", 99, 1, 1},
		{"second_page", 100, 1, 2},
		{"last_page", 499, 1, 5},
		{"too_many", 500, 0, 5},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				runs := make([]dbt.Run, tc.newer+1)
				for i := range runs {
					runs[i] = dbt.Run{ID: int64(len(runs) - i), Trigger: &dbt.TriggerRequest{GitHubPullRequestID: new(int64(17))}}
				}
				runs[tc.newer].Trigger = &dbt.TriggerRequest{Cause: "scheduled"}
				pages := 0
				client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					pages++
					offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
					_ = json.NewEncoder(w).Encode(map[string]any{"data": runs[offset:min(offset+100, len(runs))]})
				}))
				run, err := client.LatestRun(t.Context(), 7)
				if err != nil || run.ID != tc.want || pages != tc.pages {
					t.Errorf("LatestRun() = %d, %v after %d pages, want %d after %d", run.ID, err, pages, tc.want, tc.pages)
				}
			})
		})
	}
}

// TestCheckAge compares the time at which a run ended with dbt's clock, and not with the one here.
func TestCheckAge(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		// ahead is by how much dbt's clock is ahead of the one here.
		ahead time.Duration
		// age is the time since the end of the run, on dbt's clock.
		age     time.Duration
		wantErr string
	}{
		{name: "recent", age: time.Hour - time.Minute},
		{name: "too_old", age: time.Hour + time.Minute, wantErr: "dbt run 40 ended at 1999-12-31 22:59:00 UTC, longer ago than dbt-max-age"},
		{name: "recent_by_a_clock_ahead", ahead: 3 * time.Hour, age: time.Hour - time.Minute},
		{name: "too_old_by_a_clock_behind", ahead: -3 * time.Hour, age: time.Hour + time.Minute, wantErr: "dbt run 40 ended at 1999-12-31 19:59:00 UTC, longer ago than dbt-max-age"},
		{name: "in_the_future", age: -time.Minute},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					now := time.Now().Add(tc.ahead).UTC()
					w.Header().Set("Date", now.Format(http.TimeFormat))
					_, _ = fmt.Fprintf(w, `{"data":{"id":40,"status":10,"finished_at":%q}}`, now.Add(-tc.age).Format("2006-01-02 15:04:05.000000+00:00"))
				}))
				run, err := client.FindRun(t.Context(), 40, rest.Preflight)
				if err != nil {
					t.Fatal(err)
				}
				if got := errorText(client.CheckAge(run, time.Hour)); got != tc.wantErr {
					t.Errorf("CheckAge() = %q, want %q", got, tc.wantErr)
				}
			})
		})
	}
}

func TestCheckAge_unknown(t *testing.T) {
	t.Parallel()
	client := newClient(t, respond(http.StatusOK, "{}"))
	if got, want := errorText(client.CheckAge(dbt.Run{ID: 40, Status: dbt.Success}, time.Hour)), "dbt did not return the end time of run 40"; got != want {
		t.Errorf("CheckAge() = %q, want %q", got, want)
	}
}
