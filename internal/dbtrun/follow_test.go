package dbtrun

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sandbox"
)

func retryOnce(c *config.Config, _ *Job) { c.DBT.Retries = 1 }

func TestFollow_retry(t *testing.T) {
	t.Parallel()
	lost := fault("retry-run", sandbox.Reset, true)
	lost.Times = 1
	retried := end{Origin: "retried", Status: "success", Retried: 1, Cancels: []int{0, 0}, Followed: 1}
	failed := end{Outcome: progress.OutcomeDBTFailed, Origin: "started", Status: "error", Cancels: []int{0}}
	runTests(t, []followerTest{
		{name: "success", scenario: "dbt-fails", change: failOnce, execution: execution{config: retryOnce}, want: retried},
		{
			name: "response_lost", scenario: "dbt-fails", change: failOnce, execution: execution{config: retryOnce},
			faults: []sandbox.Fault{lost}, want: retried,
		},
		{
			name: "failed_again", scenario: "dbt-fails", execution: execution{config: retryOnce}, wantErr: "ended as error",
			want: end{Outcome: progress.OutcomeDBTFailed, Origin: "retried", Status: "error", Retried: 1, Cancels: []int{0, 0}, Followed: 1},
		},
		{name: "no_retries", scenario: "dbt-fails", want: failed, wantErr: "ended as error"},
		{
			name: "not_possible", scenario: "dbt-fails", execution: execution{config: retryOnce}, want: failed,
			change: func(a *sandbox.Account) {
				a.Jobs[0].Outcomes = []sandbox.Outcome{{FailedCommand: "dbt build"}}
			},
			wantErr: "dbt can't retry it: RETRY_NO_RUN_RESULTS",
		},
		{
			name: "rejected", scenario: "dbt-fails", execution: execution{config: retryOnce}, want: failed,
			faults: []sandbox.Fault{fault("retry-run", sandbox.Forbidden, false)}, wantErr: "dbt can't retry it: ",
		},
		{
			name: "canceled_run", scenario: "dbt-cancelled", execution: execution{config: retryOnce}, wantErr: "ended as cancelled",
			want: end{Outcome: progress.OutcomeDBTCancelled, Origin: "started", Status: "cancelled", Cancels: []int{0}},
		},
	})
}

// TestFollow_status: only status 10 is success, whatever else dbt returns.
func TestFollow_status(t *testing.T) {
	t.Parallel()
	cases := []struct {
		status  int
		want    progress.Outcome
		wantErr string
	}{
		{10, "", ""},
		{20, progress.OutcomeDBTFailed, "dbt run 4711 ended as error"},
		{30, progress.OutcomeDBTCancelled, "dbt run 4711 ended as cancelled"},
		{25, progress.OutcomeError, "dbt run 4711 ended with the unknown status 25, so nothing was refreshed"},
		{0, progress.OutcomeError, "dbt run 4711 ended with the unknown status 0, so nothing was refreshed"},
	}
	for _, tc := range cases {
		t.Run(fmt.Sprint(tc.status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					status, complete := 3, false
					if r.Method == http.MethodGet {
						status, complete = tc.status, true
					}
					_, _ = fmt.Fprintf(w, `{"status":{"code":200,"is_success":true},"data":{"id":4711,"status":%d,"is_complete":%t,"is_success":true}}`, status, complete)
				})
				r := newServer(t, handler, sandbox.Account{Token: "token", ID: 1, Jobs: []sandbox.Job{{ID: 7}}}).newRecorder(nil)
				err := r.run(t.Context(), 0)
				var got progress.Outcome
				if known, ok := errors.AsType[*progress.StepError](err); ok {
					got = known.Outcome
				}
				if got != tc.want || errorText(err) != tc.wantErr {
					t.Errorf("Follow() = %v with outcome %q, want %q with outcome %q", err, got, tc.wantErr, tc.want)
				}
				if seen := r.EndedAt(); !seen.Equal(time.Now()) {
					t.Errorf("EndedAt() = %s, want %s", seen, time.Now())
				}
				if diff := cmp.Diff([]string{"starting dbt job 7", "waiting for dbt run 4711"}, r.activities); diff != "" {
					t.Errorf("activities (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestUntilNextPoll: the time until the next poll does not depend on the difference between dbt's clock and the one here.
func TestUntilNextPoll(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		// ahead is by how much dbt's clock is ahead of the one here.
		ahead time.Duration
		// sinceStart is how long the run has been running; 0 is in the queue.
		sinceStart time.Duration
		min, max   time.Duration
	}{
		{"same_clock", 0, 200 * time.Second, 6 * time.Second, 6 * time.Second},
		{"an_hour_behind", -time.Hour, 200 * time.Second, 5900 * time.Millisecond, 6 * time.Second},
		{"an_hour_ahead", time.Hour, 200 * time.Second, 5900 * time.Millisecond, 6 * time.Second},
		{"queued", time.Hour, 0, 3 * time.Second, 3 * time.Second},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					now := time.Now().Add(tc.ahead).UTC()
					started := "null"
					if tc.sinceStart > 0 {
						started = now.Add(-tc.sinceStart).Format(`"2006-01-02 15:04:05.000000+00:00"`)
					}
					w.Header().Set("Date", now.Format(http.TimeFormat))
					_, _ = fmt.Fprintf(w, `{"data":{"id":4711,"status":3,"started_at":%s}}`, started)
				})
				r := newServer(t, handler, sandbox.Account{Token: "token", ID: 1, Jobs: []sandbox.Job{{ID: 7}}}).newRecorder(nil)
				r.track(dbt.Run{ID: 4711, Status: dbt.Queued}, progress.OriginAttached)
				time.Sleep(100 * time.Second)
				run, err := r.client.Run(t.Context(), 4711, time.Time{})
				if err != nil {
					t.Fatal(err)
				}
				r.update(run)
				if got := r.untilNextPoll(); got < tc.min || got > tc.max {
					t.Errorf("untilNextPoll() = %s, want %s to %s", got, tc.min, tc.max)
				}
			})
		})
	}
}
