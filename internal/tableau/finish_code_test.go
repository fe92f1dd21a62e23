package tableau_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/tableau"
)

// TestJob_noFinishCode checks that a job that ended but never gets a finish code counts as failed after a moment.
func TestJob_noFinishCode(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		endedAgo time.Duration
		want     tableau.JobState
	}{
		{"just_ended", 5 * time.Second, tableau.JobInProgress},
		{"ended_long_ago", 2 * time.Minute, tableau.JobFailed},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ended := time.Now().UTC()
				client := signedIn(t, &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
					respondXML(`<job id="j" startedAt="%s" completedAt="%s"/>`, ended.Add(-time.Minute).Format(time.RFC3339), ended.Format(time.RFC3339))(w, r)
				}})
				time.Sleep(tc.endedAgo)
				if _, err := client.Job(t.Context(), "j", ended); err != nil { // this sets the clock
					t.Fatal(err)
				}
				job, err := client.Job(t.Context(), "j", ended)
				if err != nil {
					t.Fatal(err)
				}
				if got := job.State(); got != tc.want {
					t.Errorf("State() = %v, want %v", got, tc.want)
				}
				if tc.want == tableau.JobFailed && !strings.Contains(job.FailureReason(), "without a finish code") {
					t.Errorf("FailureReason() = %q", job.FailureReason())
				}
			})
		})
	}
}
