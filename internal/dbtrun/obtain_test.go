package dbtrun

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

func TestObtain_start(t *testing.T) {
	t.Parallel()
	lost, unsent := fault("trigger-run", sandbox.Reset, true), fault("trigger-run", sandbox.Reset, false)
	lost.Times, unsent.Times = 1, 1
	succeeded := end{Origin: "started", Status: "success", Cancels: []int{0}}
	runTests(t, []followerTest{
		{name: "started", want: succeeded},
		{name: "response_lost", faults: []sandbox.Fault{lost}, want: succeeded},
		{name: "not_started_at_first", faults: []sandbox.Fault{unsent}, want: succeeded},
		{
			name: "not_waited_for", execution: execution{config: noWait},
			want: end{Origin: "started", Status: "queued", Cancels: []int{0}, Leftover: progress.LeftoverRunContinues},
		},
		{
			name: "rejected", faults: []sandbox.Fault{fault("trigger-run", sandbox.Forbidden, false)},
			want: end{Outcome: progress.OutcomeError, Followed: -1}, wantErr: "403",
		},
		{
			name:   "unknown",
			faults: []sandbox.Fault{fault("trigger-run", sandbox.Reset, true), fault("list-runs", sandbox.Forbidden, false)},
			want:   end{Outcome: progress.OutcomeError, Followed: -1, Cancels: []int{0}, Leftover: progress.LeftoverUnknownStartForPost}, wantErr: "is unknown",
		},
		{
			name: "unknown_and_not_waited_for", execution: execution{config: noWait},
			faults: []sandbox.Fault{fault("trigger-run", sandbox.Reset, true), fault("list-runs", sandbox.Forbidden, false)},
			want:   end{Outcome: progress.OutcomeError, Followed: -1, Cancels: []int{0}, Leftover: progress.LeftoverUnknownStart}, wantErr: "is unknown",
		},
	})
}

func noWait(c *config.Config, _ *Job) { c.DBT.Wait = false }

func reuse(c *config.Config, _ *Job) { c.DBT.ReuseRun = true }

// TestObtain_events: the start is reported before the run can exist, and its ID before anything else happens.
func TestObtain_events(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, _ := sandbox.Find("success")
		s := newServer(t, sandbox.New(scenario).DBT(), scenario.DBT)
		r := s.newRecorder(nil)
		if err := r.Obtain(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := []progress.Event{
			progress.RunStarting{Marker: r.start.Marker, After: 1}, progress.RunStarted{Run: r.Run()},
		}
		if diff := cmp.Diff(want, r.events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{fmt.Sprintf("starting dbt job %d", s.jobID)}, r.activities); diff != "" {
			t.Errorf("activities (-want +got):\n%s", diff)
		}
	})
}

// TestPlan: a dry run shows the run to follow, and starts none.
func TestPlan(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		earlier bool
		config  func(*config.Config, *Job)
		fault   sandbox.FaultKind // of the list of runs
		// want is the plan, with %d for the ID of the earlier run.
		want, wantErr string
	}{
		{name: "always_a_new_run", earlier: true},
		{name: "new_run", config: reuse, want: "would start a new dbt run"},
		{name: "adopted", earlier: true, config: reuse, want: "would adopt dbt run %d, which is already in progress (status: queued)"},
		{name: "resumed", earlier: true, config: resume("2", 0), want: "would resume dbt run %d, which an earlier attempt of this step started (status: queued)"},
		{name: "latest", config: followLatest, want: "would follow dbt run 4711, the newest run of the job (status: running)"},
		{name: "list_refused_when_resuming", config: resume("2", 0), fault: sandbox.Forbidden, want: "would start a new dbt run"},
		{name: "list_unavailable", config: reuse, fault: sandbox.Forbidden, wantErr: "failed to find the dbt run that the step would follow: "},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario, _ := sandbox.Find("success")
				box := sandbox.New(scenario)
				s := newServer(t, box.DBT(), scenario.DBT)
				want := tc.want
				if tc.earlier {
					first := s.newRecorder(noWait)
					_ = first.run(t.Context(), 0)
					want = strings.ReplaceAll(want, "%d", fmt.Sprint(first.Run().ID))
				}
				if tc.fault != "" {
					box.AddFault(sandbox.Fault{Service: "dbt", Operation: "list-runs", Kind: tc.fault})
				}
				before := len(box.Runs())
				got, err := s.newRecorder(tc.config).Plan(t.Context())
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("Plan() (-want +got):\n%s", diff)
				}
				if text := errorText(err); !strings.HasPrefix(text, tc.wantErr) || tc.wantErr == "" && text != "" {
					t.Errorf("error is %q, want %q", text, tc.wantErr)
				}
				if after := len(box.Runs()); after != before {
					t.Errorf("%d runs were started", after-before)
				}
			})
		})
	}
}

func followLatest(c *config.Config, job *Job) {
	c.DBT.FollowLatest, job.Attached = true, dbt.Run{ID: 4711, Status: dbt.Running}
}

// TestStartRun_unreachable: only before the first run is an unreachable dbt a failed preflight.
func TestStartRun_unreachable(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		retryRunID int64
		want       progress.Outcome
	}{
		{"first_run", 0, progress.OutcomePreflightFailed},
		{"retry", 4711, progress.OutcomeError},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				unreachable := rest.Options{Base: &url.URL{Scheme: "http", Host: "127.0.0.1:80"}, Dial: sandbox.NewNetwork().DialContext}
				client, err := dbt.New(unreachable, "token", 1)
				if err != nil {
					t.Fatal(err)
				}
				r := server{client: client, jobID: 7}.newRecorder(nil)
				r.start.RetryRunID = tc.retryRunID
				err = r.startRun(t.Context())
				if known, ok := errors.AsType[*progress.StepError](err); !ok || known.Outcome != tc.want {
					t.Errorf("startRun() = %v, want the outcome %s", err, tc.want)
				}
				if r.Leftover() != progress.LeftoverNone || r.Run().ID != 0 {
					t.Error("a run is reported that was never started")
				}
			})
		})
	}
}

func TestStartOutcome(t *testing.T) {
	t.Parallel()
	lost := &rest.TransportError{Service: "dbt", Sent: true, Err: errors.New("EOF")}
	cases := []struct {
		name string
		err  error
		want progress.Outcome
	}{
		{"not_reached", &rest.TransportError{Service: "dbt", Err: errors.New("refused")}, progress.OutcomePreflightFailed},
		{"not_trusted", &rest.CertificateError{Err: errors.New("unknown authority")}, progress.OutcomePreflightFailed},
		{"rejected", &rest.StatusError{Status: 400}, progress.OutcomeError},
		{"no_response", &rest.UnknownError{Err: lost}, progress.OutcomeError},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := startOutcome(tc.err, progress.OriginStarted); got != tc.want {
				t.Errorf("startOutcome(%v) = %s, want %s", tc.err, got, tc.want)
			}
			if got := startOutcome(tc.err, progress.OriginRetried); got != progress.OutcomeError {
				t.Errorf("startOutcome(%v) of a retry = %s, want error", tc.err, got)
			}
		})
	}
}
