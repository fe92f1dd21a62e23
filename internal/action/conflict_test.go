package action_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestConflicts starts a refresh of the first workbook, at 3m52s, while another one is queued or running.
func TestConflicts(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		// other is a refresh that the step did not start, if any.
		other      *sandbox.OtherRefresh
		queue      time.Duration // queue time of all refreshes of the workbook
		policy     string
		mayList    bool
		fault      *sandbox.Fault
		wantResult string
		wantStatus string
		// wantOwn is how many refreshes of the workbook the step starts.
		wantOwn int
	}{
		{"wait_for_running", runningRefresh(), time.Second, "", true, nil, "success", "success", 1},
		{"wait_for_running_without_the_list", runningRefresh(), time.Second, "", false, nil, "success", "success", 1},
		{"adopt_queued", queuedRefresh(), time.Minute, "", true, nil, "success", "success", 0},
		{"wait_for_queued_without_the_list", queuedRefresh(), time.Minute, "", false, nil, "success", "success", 1},
		{"skip_running", runningRefresh(), time.Second, "skip", true, nil, "success", "skipped", 0},
		{"skip_queued", queuedRefresh(), time.Minute, "skip", false, nil, "success", "skipped", 0},
		{"fail_on_running", runningRefresh(), time.Second, "fail", true, nil, "refresh-failed", "failed", 0},
		// A start whose response is lost is found in the list. Without the list, the second start conflicts with the first,
		// regardless of tableau-on-conflict.
		{"lost_response_processed", nil, time.Second, "fail", true, lostResponse(true), "success", "success", 1},
		{"lost_response_not_processed", nil, time.Second, "fail", true, lostResponse(false), "success", "success", 1},
		{"lost_response_processed_without_the_list", nil, time.Second, "fail", false, lostResponse(true), "success", "success", 2},
		{"lost_response_not_processed_without_the_list", nil, time.Second, "skip", false, lostResponse(false), "success", "success", 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario := successScenario(t)
				scenario.Tableau.MayListJobs = tc.mayList
				book := &scenario.Tableau.Workbooks[0]
				if tc.other != nil {
					book.OtherRefreshes = []sandbox.OtherRefresh{*tc.other}
					book.QueueTime = tc.queue
				}
				services := sandbox.New(scenario)
				if tc.fault != nil {
					services.AddFault(*tc.fault)
				}
				begin := time.Now()
				step := execution{services: services, inputs: map[string]string{"tableau-workbooks": book.LUID, "tableau-datasources": "", "tableau-on-conflict": tc.policy}}.run(t)
				if got := step.outputs["result"]; got != tc.wantResult {
					t.Errorf("result is %s, want %s", got, tc.wantResult)
				}
				if want := `"status":"` + tc.wantStatus + `"`; !strings.Contains(step.outputs["refreshes"], want) {
					t.Errorf("refreshes %s do not contain %s", step.outputs["refreshes"], want)
				}
				if got := len(services.Jobs()); got != tc.wantOwn {
					t.Errorf("%d refreshes were made, want %d", got, tc.wantOwn)
				}
				for _, job := range services.Jobs() {
					if job.Started.Sub(begin) < 3*time.Minute+52*time.Second {
						t.Errorf("a refresh of the step ran before dbt finished")
					}
				}
				if t.Failed() {
					t.Log(step.log)
				}
			})
		})
	}
}

func runningRefresh() *sandbox.OtherRefresh {
	return &sandbox.OtherRefresh{At: 3 * time.Minute, Duration: 3 * time.Minute}
}

// queuedRefresh is a refresh that starts to run half a minute after the end of dbt.
func queuedRefresh() *sandbox.OtherRefresh {
	return &sandbox.OtherRefresh{At: 3*time.Minute + 20*time.Second, Duration: time.Minute}
}

func lostResponse(processed bool) *sandbox.Fault {
	return &sandbox.Fault{Service: "tableau", Operation: "refresh-workbook", Kind: sandbox.Reset, Times: 1, Processed: processed}
}
