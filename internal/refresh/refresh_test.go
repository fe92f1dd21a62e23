package refresh

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/sandbox"
)

// refreshTest is a test of Run with the sandbox.
type refreshTest struct {
	name    string
	site    func(*sandbox.Site)
	fault   sandbox.Fault // of Tableau
	front   func(http.Handler) http.Handler
	targets []Target
	noWait  bool
	options Options
	timeout time.Duration
	// want are the rows. wantErr is a part of the error, and wantText a part of the notes, warnings, and errors of rows.
	want              []string
	wantErr, wantText string
	// wantJobs is how many refreshes Run starts.
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
		box.AddFault(tc.fault)
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
			want: []string{"Book 0: success"}, wantText: `"Book 0": retrying (attempt 2 of 3)`, wantJobs: 2,
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
			want: []string{"Book 0: skipped", "Book 1: failed", "Task 0: failed"}, wantText: `"Book 0" was skipped: `,
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
			want: []string{"Book 0: unknown"}, wantErr: "1 of 1", wantText: "is unknown",
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
			name: "tableau_down_for_too_long", targets: workbooks(1), fault: sandbox.Fault{Operation: "get-job", Kind: sandbox.BadGateway},
			want: []string{"Book 0: started"}, wantErr: "502", wantJobs: 1,
		},
		{
			name: "timeout", targets: workbooks(2), options: Options{MaxParallel: 1}, timeout: 30 * time.Second,
			want: []string{"Book 0: timed-out", "Book 1: not-started"}, wantErr: "tableau-timeout", wantJobs: 1,
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

// checkParallel checks that the maximum number of refreshes that are queued or running at once is n.
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
