package poll_test

import (
	"testing"
	"time"

	"dbt-tableau-refresh/internal/poll"
)

// TestBounds: no wait is ever shorter than the one before, none is longer than its bound, and none is nothing.
func TestBounds(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		wait    func(time.Duration) time.Duration
		longest time.Duration
	}{
		{"job", poll.Job, time.Minute},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := tc.wait(-time.Hour); got != time.Second {
				t.Errorf("after a clock that was set back: %s, want 1s", got)
			}
			if got := tc.wait(1000 * time.Hour); got != tc.longest {
				t.Errorf("in the end: %s, want %s", got, tc.longest)
			}
			before := time.Duration(0)
			for elapsed := time.Duration(0); elapsed < 2*time.Hour; elapsed += tc.wait(elapsed) {
				if got := tc.wait(elapsed); got < before || got < time.Second || got > tc.longest {
					t.Fatalf("after %s: %s, after %s before", elapsed, got, before)
				}
				before = tc.wait(elapsed)
			}
		})
	}
}
