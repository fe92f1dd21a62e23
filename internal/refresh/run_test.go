package refresh

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sandbox"
)

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
				box.AddFault(tc.fault)
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
				t.Errorf("job %d is in no row", i)
			}
		}
	})
}

// TestRun_events: the events describe the progress of a refresh in order.
func TestRun_events(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := newSite()
		scenario.Tableau.DataSources[0].QueueTime = 10 * time.Second
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
			"starting", "Source 0 started", "Source 0 started, running", "Source 0 failed", `"Source 0": retrying (attempt 2 of 2)`,
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
			wantText: `"Source 0": handed to Tableau Bridge; its result can't be confirmed: the signed-in user can't list jobs`,
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
