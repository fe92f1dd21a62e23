package pipeline

import (
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
)

// TestRunning: for how long a run has been running is known whatever dbt's clock says.
func TestRunning(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		// ahead is by how much dbt's clock is ahead of ours.
		ahead time.Duration
		// attached is true for a run that was running when it was first seen.
		attached        bool
		atLeast, atMost time.Duration
	}{
		{"the_same_clock", 0, false, 60 * time.Second, 60 * time.Second},
		{"a_little_behind", -2 * time.Second, false, 60 * time.Second, 63 * time.Second},
		{"an_hour_behind", -time.Hour, false, 60 * time.Second, 63 * time.Second},
		{"an_hour_ahead", time.Hour, false, 58 * time.Second, 60 * time.Second},
		{"attached", 0, true, 60 * time.Second, 60 * time.Second},
		{"attached_and_ahead", time.Hour, true, 58 * time.Second, 60 * time.Second},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &story{observer: deaf{}}
				queued, running := dbt.Run{ID: 7, Status: dbt.Queued}, dbt.Run{ID: 7, Status: dbt.Running}
				if !tc.attached {
					s.take(queued, progress.OriginStarted)
					time.Sleep(3 * time.Second)
					s.look(queued)
				}
				time.Sleep(time.Second)
				running.StartedAt = dbt.Time{Time: time.Now().Add(tc.ahead)}
				time.Sleep(2 * time.Second)
				if tc.attached {
					s.take(running, progress.OriginAttached)
				} else {
					s.look(running)
				}
				time.Sleep(58 * time.Second)
				s.look(running)
				if got := s.running(); got < tc.atLeast || got > tc.atMost {
					t.Errorf("it runs for %s, want from %s to %s", got, tc.atLeast, tc.atMost)
				}
			})
		})
	}
}
