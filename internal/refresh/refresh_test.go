package refresh

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sandbox"
)

// refreshTest is a call of Run against the sandbox.
type refreshTest struct {
	name    string
	site    func(*sandbox.Site)
	fault   sandbox.Fault // of Tableau
	front   func(http.Handler) http.Handler
	targets []Target
	noWait  bool
	options Options
	timeout time.Duration
	// want are the rows, wantErr is a part of the error, wantText of what is noted, warned of, or in the rows.
	want              []string
	wantErr, wantText string
	// wantJobs is how many refreshes Run has started.
	wantJobs int
	check    func(t *testing.T, box *sandbox.Sandbox)
}

func runTests(t *testing.T, cases []refreshTest) {
	t.Helper()
	t.Parallel()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, tc.run)
		})
	}
}

func (tc refreshTest) run(t *testing.T) {
	scenario := newSite()
	if tc.site != nil {
		tc.site(&scenario.Tableau)
	}
	box := sandbox.New(scenario)
	client := serve(t, box, tc.front)
	if tc.fault.Kind != "" {
		tc.fault.Service = "tableau"
		box.Break(tc.fault)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if tc.timeout > 0 {
		ctx, cancel = limited(ctx, tc.timeout)
	}
	defer cancel()
	var recorded recorder
	tc.options.Wait, tc.options.Observer, tc.options.Warn = !tc.noWait, &recorded, recorded.warn
	err := Run(ctx, client, tc.targets, tc.options)
	if diff := cmp.Diff(tc.want, statuses(tc.targets)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if (err == nil) != (tc.wantErr == "") || err != nil && !strings.Contains(err.Error(), tc.wantErr) {
		t.Errorf("error is %v, want %q", err, tc.wantErr)
	}
	if text := recorded.text(tc.targets); !strings.Contains(text, tc.wantText) {
		t.Errorf("texts are\n%s\nwant %q", text, tc.wantText)
	}
	if got := len(box.Jobs()); got != tc.wantJobs {
		t.Errorf("%d refreshes were started, want %d", got, tc.wantJobs)
	}
	if tc.check != nil {
		tc.check(t, box)
	}
}

var failed = sandbox.Refresh{Finish: sandbox.FinishFailed, Notes: "the warehouse is closed"}

func TestRun(t *testing.T) {
	canceled := sandbox.Refresh{Finish: sandbox.FinishCancelled}
	runTests(t, []refreshTest{
		{
			name: "success", targets: []Target{workbook(0), source(0), sourceTask(1)}, wantJobs: 3,
			want: []string{"Book 0: success", "Source 0: success", "Task 1: success"},
		},
		{name: "no_wait", targets: workbooks(2), noWait: true, want: []string{"Book 0: started", "Book 1: started"}, wantJobs: 2},
		{
			name: "failed", targets: workbooks(2), site: func(s *sandbox.Site) { s.Workbooks[1].Refreshes = []sandbox.Refresh{failed} },
			want: []string{"Book 0: success", "Book 1: failed"}, wantErr: "1 of 2 refreshes did not succeed", wantText: "the warehouse is closed", wantJobs: 2,
		},
		{
			name: "canceled_is_not_retried", targets: workbooks(1), options: Options{Retries: 2},
			site: func(s *sandbox.Site) { s.Workbooks[0].Refreshes = []sandbox.Refresh{canceled} },
			want: []string{"Book 0: cancelled"}, wantErr: "1 of 1", wantJobs: 1,
		},
		{
			name: "retried", targets: workbooks(1), options: Options{Retries: 2},
			site: func(s *sandbox.Site) { s.Workbooks[0].Refreshes = []sandbox.Refresh{failed, {}} },
			want: []string{"Book 0: success"}, wantText: `"Book 0": started again, try 2 of 3`, wantJobs: 2,
		},
		{
			name: "retried_too_often", targets: workbooks(1), options: Options{Retries: 2},
			site: func(s *sandbox.Site) { s.Workbooks[0].Refreshes = []sandbox.Refresh{failed} },
			want: []string{"Book 0: failed"}, wantErr: "1 of 1", wantJobs: 3,
		},
		{
			name: "without_extract", targets: []Target{workbook(0), listed(workbook(1)), sourceTask(0)}, wantErr: "2 of 3",
			site: func(s *sandbox.Site) {
				s.Workbooks[0].Live, s.Workbooks[1].Live, s.DataSources[0].Live = true, true, true
			},
			want: []string{"Book 0: skipped", "Book 1: failed", "Task 0: failed"}, wantText: `"Book 0" is left out: it has no extract of its own`,
		},
		{
			name: "ended_before", targets: []Target{ended(workbook(0)), workbook(1)}, wantErr: "1 of 2",
			want: []string{"Book 0: failed", "Book 1: success"}, wantText: "not found", wantJobs: 1,
		},
		{
			name: "rejected", targets: workbooks(2), fault: sandbox.Fault{Operation: "refresh-workbook", Kind: sandbox.Forbidden, Times: 1},
			options: Options{MaxParallel: 1}, want: []string{"Book 0: failed", "Book 1: success"}, wantErr: "1 of 2", wantJobs: 1,
		},
		{
			name: "response_lost_and_never_found", targets: workbooks(1), fault: sandbox.Fault{Operation: "refresh-workbook", Kind: sandbox.Reset},
			want: []string{"Book 0: unknown"}, wantErr: "1 of 1", wantText: "is not known",
		},
		{
			name: "job_deleted", targets: workbooks(1), fault: sandbox.Fault{Operation: "get-job", Kind: sandbox.NotFound},
			want: []string{"Book 0: unknown"}, wantErr: "1 of 1", wantText: "404 Not Found", wantJobs: 1,
		},
		{
			name: "job_not_visible_yet", targets: workbooks(1), fault: sandbox.Fault{Operation: "get-job", Kind: sandbox.NotFound, For: 30 * time.Second},
			want: []string{"Book 0: success"}, wantJobs: 1,
		},
		{
			name: "session_lost", targets: workbooks(2), fault: sandbox.Fault{Operation: "get-job", Kind: sandbox.Unauthorized},
			want: []string{"Book 0: started", "Book 1: started"}, wantErr: "401", wantJobs: 2,
		},
		{
			name: "tableau_away_for_too_long", targets: workbooks(1), fault: sandbox.Fault{Operation: "get-job", Kind: sandbox.BadGateway},
			want: []string{"Book 0: started"}, wantErr: "502", wantJobs: 1,
		},
		{
			name: "timeout", targets: workbooks(2), options: Options{MaxParallel: 1}, timeout: 30 * time.Second,
			want: []string{"Book 0: timed-out", "Book 1: not-started"}, wantErr: "the limit tableau-timeout of 30s ran out", wantJobs: 1,
		},
		{
			name: "fixed_poll_interval", targets: workbooks(1), options: Options{PollInterval: 25 * time.Second}, want: []string{"Book 0: success"}, wantJobs: 1,
			check: func(t *testing.T, box *sandbox.Sandbox) {
				if n := requestCount(box, "get-job"); n != 3 {
					t.Errorf("%d polls in a minute at an interval of 25s, want 3", n)
				}
			},
		},
		{
			name: "max_parallel", targets: workbooks(5), options: Options{MaxParallel: 2}, wantJobs: 5,
			want:  []string{"Book 0: success", "Book 1: success", "Book 2: success", "Book 3: success", "Book 4: success"},
			check: func(t *testing.T, box *sandbox.Sandbox) { checkParallel(t, box, 2) },
		},
	})
}

// checkParallel fails unless exactly n refreshes were queued or running at once, and never more.
func checkParallel(t *testing.T, box *sandbox.Sandbox, n int) {
	t.Helper()
	most := 0
	for _, job := range box.Jobs() {
		parallel := 0
		for _, other := range box.Jobs() {
			if !other.Created.After(job.Created) && other.Ended.After(job.Created) {
				parallel++
			}
		}
		most = max(most, parallel)
	}
	if most != n {
		t.Errorf("%d refreshes at once, want %d", most, n)
	}
}

// running is a refresh of someone else that started a minute ago and takes three more.
func running(item *sandbox.Item) {
	item.Others = []sandbox.OtherRefresh{{At: -time.Minute, Takes: 4 * time.Minute}}
}

// pending is a refresh of someone else that is queued for another minute.
func pending(item *sandbox.Item) {
	item.Queue = 2 * time.Minute
	item.Others = []sandbox.OtherRefresh{{At: -time.Minute}}
}

// noList is a site whose jobs the signed-in user may not list.
func noList(s *sandbox.Site) { s.MayListJobs = false }

func TestRun_conflict(t *testing.T) {
	runningBook := func(s *sandbox.Site) { running(&s.Workbooks[0]) }
	lost := func(acted bool) sandbox.Fault {
		return sandbox.Fault{Operation: "refresh-workbook", Kind: sandbox.Reset, Times: 1, Acted: acted}
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
				s.Workbooks[0].Others = []sandbox.OtherRefresh{{At: -time.Minute, Takes: time.Minute + 500*time.Millisecond}}
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
			site: func(s *sandbox.Site) { s.DataSources[0].Queue = time.Minute },
		},
		{
			// The job of the first task is not taken for that of the second one.
			name: "tasks_of_one_item_and_response_lost", targets: []Target{sourceTask(0), sourceTask(1)}, front: refusing("/runNow", 2, 2, http.StatusGatewayTimeout),
			site: func(s *sandbox.Site) { s.DataSources[0].Takes = 0 }, want: []string{"Task 0: success", "Task 1: success"}, wantJobs: 2,
		},
		{
			name: "another_refresh_before_the_retry", targets: []Target{sourceTask(0)}, options: Options{OnConflict: config.ConflictSkip, Retries: 1},
			site: func(s *sandbox.Site) {
				s.DataSources[0].Refreshes = []sandbox.Refresh{failed}
				s.DataSources[0].Others = []sandbox.OtherRefresh{{At: time.Minute + 500*time.Millisecond}}
			},
			want: []string{"Task 0: skipped"}, wantText: "already queued", wantJobs: 1,
		},
		{
			name: "tasks_of_one_item_and_another_refresh", targets: []Target{sourceTask(0), sourceTask(1)}, options: skip,
			want: []string{"Task 0: skipped", "Task 1: skipped"}, site: func(s *sandbox.Site) { running(&s.DataSources[0]) },
		},
	})
}

