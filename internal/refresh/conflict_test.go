package refresh

import (
	"net/http"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/sandbox"
)

// running is a refresh of someone else that started a minute ago and takes three more.
func running(item *sandbox.Item) {
	item.OtherRefreshes = []sandbox.OtherRefresh{{At: -time.Minute, Duration: 4 * time.Minute}}
}

// pending is a refresh of someone else that is queued for another minute.
func pending(item *sandbox.Item) {
	item.QueueTime = 2 * time.Minute
	item.OtherRefreshes = []sandbox.OtherRefresh{{At: -time.Minute}}
}

// noList is a site whose jobs the signed-in user may not list.
func noList(s *sandbox.Site) { s.MayListJobs = false }

func TestRun_conflict(t *testing.T) {
	runningBook := func(s *sandbox.Site) { running(&s.Workbooks[0]) }
	lost := func(acted bool) sandbox.Fault {
		return sandbox.Fault{Operation: "refresh-workbook", Kind: sandbox.Reset, Times: 1, Processed: acted}
	}
	fail, skip := Options{OnConflict: config.ConflictFail}, Options{OnConflict: config.ConflictSkip}
	runTests(t, []refreshTest{
		{
			name: "wait", targets: workbooks(1), site: runningBook, wantJobs: 1,
			want: []string{"Book 0: success"}, wantText: `"Book 0": a refresh that began before what it reads was ready is waited out`,
			check: checkStarts(2), // one that is rejected, and one after the other refresh
		},
		{
			name: "wait_without_list", targets: workbooks(1), site: func(s *sandbox.Site) { runningBook(s); noList(s) }, wantJobs: 1,
			want: []string{"Book 0: success"}, check: checkStarts(7), // after 0 s, 5 s, 15 s, 35 s, 75 s, 155 s, and 315 s
		},
		{
			// It counts as ended but is still in progress. Starts after 0 s, 1 s, 6 s, 16 s, 36 s, 76 s, 156 s, and 316 s.
			name: "wait_for_one_that_can_not_be_queried", targets: workbooks(1), site: runningBook, front: refusing("/jobs/", 2, 2, http.StatusBadRequest), wantJobs: 1,
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
			want: []string{"Book 0: success"}, wantText: `"Book 0": a refresh that is queued already will read what dbt built: it counts as ours`,
		},
		{
			name: "adopt_and_not_wait", targets: workbooks(1), site: func(s *sandbox.Site) { pending(&s.Workbooks[0]) }, noWait: true,
			want: []string{"Book 0: started"}, wantText: "it counts as ours",
		},
		{name: "response_lost", targets: workbooks(1), fault: lost(true), options: fail, want: []string{"Book 0: success"}, wantJobs: 1},
		{name: "request_lost", targets: workbooks(1), fault: lost(false), options: fail, want: []string{"Book 0: success"}, wantJobs: 1},
		{
			// The second start meets the first one, which may be its own: it is waited for whatever the policy is.
			name: "response_lost_without_list", targets: workbooks(1), fault: lost(true), site: noList, options: fail, want: []string{"Book 0: success"}, wantJobs: 2,
		},
		{
			// The job does not show in the list in time, so that the start is sent again. It began within the second of Run's begin.
			name: "response_lost_and_list_late", targets: workbooks(1), fault: lost(true), front: hidingJobs(18 * time.Second), options: fail,
			want: []string{"Book 0: success"}, wantText: "it counts as ours", wantJobs: 1,
		},
		{
			name: "tasks_of_one_item", targets: []Target{sourceTask(0), sourceTask(1)}, options: fail,
			want: []string{"Task 0: success", "Task 1: success"}, wantText: "it counts as ours", wantJobs: 1,
			site: func(s *sandbox.Site) { s.DataSources[0].QueueTime = time.Minute },
		},
		{
			// The job of the first task is not taken for that of the second one.
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
