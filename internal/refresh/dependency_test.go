package refresh

import (
	"testing"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/sandbox"
)

func TestRun_dependencies(t *testing.T) {
	skip := Options{OnConflict: config.ConflictSkip}
	failedSource := func(s *sandbox.Site) { s.DataSources[0].Refreshes = []sandbox.Refresh{failed} }
	const blocked = `not refreshed, because its data source "Source 0" was not refreshed (status: failed)`
	runTests(t, []refreshTest{
		{
			name: "sources_first", targets: []Target{workbook(0, 0, 1), source(0), source(1), workbook(1)}, wantJobs: 4, check: checkOrder,
			want: []string{"Book 0: success", "Source 0: success", "Source 1: success", "Book 1: success"},
		},
		{
			name: "tasks_first", targets: []Target{workbook(0, 0), sourceTask(0), sourceTask(1)}, options: Options{MaxParallel: 1}, wantJobs: 3, check: checkOrder,
			want: []string{"Book 0: success", "Task 0: success", "Task 1: success"},
		},
		{name: "source_is_not_a_target", targets: []Target{workbook(0, 0)}, want: []string{"Book 0: success"}, wantJobs: 1},
		{
			name: "wait_only_for_sources", targets: []Target{workbook(0, 0), source(0), source(1)}, noWait: true, wantJobs: 3, check: checkOrder,
			want: []string{"Book 0: started", "Source 0: success", "Source 1: started"},
		},
		{
			name: "source_failed", targets: []Target{workbook(0, 0, 1), source(0), source(1)}, site: failedSource, wantJobs: 2,
			want: []string{"Book 0: not-started", "Source 0: failed", "Source 1: success"}, wantErr: "2 of 3", wantText: blocked,
		},
		{
			name: "source_failed_without_wait", targets: []Target{workbook(0, 0), source(0)}, site: failedSource, noWait: true, wantJobs: 1,
			want: []string{"Book 0: not-started", "Source 0: failed"}, wantErr: "2 of 2", wantText: blocked,
		},
		{
			name: "source_failed_before", targets: []Target{workbook(0, 0), ended(source(0))},
			want: []string{"Book 0: not-started", "Source 0: failed"}, wantErr: "2 of 2", wantText: blocked,
		},
		{
			name: "both_sources_failed", targets: []Target{workbook(0, 0, 1), source(0), source(1)}, wantJobs: 2,
			site: func(s *sandbox.Site) {
				failedSource(s)
				s.DataSources[1].Refreshes, s.DataSources[1].Duration = []sandbox.Refresh{failed}, 2*time.Minute
			},
			want: []string{"Book 0: not-started", "Source 0: failed", "Source 1: failed"}, wantErr: "3 of 3", wantText: blocked,
		},
		{
			name: "source_skipped_before", targets: []Target{workbook(1), skipped(source(0)), workbook(0, 0)}, options: Options{MaxParallel: 1}, wantJobs: 2,
			want: []string{"Book 1: success", "Source 0: skipped", "Book 0: success"},
			check: func(t *testing.T, box *sandbox.Sandbox) {
				if box.Jobs()[0].Target != workbookLUID(1) {
					t.Error("the second workbook was started first")
				}
			},
		},
		{
			name: "source_retried", targets: []Target{workbook(0, 0), source(0)}, options: Options{Retries: 1}, wantJobs: 3, check: checkOrder,
			site: func(s *sandbox.Site) { s.DataSources[0].Refreshes = []sandbox.Refresh{failed, {}} },
			want: []string{"Book 0: success", "Source 0: success"},
		},
		{
			name: "source_skipped_after_a_conflict", targets: []Target{workbook(0, 0), source(0)}, options: skip, wantJobs: 1,
			site: func(s *sandbox.Site) { running(&s.DataSources[0]) }, want: []string{"Book 0: success", "Source 0: skipped"},
			wantText: `"Book 0" might show old data: its data source "Source 0" was skipped`,
		},
		{
			name: "source_without_extract", targets: []Target{workbook(0, 0), source(0)}, wantJobs: 1,
			site: func(s *sandbox.Site) { s.DataSources[0].Live = true }, want: []string{"Book 0: success", "Source 0: skipped"},
		},
		{
			// The other refresh starts after Run, but before the workbook's data source is up to date.
			name: "another_refresh_before_the_source_ended", targets: []Target{workbook(0, 0), source(0)}, wantJobs: 2, check: checkOrder,
			site: func(s *sandbox.Site) {
				s.Workbooks[0].OtherRefreshes = []sandbox.OtherRefresh{{At: 30 * time.Second, Duration: 5 * time.Minute}}
			},
			want: []string{"Book 0: success", "Source 0: success"}, wantText: `"Book 0": an earlier refresh is running; waiting, then refreshing again`,
		},
		{
			// The other refresh starts after the data source has ended, but before a poll notices that.
			name: "another_refresh_after_the_source_ended", targets: []Target{workbook(0, 0), source(0)}, options: Options{PollInterval: 50 * time.Second},
			site: func(s *sandbox.Site) { s.Workbooks[0].OtherRefreshes = []sandbox.OtherRefresh{{At: 80 * time.Second}} },
			want: []string{"Book 0: success", "Source 0: success"}, wantText: `"Book 0": already queued and starts after dbt finished`, wantJobs: 1,
		},
		{
			name: "waiting_for_a_blocked_target", targets: []Target{after(source(1), 0), workbook(0, 1), ended(source(0))},
			want: []string{"Source 1: not-started", "Book 0: not-started", "Source 0: failed"}, wantErr: "3 of 3",
		},
		{
			name: "timeout", targets: []Target{workbook(0, 0), source(0), source(1)}, noWait: true, timeout: 30 * time.Second, wantJobs: 2,
			want: []string{"Book 0: not-started", "Source 0: timed-out", "Source 1: started"}, wantErr: "tableau-timeout",
		},
	})
}

func after(target Target, source int) Target {
	target.After = []string{sourceLUID(source)}
	return target
}

// checkOrder checks that the first workbook starts after the refreshes of the first data source have ended.
func checkOrder(t *testing.T, box *sandbox.Sandbox) {
	t.Helper()
	var sourceEnded, bookCreated time.Time
	for _, job := range box.Jobs() {
		switch job.Target {
		case sourceLUID(0):
			sourceEnded = later(sourceEnded, job.Ended)
		case workbookLUID(0):
			bookCreated = job.Created
		}
	}
	if sourceEnded.IsZero() || bookCreated.Before(sourceEnded) {
		t.Errorf("the workbook was started at %s, the data source ended at %s", bookCreated, sourceEnded)
	}
}
