package progress

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestShortDuration(t *testing.T) {
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
			if diff := cmp.Diff(tc.want, ShortDuration(tc.d)); diff != "" {
				t.Errorf("ShortDuration(%s) (-want +got):\n%s", tc.d, diff)
			}
			if parsed, err := time.ParseDuration(ShortDuration(tc.d)); err != nil || parsed != tc.d {
				t.Errorf("ShortDuration(%s) parses as %s, %v", tc.d, parsed, err)
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
			"dbt-timeout (2h) was reached while waiting for dbt run 4711",
		},
		{"run", &RunError{Run: Run{ID: 4711, Status: "cancelled"}}, "dbt run 4711 ended with status cancelled"},
		{
			"run_with_a_message", &RunError{Run: Run{ID: 4711, Status: "error", Message: "Database Error"}},
			"dbt run 4711 ended with status error: Database Error",
		},
		{
			"run_without_a_retry", &RunError{Run: Run{ID: 4711, Status: "error", Message: "Database Error"}, RetryRefusal: "RETRY_NO_RUN_RESULTS"},
			"dbt run 4711 ended with status error: Database Error; dbt can't retry it: RETRY_NO_RUN_RESULTS",
		},
		{"refreshes", &RefreshError{Failed: 2, All: 7}, "2 of 7 refreshes did not succeed"},
		{
			"cancelled", &CancelledError{Cause: errors.New("interrupt signal received"), During: "starting dbt job 7"},
			"the step was canceled while starting dbt job 7",
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

func TestShortList(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		names []string
		want  string
	}{
		{name: "none"},
		{name: "all", names: []string{"a", "b"}, want: "a, b"},
		{name: "too_many", names: []string{"a", "b", "c", "d"}, want: "a, b and 2 more"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := ShortList(tc.names, 2); got != tc.want {
				t.Errorf("ShortList(%q) = %q, want %q", tc.names, got, tc.want)
			}
		})
	}
}
