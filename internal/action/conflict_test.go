package action_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestConflicts is a refresh of the first workbook that is queued or running already when ours is due, at 3m52s.
func TestConflicts(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		// other is the refresh that is not ours, if any.
		other      *sandbox.OtherRefresh
		queue      time.Duration // of all refreshes of the workbook
		policy     string
		mayList    bool
		fault      *sandbox.Fault
		wantResult string
		wantStatus string
		// wantOurs is how many refreshes of the workbook were made by the step.
		wantOurs int
	}{
		{"running_waited_out", running(), time.Second, "", true, nil, "success", "success", 1},
		{"running_waited_out_without_the_list", running(), time.Second, "", false, nil, "success", "success", 1},
		{"queued_is_adopted", queued(), time.Minute, "", true, nil, "success", "success", 0},
		{"queued_is_outlasted_without_the_list", queued(), time.Minute, "", false, nil, "success", "success", 1},
		{"running_skip", running(), time.Second, "skip", true, nil, "success", "skipped", 0},
		{"queued_skip", queued(), time.Minute, "skip", false, nil, "success", "skipped", 0},
		{"running_fail", running(), time.Second, "fail", true, nil, "refresh-failed", "failed", 0},
		// A lost answer is found in the list; without it, the second start meets the first one, whatever the policy says.
		{"lost_and_acted", nil, time.Second, "fail", true, lost(true), "success", "success", 1},
		{"lost_and_not_acted", nil, time.Second, "fail", true, lost(false), "success", "success", 1},
		{"lost_and_acted_without_the_list", nil, time.Second, "fail", false, lost(true), "success", "success", 2},
		{"lost_and_not_acted_without_the_list", nil, time.Second, "skip", false, lost(false), "success", "success", 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario := success(t)
				scenario.Tableau.MayListJobs = tc.mayList
				book := &scenario.Tableau.Workbooks[0]
				if tc.other != nil {
					book.OtherRefreshes = []sandbox.OtherRefresh{*tc.other}
					book.QueueTime = tc.queue
				}
				box := sandbox.New(scenario)
				if tc.fault != nil {
					box.AddFault(*tc.fault)
				}
				begin := time.Now()
				done := play{box: box, inputs: map[string]string{"tableau-workbooks": book.LUID, "tableau-datasources": "", "tableau-on-conflict": tc.policy}}.run(t)
				if got := done.outputs["result"]; got != tc.wantResult {
					t.Errorf("result is %s, want %s", got, tc.wantResult)
				}
				if want := `"status":"` + tc.wantStatus + `"`; !strings.Contains(done.outputs["refreshes"], want) {
					t.Errorf("refreshes %s do not hold %s", done.outputs["refreshes"], want)
				}
				if got := len(box.Jobs()); got != tc.wantOurs {
					t.Errorf("%d refreshes were made, want %d", got, tc.wantOurs)
				}
				for _, job := range box.Jobs() {
					if job.Started.Sub(begin) < 3*time.Minute+52*time.Second {
						t.Errorf("a refresh of ours ran before dbt was done")
					}
				}
				if t.Failed() {
					t.Log(done.log)
				}
			})
		})
	}
}

func running() *sandbox.OtherRefresh {
	return &sandbox.OtherRefresh{At: 3 * time.Minute, Duration: 3 * time.Minute}
}

// queued is one that begins half a minute after dbt is done.
func queued() *sandbox.OtherRefresh {
	return &sandbox.OtherRefresh{At: 3*time.Minute + 20*time.Second, Duration: time.Minute}
}

func lost(acted bool) *sandbox.Fault {
	return &sandbox.Fault{Service: "tableau", Operation: "refresh-workbook", Kind: sandbox.Reset, Times: 1, Processed: acted}
}
