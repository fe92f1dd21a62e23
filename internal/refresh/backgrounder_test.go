package refresh

import (
	"fmt"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/tableau"
)

// backgrounder simulates a Tableau site that runs jobs in their order, several at a time.
type backgrounder struct {
	ends []time.Time // of the jobs
}

func newBackgrounder(n, slots int, takes time.Duration) backgrounder {
	var b backgrounder
	for i := range n {
		b.ends = append(b.ends, beganAt.Add(time.Duration(i/slots+1)*takes))
	}
	return b
}

func (b backgrounder) list(now time.Time) map[string]tableau.ListedJob {
	rows := map[string]tableau.ListedJob{}
	for i := range b.ends {
		row := tableau.ListedJob{Conclusive: true}
		if !now.Before(b.ends[i]) {
			row.Job = tableau.Job{FinishCode: "0", CompletedAt: tableau.Time{Time: b.ends[i]}}
		}
		rows[fmt.Sprintf("job-%d", i)] = row
	}
	return rows
}

// pollAll polls all jobs of a backgrounder to their ends. It returns the number of requests, and the longest time between the end
// of a job and the poll that noticed it.
func (b backgrounder) pollAll(p *poller) (requests int, latest time.Duration) {
	for now := beganAt; len(p.jobs) > 0; {
		due, next := p.takeDue(now)
		if len(due) == 0 {
			now = next
		}
		for ; len(due) > 0; due = due[1:] {
			requests++
			results := []callResult{{call: due[0]}}
			if due[0].kind == callListJobs {
				var queries []call
				p.listInFlight = false
				results, queries = p.read(b.list(now), now)
				due = append(due, queries...)
			}
			for _, r := range results {
				end := b.ends[r.target.index]
				if p.polled(r.target, !now.Before(end)); !now.Before(end) {
					latest = max(latest, now.Sub(end))
				}
			}
		}
	}
	return requests, latest
}

var pollCases = []struct {
	name    string
	jobs    int
	takes   time.Duration
	canList bool
	// maxRequests limits the number of requests, and maxLate how late an end is noticed.
	maxRequests int
	maxLate     time.Duration
}{
	{"one_short", 1, 5 * time.Second, true, 12, time.Second},
	{"one", 1, time.Minute, true, 22, 12 * time.Second},
	{"few_listed", 20, time.Minute, true, 30, 24 * time.Second},
	{"few_queried", 20, time.Minute, false, 450, 24 * time.Second},
	{"many_listed", 500, time.Minute, true, 300, time.Minute},
	{"many_queried", 500, time.Minute, false, 4480, time.Minute},
	{"long_ones_listed", 100, time.Hour, true, 2_000, time.Minute},
	{"long_ones_queried", 100, time.Hour, false, 26_000, time.Minute},
}

// TestPoller checks how many requests polling takes, and how late an end is noticed.
func TestPoller(t *testing.T) {
	t.Parallel()
	for _, tc := range pollCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := pollerOf(tc.jobs)
			if !tc.canList {
				p.pauseList(tableau.ErrJobListDenied, beganAt)
			}
			requests, latest := newBackgrounder(tc.jobs, 10, tc.takes).pollAll(p)
			if requests > tc.maxRequests {
				t.Errorf("%d requests, want at most %d", requests, tc.maxRequests)
			}
			if latest > tc.maxLate {
				t.Errorf("an end was noticed %s late, want at most %s", latest, tc.maxLate)
			}
		})
	}
}

// BenchmarkPoller reports how many requests polling takes, and how late an end is noticed.
func BenchmarkPoller(b *testing.B) {
	for _, bc := range pollCases {
		b.Run(bc.name, func(b *testing.B) {
			var requests int
			var latest time.Duration
			for b.Loop() {
				p := pollerOf(bc.jobs)
				if !bc.canList {
					p.pauseList(tableau.ErrJobListDenied, beganAt)
				}
				requests, latest = newBackgrounder(bc.jobs, 10, bc.takes).pollAll(p)
			}
			b.ReportMetric(float64(requests), "requests")
			b.ReportMetric(latest.Seconds(), "s_worst_notice")
		})
	}
}
