package action_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestJobList_inaccurate waits for thirty jobs with an inaccurate job list: the result of each job is still correct.
func TestJobList_inaccurate(t *testing.T) {
	t.Parallel()
	const seventh = `<pagination .*</pagination>|<backgroundJob [^>]*-000000000007"[^>]*>(</backgroundJob>)?`
	cases := []struct {
		name  string
		wrap  func(http.Handler) http.Handler
		fault *sandbox.Fault
		// maxDelay is the maximum time between the end of a job and its report.
		maxDelay time.Duration
		// maxLists and maxPolls limit the requests for the list and for single jobs.
		maxLists, maxPolls int
	}{
		{name: "accurate", maxDelay: 36 * time.Second, maxLists: 30, maxPolls: 0},
		{name: "delayed", wrap: delayJobList(t, 40*time.Second), maxDelay: 2 * time.Minute, maxLists: 40, maxPolls: 50},
		{name: "one_job_missing", wrap: replaceInJobList(t, seventh, ""), maxDelay: 36 * time.Second, maxLists: 30, maxPolls: 20},
		{name: "empty", wrap: replaceInJobList(t, `(?s)<backgroundJobs>.*</backgroundJobs>`, "<backgroundJobs/>"), maxDelay: time.Minute, maxLists: 30, maxPolls: 300},
		{name: "always_in_progress", wrap: replaceInJobList(t, `status="Success"`, `status="InProgress"`), maxDelay: 31 * time.Minute, maxLists: 70, maxPolls: 40},
		{name: "unknown_status", wrap: replaceInJobList(t, `status="InProgress"`, `status="Suspended"`), maxDelay: 36 * time.Second, maxLists: 30, maxPolls: 300},
		{name: "no_end_times", wrap: replaceInJobList(t, `endedAt="[^"]*"`, ""), maxDelay: 36 * time.Second, maxLists: 30, maxPolls: 40},
		{name: "uppercase_ids", wrap: replaceInJobList(t, `7e57ab1e`, `7E57AB1E`), maxDelay: 36 * time.Second, maxLists: 30, maxPolls: 0},
		{
			name: "forbidden_after_ten", maxDelay: time.Minute, maxLists: 11, maxPolls: 300,
			wrap: editJobList(func(number int, body string) (int, string) {
				if number > 10 {
					return http.StatusForbidden, forbiddenResponse
				}
				return http.StatusOK, body
			}),
		},
		{
			name: "temporary_outage", maxDelay: 2 * time.Minute, maxLists: 40, maxPolls: 300,
			fault: &sandbox.Fault{Service: "tableau", Operation: "list-jobs", Kind: sandbox.BadGateway, For: 3 * time.Minute},
		},
		{
			name: "session_expired", maxDelay: 36 * time.Second, maxLists: 31, maxPolls: 0,
			fault: &sandbox.Fault{Service: "tableau", Operation: "list-jobs", Kind: sandbox.Unauthorized, Times: 1},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := execution{services: sandbox.New(scenarioWithWorkbooks(t, 30))}
				if tc.wrap != nil {
					e.mount = replaceTableau(func(tableau http.Handler) *http.Server { return &http.Server{Handler: tc.wrap(tableau)} })
				}
				if tc.fault != nil {
					e.services.AddFault(*tc.fault)
				}
				step := e.run(t)
				if got := step.outputs["result"]; got != "success" {
					t.Errorf("result is %s", got)
				}
				if delay := maxReportDelay(t, step); delay > tc.maxDelay {
					t.Errorf("an end was reported %s late, want at most %s", delay, tc.maxDelay)
				}
				if lists, polls := step.jobRequests(); lists > tc.maxLists || polls > tc.maxPolls {
					t.Errorf("%d lists and %d polls, want at most %d and %d", lists, polls, tc.maxLists, tc.maxPolls)
				}
				if t.Failed() {
					t.Log(step.log)
				}
			})
		})
	}
}

// jobRequests counts the requests for the list of Tableau jobs, and for single jobs.
func (o outcome) jobRequests() (lists, polls int) {
	for _, request := range o.services.Requests() {
		switch request.Service + " " + request.Operation {
		case "tableau list-jobs":
			lists++
		case "tableau get-job":
			polls++
		}
	}
	return lists, polls
}

