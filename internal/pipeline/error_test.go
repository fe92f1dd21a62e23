package pipeline

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

func TestPlain(t *testing.T) {
	t.Parallel()

	cases := []struct {
		d    time.Duration
		want string
	}{
		{0, "0s"},
		{90 * time.Second, "1m30s"},
		{2 * time.Minute, "2m"},
		{10 * time.Minute, "10m"},
		{time.Hour, "1h"},
		{10 * time.Hour, "10h"},
		{time.Hour + 10*time.Minute, "1h10m"},
		{time.Hour + 10*time.Second, "1h0m10s"},
		{5*time.Hour + 45*time.Minute, "5h45m"},
		{1500 * time.Millisecond, "1.5s"},
		{time.Minute + 500*time.Millisecond, "1m0.5s"},
	}
	for _, tc := range cases {
		t.Run(tc.want, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, plain(tc.d)); diff != "" {
				t.Errorf("plain(%s) (-want +got):\n%s", tc.d, diff)
			}
			if back, err := time.ParseDuration(plain(tc.d)); err != nil || back != tc.d {
				t.Errorf("plain(%s) reads as %s, %v", tc.d, back, err)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		err  error
		want string
	}{
		{
			"limit", &LimitError{Input: "dbt-timeout", After: 2 * time.Hour, During: "waiting for dbt run 4711"},
			"the limit dbt-timeout of 2h ran out while waiting for dbt run 4711",
		},
		{"run", &RunError{Run: Run{ID: 4711, Status: "cancelled"}}, "dbt run 4711 ended as cancelled"},
		{
			"run_with_a_message", &RunError{Run: Run{ID: 4711, Status: "error", Message: "Database Error"}},
			"dbt run 4711 ended as error: Database Error",
		},
		{
			"run_without_a_retry", &RunError{Run: Run{ID: 4711, Status: "error", Message: "Database Error"}, NoRetry: "RETRY_NO_RUN_RESULTS"},
			"dbt run 4711 ended as error: Database Error; dbt can't retry it: RETRY_NO_RUN_RESULTS",
		},
		{"refreshes", &RefreshError{Bad: 2, All: 7}, "2 of 7 refreshes did not succeed"},
		{
			"cancelled", &CancelledError{Cause: errors.New("interrupt signal received"), During: "starting dbt job 7"},
			"the step was cancelled while starting dbt job 7",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.err.Error()); diff != "" {
				t.Errorf("Error() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEndsOne: what is wrong with one item must not stop the others, and what is wrong with all must not blame one.
func TestEndsOne(t *testing.T) {
	t.Parallel()

	refusal := &rest.StatusError{Status: 403}
	cases := []struct {
		name string
		err  error
		want bool
	}{
		{"refused", refusal, true},
		{"refused_with_a_cure", fmt.Errorf("%w; do this", refusal), true},
		{"throttled", &rest.StatusError{Status: 429}, false},
		{"service_failed", &rest.StatusError{Status: 503}, false},
		{"session_lost", &tableau.SessionError{Err: &rest.StatusError{Status: 401}}, false},
		{"not_reached", &rest.TransportError{Err: errors.New("refused")}, false},
		{"not_read", &rest.AnswerError{Err: errors.New("page")}, false},
		{"limit", &LimitError{}, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := endsOne(tc.err); got != tc.want {
				t.Errorf("endsOne(%v) = %v, want %v", tc.err, got, tc.want)
			}
		})
	}
}
