package action_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// scenarioWithWorkbooks is a site of n workbooks, each of which takes a minute to refresh, ten at a time.
func scenarioWithWorkbooks(t testing.TB, n int) sandbox.Scenario {
	t.Helper()
	scenario := successScenario(t).Faster(1)
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

// TestManyJobs counts the requests while waiting for 500 jobs, and measures the delay until the end of a job is reported.
func TestManyJobs(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("thousands of refreshes")
	}
	cases := []struct {
		name    string
		jobs    int
		mayList bool
		inputs  map[string]string
		// maxRequests limits the requests to Tableau; maxDelay limits the time until the end of a job is reported.
		maxRequests int
		maxDelay    time.Duration
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
				scenario := scenarioWithWorkbooks(t, tc.jobs)
				scenario.Tableau.MayListJobs = tc.mayList
				for i := range scenario.Tableau.Workbooks {
					if strings.HasPrefix(tc.name, "uneven") {
						scenario.Tableau.Workbooks[i].Duration = time.Duration(30+7*i%61) * time.Second
					}
				}
				slow := &slowTableau{}
				step := execution{scenario: scenario, inputs: tc.inputs, mount: replaceTableau(slow.server)}.run(t)
				if got := step.outputs["result"]; got != "success" {
					t.Errorf("result is %s", got)
				}
				if got := step.serviceRequests("tableau"); got > tc.maxRequests {
					t.Errorf("%d requests, want at most %d: %v", got, tc.maxRequests, step.requestCounts())
				}
				if slow.maxInFlight > 10 {
					t.Errorf("%d requests in flight, want at most 10", slow.maxInFlight)
				}
				if delay := maxReportDelay(t, step); delay > tc.maxDelay {
					t.Errorf("an end was reported %s late, want at most %s", delay, tc.maxDelay)
				}
			})
		})
	}
}

// serviceRequests counts the requests to a service.
func (o outcome) serviceRequests(service string) int {
	n := 0
	for _, request := range o.services.Requests() {
		if request.Service == service {
			n++
		}
	}
	return n
}

// maxReportDelay returns the longest time between the end of a job and its line in the log.
func maxReportDelay(t *testing.T, step outcome) time.Duration {
	t.Helper()
	reportedAt := map[string]time.Time{}
	for _, l := range step.logWrites {
		if _, text, ok := strings.Cut(l.text, `"Book `); ok {
			reportedAt[text[:3]] = l.at
		}
	}
	var longest time.Duration
	for _, job := range step.services.Jobs() {
		at, ok := reportedAt[job.Target[len(job.Target)-3:]]
		if !ok {
			t.Errorf("the end of %s was never reported", job.Target)
		}
		longest = max(longest, at.Sub(job.Ended))
	}
	return longest
}