// TestJobList_faults asserts that a permanent fault of the job list does not change the results: the list only saves
// requests. There is one kind for each class; see TestFaults.
func TestJobList_faults(t *testing.T) {
	t.Parallel()
	for _, class := range faultClasses {
		kind := class[0]
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				services := sandbox.New(scenarioWithWorkbooks(t, 30))
				services.AddFault(sandbox.Fault{Service: "tableau", Operation: "list-jobs", Kind: kind})
				step := execution{services: services, inputs: map[string]string{"timeout": "2h"}}.run(t)
				want := "success"
				if kind == sandbox.Unauthorized {
					want = "error"
				}
				if got := step.outputs["result"]; got != want {
					t.Errorf("result is %s, want %s\n%s", got, want, step.log)
				}
				if got := len(services.Jobs()); got != 30 {
					t.Errorf("%d refreshes were made, want 30", got)
				}
			})
		})
	}
}

// TestJobList_outcomes asserts that each outcome of a job is reported, whether by the list or by the job itself.
func TestJobList_outcomes(t *testing.T) {
	t.Parallel()
	changeWorkbooks := func(change func(i int, item *sandbox.Item)) func(*sandbox.Scenario) {
		return func(s *sandbox.Scenario) {
			s.Tableau = scenarioWithWorkbooks(t, 12).Tableau
			for i := range s.Tableau.Workbooks {
				change(i, &s.Tableau.Workbooks[i])
			}
		}
	}
	targets := func(status string) []string {
		var want []string
		for i := range 12 {
			want = append(want, fmt.Sprintf("workbook Book %03d: %s", i, status))
		}
		return want
	}
	failed := sandbox.Refresh{Finish: sandbox.FinishFailed, Notes: "the warehouse is closed"}
	runTests(t, []scenarioTest{
		{
			name: "failed", scenario: "success", want: "refresh-failed", wantTargets: targets("failed"), wantLog: []string{"the warehouse is closed"},
			change: changeWorkbooks(func(_ int, item *sandbox.Item) { item.Refreshes = []sandbox.Refresh{failed} }),
			check: func(t *testing.T, step outcome) {
				if _, polls := step.jobRequests(); polls < 12 || polls > 20 {
					t.Errorf("%d requests for 12 jobs that failed", polls)
				}
			},
		},
		{
			name: "cancelled", scenario: "success", want: "refresh-failed", wantTargets: targets("cancelled"), wantLog: []string{"quota"},
			change: changeWorkbooks(func(_ int, item *sandbox.Item) {
				item.Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishCancelled, Notes: "quota"}}
			}),
		},
		{
			name: "failed_once", scenario: "success", want: "success", wantTargets: targets("success"), inputs: map[string]string{"tableau-retries": "1"},
			change:       changeWorkbooks(func(_ int, item *sandbox.Item) { item.Refreshes = []sandbox.Refresh{failed, {}} }),
			wantRequests: map[string]int{"refresh-workbook": 24},
		},
		{
			name: "by_bridge", scenario: "success", want: "success", wantTargets: targets("success"), wantNoLog: []string{"handed to Tableau Bridge"},
			change: changeWorkbooks(func(_ int, item *sandbox.Item) { item.Bridge = true }),
		},
		{
			name: "unqueryable", scenario: "success", want: "success", wantTargets: targets("success"),
			change: changeWorkbooks(func(_ int, item *sandbox.Item) { item.Unqueryable = true }),
		},
		{
			name: "unqueryable_and_failed", scenario: "success", want: "refresh-failed", wantTargets: targets("failed"), wantLog: []string{"Tableau returned no reason"},
			change: changeWorkbooks(func(_ int, item *sandbox.Item) {
				item.Unqueryable, item.Refreshes = true, []sandbox.Refresh{{Finish: sandbox.FinishFailed}}
			}),
		},
		{
			name: "other_refreshes", scenario: "success", want: "success", wantTargets: targets("success"), wantLog: []string{"an earlier refresh is running"},
			change: changeWorkbooks(func(_ int, item *sandbox.Item) {
				item.OtherRefreshes = []sandbox.OtherRefresh{{At: 3 * time.Minute, Duration: 10 * time.Minute}}
			}),
			check: func(t *testing.T, step outcome) {
				// Ten were already running. Two were queued, and count as the step's own.
				if got := len(step.services.Jobs()); got != 10 {
					t.Errorf("%d refreshes were made, want 10", got)
				}
				if lists, polls := step.jobRequests(); lists+polls > 130 {
					t.Errorf("%d lists and %d polls to wait for ten jobs", lists, polls)
				}
			},
		},
		{
			name: "waits_for_data_sources_only", scenario: "data-sources-first", want: "started", inputs: map[string]string{"tableau-wait": "false"},
			check: func(t *testing.T, step outcome) {
				if lists, polls := step.jobRequests(); lists > 0 || polls == 0 {
					t.Errorf("%d lists and %d polls, want only polls", lists, polls)
				}
			},
		},
	})
}