func TestRun_dependencies(t *testing.T) {
	skip := Options{OnConflict: config.ConflictSkip}
	failedSource := func(s *sandbox.Site) { s.DataSources[0].Refreshes = []sandbox.Refresh{failed} }
	const blocked = `not refreshed, because the data source "Source 0" that it reads was not: failed`
	runTests(t, []refreshTest{
		{
			name: "sources_first", targets: []Target{workbook(0, 0, 1), source(0), source(1), workbook(1)}, wantJobs: 4, check: checkOrder,
			want: []string{"Book 0: success", "Source 0: success", "Source 1: success", "Book 1: success"},
		},
		{
			name: "tasks_first", targets: []Target{workbook(0, 0), sourceTask(0), sourceTask(1)}, options: Options{MaxParallel: 1}, wantJobs: 3, check: checkOrder,
			want: []string{"Book 0: success", "Task 0: success", "Task 1: success"},
		},
		{name: "source_is_no_target", targets: []Target{workbook(0, 0)}, want: []string{"Book 0: success"}, wantJobs: 1},
		{
			name: "only_sources_are_waited_for", targets: []Target{workbook(0, 0), source(0), source(1)}, noWait: true, wantJobs: 3, check: checkOrder,
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
				s.DataSources[1].Refreshes, s.DataSources[1].Takes = []sandbox.Refresh{failed}, 2*time.Minute
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
			name: "source_skipped_for_a_conflict", targets: []Target{workbook(0, 0), source(0)}, options: skip, wantJobs: 1,
			site: func(s *sandbox.Site) { running(&s.DataSources[0]) }, want: []string{"Book 0: success", "Source 0: skipped"},
			wantText: `"Book 0": the data source "Source 0" that it reads was left to another refresh (tableau-on-conflict: skip)`,
		},
		{
			name: "source_without_extract", targets: []Target{workbook(0, 0), source(0)}, wantJobs: 1,
			site: func(s *sandbox.Site) { s.DataSources[0].Live = true }, want: []string{"Book 0: success", "Source 0: skipped"},
		},
		{
			// It started after Run began, but before the workbook's data source was up to date.
			name: "another_refresh_before_the_source_ended", targets: []Target{workbook(0, 0), source(0)}, wantJobs: 2, check: checkOrder,
			site: func(s *sandbox.Site) {
				s.Workbooks[0].Others = []sandbox.OtherRefresh{{At: 30 * time.Second, Takes: 5 * time.Minute}}
			},
			want: []string{"Book 0: success", "Source 0: success"}, wantText: `"Book 0": a refresh that began before what it reads was ready is waited out`,
		},
		{
			// It started after the source had ended, and before that was noticed.
			name: "another_refresh_after_the_source_ended", targets: []Target{workbook(0, 0), source(0)}, options: Options{PollInterval: 50 * time.Second},
			site: func(s *sandbox.Site) { s.Workbooks[0].Others = []sandbox.OtherRefresh{{At: 80 * time.Second}} },
			want: []string{"Book 0: success", "Source 0: success"}, wantText: `"Book 0": a refresh that is queued already will read what dbt built`, wantJobs: 1,
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

// checkOrder fails unless the first workbook was started after the refreshes of the first data source had ended.
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

func TestRun_bridge(t *testing.T) {
	bridge := func(s *sandbox.Site) { s.DataSources[0].Bridge = true }
	runTests(t, []refreshTest{
		{name: "success", targets: []Target{bridgeSource(0)}, site: bridge, want: []string{"Source 0: success"}, wantJobs: 1},
		{
			name: "confirmed_by_the_list", targets: []Target{bridgeSource(0)}, want: []string{"Source 0: success"}, wantJobs: 1,
			check: func(t *testing.T, box *sandbox.Sandbox) {
				if n := requestCount(box, "list-jobs"); n != 1 {
					t.Errorf("%d lists, want 1", n)
				}
			},
		},
		{
			name: "unconfirmed", targets: []Target{bridgeSource(0)}, site: noList, want: []string{"Source 0: success"}, wantJobs: 1,
			wantText: `"Source 0": Tableau Bridge has the refresh, and Tableau calls it a success; whether Bridge has done it can't be told: the signed-in user may not list jobs`,
		},
	})
}

func TestRun_joblist(t *testing.T) {
	want := []string{"Book 0: success", "Book 1: success", "Book 2: success", "Book 3: success", "Book 4: success", "Book 5: success"}
	counts := func(lists, queries int) func(*testing.T, *sandbox.Sandbox) {
		return func(t *testing.T, box *sandbox.Sandbox) {
			if l, q := requestCount(box, "list-jobs"), requestCount(box, "get-job"); l != lists || q != queries {
				t.Errorf("%d lists and %d queries of single jobs, want %d and %d", l, q, lists, queries)
			}
		}
	}
	runTests(t, []refreshTest{
		{name: "listed", targets: workbooks(6), want: want, wantJobs: 6, check: counts(19, 0)},
		{name: "refused", targets: workbooks(6), site: noList, want: want, wantJobs: 6, check: counts(1, 19*6)},
		{
			name: "failed", targets: workbooks(6), fault: sandbox.Fault{Operation: "list-jobs", Kind: sandbox.NotFound, Times: 1},
			want: want, wantJobs: 6, check: counts(1, 19*6),
		},
		{
			name: "session_lost", targets: workbooks(6), fault: sandbox.Fault{Operation: "list-jobs", Kind: sandbox.Unauthorized}, wantErr: "401", wantJobs: 6,
			want: []string{"Book 0: started", "Book 1: started", "Book 2: started", "Book 3: started", "Book 4: started", "Book 5: started"},
		},
		{
			name: "failures_are_queried", targets: workbooks(6), wantErr: "6 of 6", wantText: "the warehouse is closed", wantJobs: 6, check: counts(19, 6),
			site: func(s *sandbox.Site) {
				for i := range s.Workbooks {
					s.Workbooks[i].Refreshes = []sandbox.Refresh{failed}
				}
			},
			want: []string{"Book 0: failed", "Book 1: failed", "Book 2: failed", "Book 3: failed", "Book 4: failed", "Book 5: failed"},
		},
	})
}

// TestRun_outcome: the error determines the outcome of the step.
func TestRun_outcome(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		fault sandbox.Fault
		want  progress.Outcome
	}{
		{"refresh_failed", sandbox.Fault{Service: "tableau", Operation: "refresh-workbook", Kind: sandbox.Forbidden}, progress.OutcomeRefreshFailed},
		{"session_lost", sandbox.Fault{Service: "tableau", Operation: "refresh-workbook", Kind: sandbox.Unauthorized}, progress.OutcomeError},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := sandbox.New(newSite())
				client := serve(t, box, nil)
				box.Break(tc.fault)
				err := Run(t.Context(), client, workbooks(1), Options{Wait: true, Observer: &recorder{}})
				if step, ok := errors.AsType[*progress.StepError](err); !ok || step.Outcome != tc.want {
					t.Errorf("error is %v, want one with outcome %s", err, tc.want)
				}
			})
		})
	}
}

