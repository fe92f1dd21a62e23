package action_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestShortRefresh asserts that the end of a few short refreshes is noticed quickly, with few polls.
func TestShortRefresh(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name      string
		workbooks int
		duration  time.Duration
		maxPolls  int // of each job
		maxDelay  time.Duration
	}{
		{"one_instant_one", 1, 100 * time.Millisecond, 1, 300 * time.Millisecond},
		{"five_instant_ones", 5, 100 * time.Millisecond, 1, 300 * time.Millisecond},
		{"five_of_5s", 5, 5 * time.Second, 12, time.Second},
		{"six_instant_ones", 6, 100 * time.Millisecond, 0, time.Second}, // with the list of jobs
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario := scenarioWithWorkbooks(t, tc.workbooks)
			for i := range scenario.Tableau.Workbooks {
				scenario.Tableau.Workbooks[i].QueueTime, scenario.Tableau.Workbooks[i].Duration = 0, tc.duration
			}
			synctest.Test(t, func(t *testing.T) {
				step := execution{scenario: scenario}.run(t)
				if got := step.outputs["result"]; got != "success" {
					t.Fatalf("result is %s\n%s", got, step.log)
				}
				if _, polls := step.jobRequests(); polls > tc.maxPolls*tc.workbooks {
					t.Errorf("%d polls, want at most %d for each job", polls, tc.maxPolls)
				}
				if delay := maxReportDelay(t, step); delay > tc.maxDelay {
					t.Errorf("an end was reported %s late, want at most %s", delay, tc.maxDelay)
				}
			})
		})
	}
}
