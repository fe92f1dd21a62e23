package refresh

import (
	"net/http"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/sandbox"
)

// running adds a refresh by another user that started a minute ago and takes three more minutes.
func running(item *sandbox.Item) {
	item.OtherRefreshes = []sandbox.OtherRefresh{{At: -time.Minute, Duration: 4 * time.Minute}}
}

// pending adds a refresh by another user that stays queued for another minute.
func pending(item *sandbox.Item) {
	item.QueueTime = 2 * time.Minute
	item.OtherRefreshes = []sandbox.OtherRefresh{{At: -time.Minute}}
}

// noList prevents the signed-in user from listing jobs.
func noList(s *sandbox.Site) { s.MayListJobs = false }

func TestRun_conflict(t *testing.T) {
	runningBook := func(s *sandbox.Site) { running(&s.Workbooks[0]) }
	lost := func(processed bool) sandbox.Fault {
		return sandbox.Fault{Operation: "refresh-workbook", Kind: sandbox.Reset, Times: 1, Processed: processed}
	}
	fail, skip := Options{OnConflict: config.ConflictFail}, Options{OnConflict: config.ConflictSkip}
	runTests(t, []refreshTest{
		{
			name: "wait", targets: workbooks(1), site: runningBook, wantJobs: 1,
			want: []string{"Book 0: success"}, wantText: `"Book 0": an earlier refresh is running; waiting, then refreshing again`,
			check: checkStarts(2), // one is rejected, and one follows the other refresh
		},
		{
			name: "wait_without_list", targets: workbooks(1), site: func(s *sandbox.Site) { runningBook(s); noList(s) }, wantJobs: 1,
			want: []string{"Book 0: success"}, check: checkStarts(7), // after 0 s, 5 s, 15 s, 35 s, 75 s, 155 s, and 315 s
		},
		{
			// The other job counts as ended, but is still in progress. Starts after 0 s, 1 s, 6 s, 16 s, 36 s, 76 s, 156 s, and 316 s.
			name: "wait_for_job_that_can_not_be_queried", targets: workbooks(1), site: runningBook, front: refusing("/jobs/", 2, 2, http.StatusBadRequest), wantJobs: 1,
			want: []string{"Book 0: success"}, check: checkStarts(8),
		},
		{
			name: "wait_and_query_fails", targets: workbooks(1), site: runningBook, front: refusing("/jobs/", 2, 1000, http.StatusBadGateway),
			want: []string{"Book 0: not-started"}, wantErr: "502",
		},
		{name: "wait_and_list_fails", targets: workbooks(1), site: runningBook, want: []string{"Book 0: not-started"}, wantErr: "502",
			fault: sandbox.Fault{Operation: "list-jobs", Kind: sandbox.BadGateway}},
		{
			name: "other_refresh_ends_before_the_search", targets: workbooks(1), front: slow(time.Second), want: []string{"Book 0: success"}, wantJobs: 1,
			site: func(s *sandbox.Site) {
				s.Workbooks[0].OtherRefreshes = []sandbox.OtherRefresh{{At: -time.Minute, Duration: time.Minute + 500*time.Millisecond}}
			},
		},
		{name: "skip", targets: workbooks(1), site: runningBook, options: skip, want: []string{"Book 0: skipped"}, wantText: "already queued"},
		{name: "fail", targets: workbooks(1), site: runningBook, options: fail, want: []string{"Book 0: failed"}, wantErr: "1 of 1", wantText: "already queued"},
		{
			name: "adopt", targets: workbooks(1), site: func(s *sandbox.Site) { pending(&s.Workbooks[0]) },
			want: []string{"Book 0: success"}, wantText: `"Book 0": already queued and starts after dbt finished; using that refresh`,
		},
		{
			name: "adopt_and_not_wait", targets: workbooks(1), site: func(s *sandbox.Site) { pending(&s.Workbooks[0]) }, noWait: true,
			want: []string{"Book 0: started"}, wantText: "using that refresh",
		},
		{name: "response_lost", targets: workbooks(1), fault: lost(true), options: fail, want: []string{"Book 0: success"}, wantJobs: 1},
		{name: "request_lost", targets: workbooks(1), fault: lost(false), options: fail, want: []string{"Book 0: success"}, wantJobs: 1},
		{
			// The second start conflicts with the first one, which might be its own, so it waits regardless of the policy.
			name: "response_lost_without_list", targets: workbooks(1), fault: lost(true), site: noList, options: fail, want: []string{"Book 0: success"}, wantJobs: 2,
		},
		{
			// The job appears in the list too late, so the start is sent again. The job started in the same second as Run.
			name: "response_lost_and_list_late", targets: workbooks(1), fault: lost(true), front: hidingJobs(18 * time.Second), options: fail,
			want: []string{"Book 0: success"}, wantText: "using that refresh", wantJobs: 1,
		},
		{
			name: "tasks_of_one_item", targets: []Target{sourceTask(0), sourceTask(1)}, options: fail,
			want: []string{"Task 0: success", "Task 1: success"}, wantText: "using that refresh", wantJobs: 1,
			site: func(s *sandbox.Site) { s.DataSources[0].QueueTime = time.Minute },
		},
		{
			// The job of the first task is not adopted by the second task.
			name: "tasks_of_one_item_and_response_lost", targets: []Target{sourceTask(0), sourceTask(1)}, front: refusing("/runNow", 2, 2, http.StatusGatewayTimeout),
			site: func(s *sandbox.Site) { s.DataSources[0].Duration = 0 }, want: []string{"Task 0: success", "Task 1: success"}, wantJobs: 2,
		},
		{
			name: "another_refresh_before_the_retry", targets: []Target{sourceTask(0)}, options: Options{OnConflict: config.ConflictSkip, Retries: 1},
			site: func(s *sandbox.Site) {
				s.DataSources[0].Refreshes = []sandbox.Refresh{failed}
				s.DataSources[0].OtherRefreshes = []sandbox.OtherRefresh{{At: time.Minute + 500*time.Millisecond}}
			},
			want: []string{"Task 0: skipped"}, wantText: "already queued", wantJobs: 1,
		},
		{
			name: "tasks_of_one_item_and_another_refresh", targets: []Target{sourceTask(0), sourceTask(1)}, options: skip,
			want: []string{"Task 0: skipped", "Task 1: skipped"}, site: func(s *sandbox.Site) { running(&s.DataSources[0]) },
		},
	})
}
