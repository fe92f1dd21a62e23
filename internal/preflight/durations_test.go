package preflight

import (
	"testing"
	"time"

	"dbt-tableau-refresh/internal/dbt"
)

// begin is the time that the tests count from.
func begin() time.Time { return time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) }

// TestMedian: only successful runs count, because a failed run can be short or hang.
func TestMedian(t *testing.T) {
	t.Parallel()

	run := func(status dbt.Status, minutes int) dbt.Run {
		return dbt.Run{Status: status, StartedAt: dbt.Time{Time: begin()}, FinishedAt: dbt.Time{Time: begin().Add(time.Duration(minutes) * time.Minute)}}
	}
	unstarted := run(dbt.Success, 5)
	unstarted.StartedAt = dbt.Time{}
	cases := []struct {
		name string
		runs []dbt.Run
		want time.Duration
	}{
		{"none", nil, 0},
		{"one", []dbt.Run{run(dbt.Success, 7)}, 7 * time.Minute},
		{"odd", []dbt.Run{run(dbt.Success, 9), run(dbt.Success, 1), run(dbt.Success, 5)}, 5 * time.Minute},
		{"outlier", []dbt.Run{run(dbt.Success, 5), run(dbt.Success, 600), run(dbt.Success, 6), run(dbt.Success, 4), run(dbt.Success, 5)}, 5 * time.Minute},
		{"others_do_not_count", []dbt.Run{run(dbt.Error, 1), run(dbt.Cancelled, 2), run(dbt.Running, 3), run(dbt.Success, 9)}, 9 * time.Minute},
		{"times_that_are_missing_or_wrong", []dbt.Run{unstarted, run(dbt.Success, -3), run(dbt.Success, 0)}, 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := median(durations(tc.runs)); got != tc.want {
				t.Errorf("median() = %s, want %s", got, tc.want)
			}
		})
	}
}