// TestRun_canceled: a job that Tableau accepts while the step is canceled is in its row, and nothing more is started.
func TestRun_canceled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := sandbox.New(newSite())
		client := serve(t, box, slow(500*time.Millisecond))
		ctx, cancel := context.WithCancelCause(t.Context())
		interrupt := errors.New("interrupt")
		time.AfterFunc(200*time.Millisecond, func() { cancel(interrupt) })
		targets := []Target{workbook(0), sourceTask(0), sourceTask(1)}
		err := Run(ctx, client, targets, Options{Wait: true, Observer: &recorder{}})
		if !errors.Is(err, interrupt) {
			t.Errorf("error is %v, want %v", err, interrupt)
		}
		want := []string{"Book 0: started", "Task 0: started", "Task 1: not-started"}
		if diff := cmp.Diff(want, statuses(targets)); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		for i, job := range box.Jobs() {
			if !strings.Contains(targets[0].Row.JobID+targets[1].Row.JobID, job.LUID) {
				t.Errorf("job %d is forgotten", i)
			}
		}
	})
}

// TestRun_events: the events describe the way of a refresh, in its order.
func TestRun_events(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := newSite()
		scenario.Tableau.DataSources[0].Queue = 10 * time.Second
		scenario.Tableau.DataSources[0].Refreshes = []sandbox.Refresh{failed}
		var recorded recorder
		_ = Run(t.Context(), serve(t, sandbox.New(scenario), nil), []Target{workbook(0, 0), source(0)}, Options{
			Wait: true, MaxParallel: 3, Retries: 1, Observer: &recorded,
		})
		var got []string
		waiting := progress.RefreshesWaiting{}
		for _, e := range recorded.events {
			switch e := e.(type) {
			case progress.RefreshesStarting:
				got = append(got, "starting")
			case progress.RefreshChanged:
				got = append(got, e.Refresh.Name+" "+string(e.Refresh.Status))
				if !e.Refresh.Running.IsZero() && e.Refresh.Ended.IsZero() {
					got[len(got)-1] += ", running"
				}
			case progress.Noted:
				got = append(got, e.Text)
			case progress.RefreshesWaiting:
				waiting = e
			}
		}
		want := []string{
			"starting", "Source 0 started", "Source 0 started, running", "Source 0 failed", `"Source 0": started again, try 2 of 2`,
			"Source 0 not-started", "Source 0 started", "Source 0 started, running", "Book 0 not-started", "Source 0 failed",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(progress.RefreshesWaiting{NotStarted: 1, Running: 1}, waiting); diff != "" {
			t.Errorf("last counts (-want +got):\n%s", diff)
		}
	})
}
