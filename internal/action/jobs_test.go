package action_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// many is a site of so many workbooks, each of which takes a minute to refresh, ten at a time.
func many(t testing.TB, n int) sandbox.Scenario {
	t.Helper()
	scenario := success(t).Faster(1)
	pattern := scenario.Tableau.Workbooks[0]
	scenario.Tableau.Workbooks, scenario.Tableau.DataSources = nil, nil
	for i := range n {
		book := pattern
		book.LUID, book.Name, book.ContentURL = fmt.Sprintf("60b00c00-0000-4000-8000-%012d", i), fmt.Sprintf("Book %03d", i), fmt.Sprintf("book-%03d", i)
		book.QueueTime, book.Duration = 0, time.Minute
		scenario.Tableau.Workbooks = append(scenario.Tableau.Workbooks, book)
	}
	return scenario
}

// TestManyJobs counts what it takes to wait for 500 jobs, and how late the end of one is told.
func TestManyJobs(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("plays thousands of refreshes")
	}
	cases := []struct {
		name    string
		jobs    int
		mayList bool
		inputs  map[string]string
		// most are the requests to Tableau, latest is how late the end of a job may be told.
		most   int
		latest time.Duration
	}{
		{"listed", 500, true, nil, 1500, time.Minute},
		{"one_by_one", 500, false, nil, 5000, time.Minute},
		{"listed_at_a_fixed_interval", 100, true, map[string]string{"tableau-poll-interval": "30s"}, 300, 30 * time.Second},
		{"listed_ten_at_a_time", 500, true, map[string]string{"tableau-max-parallel": "10"}, 1500, 12 * time.Second},
		{"uneven_ten_at_a_time", 500, true, map[string]string{"tableau-max-parallel": "10"}, 1500, 30 * time.Second},
		{"one_by_one_ten_at_a_time", 500, false, map[string]string{"tableau-max-parallel": "10"}, 5000, 30 * time.Second},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario := many(t, tc.jobs)
				scenario.Tableau.MayListJobs = tc.mayList
				for i := range scenario.Tableau.Workbooks {
					if strings.HasPrefix(tc.name, "uneven") {
						scenario.Tableau.Workbooks[i].Duration = time.Duration(30+7*i%61) * time.Second
					}
				}
				g := &gauge{}
				done := play{scenario: scenario, inputs: tc.inputs, mount: before(g.server)}.run(t)
				if got := done.outputs["result"]; got != "success" {
					t.Errorf("result is %s", got)
				}
				if got := done.requests("tableau"); got > tc.most {
					t.Errorf("%d requests, want at most %d: %v", got, tc.most, done.operations())
				}
				if g.most > 10 {
					t.Errorf("%d requests in flight, want at most 10", g.most)
				}
				if late := lateness(t, done); late > tc.latest {
					t.Errorf("an end was told %s late, want at most %s", late, tc.latest)
				}
			})
		})
	}
}

// requests counts those to a service.
func (p played) requests(service string) int {
	n := 0
	for _, request := range p.box.Requests() {
		if request.Service == service {
			n++
		}
	}
	return n
}

// lateness is how long after the end of a job the log told it, at the most.
func lateness(t *testing.T, done played) time.Duration {
	t.Helper()
	told := map[string]time.Time{}
	for _, l := range done.lines {
		if _, text, ok := strings.Cut(l.text, `"Book `); ok {
			told[text[:3]] = l.at
		}
	}
	var latest time.Duration
	for _, job := range done.box.Jobs() {
		at, ok := told[job.Target[len(job.Target)-3:]]
		if !ok {
			t.Errorf("the end of %s was never told", job.Target)
		}
		latest = max(latest, at.Sub(job.Ended))
	}
	return latest
}
