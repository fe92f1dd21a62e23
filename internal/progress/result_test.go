package progress

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// begin returns the time from which the tests count.
func begin() time.Time { return time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) }

func TestRefresh_times(t *testing.T) {
	t.Parallel()

	after := func(minutes int) time.Time { return begin().Add(time.Duration(minutes) * time.Minute) }
	cases := []struct {
		name        string
		refresh     Refresh
		queued, ran time.Duration // an hour after the begin
	}{
		{name: "not_started"},
		{name: "queued", refresh: Refresh{Accepted: begin()}, queued: time.Hour},
		{name: "running", refresh: Refresh{Accepted: begin(), Running: after(10)}, queued: 10 * time.Minute, ran: 50 * time.Minute},
		{name: "ended", refresh: Refresh{Accepted: begin(), Running: after(10), Ended: after(25)}, queued: 10 * time.Minute, ran: 15 * time.Minute},
		{name: "ended_in_the_queue", refresh: Refresh{Accepted: begin(), Ended: after(25)}, queued: 25 * time.Minute},
		{name: "never_accepted_but_ran", refresh: Refresh{Running: after(10), Ended: after(25)}, ran: 15 * time.Minute},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := []time.Duration{tc.refresh.Queued(after(60)), tc.refresh.Ran(after(60))}
			if diff := cmp.Diff([]time.Duration{tc.queued, tc.ran}, got); diff != "" {
				t.Errorf("Queued(), Ran() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOutcome_OK(t *testing.T) {
	t.Parallel()

	for outcome, want := range map[Outcome]bool{
		OutcomeSuccess: true, OutcomeStarted: true, OutcomeChecked: true,
		OutcomeDBTFailed: false, OutcomeDBTCancelled: false, OutcomeRefreshFailed: false, OutcomeTimedOut: false, OutcomeCancelled: false,
		OutcomeInvalidInput: false, OutcomePreflightFailed: false, OutcomeError: false, "": false,
	} {
		if got := outcome.OK(); got != want {
			t.Errorf("%q.OK() = %v, want %v", outcome, got, want)
		}
	}
}

func TestStatus_Ended(t *testing.T) {
	t.Parallel()

	for status, want := range map[Status]bool{
		StatusNotStarted: false, StatusStarted: false,
		StatusSuccess: true, StatusFailed: true, StatusCancelled: true, StatusSkipped: true, StatusTimedOut: true, StatusUnknown: true,
	} {
		if got := status.Ended(); got != want {
			t.Errorf("%q.Ended() = %v, want %v", status, got, want)
		}
	}
}

func TestRun_Ended(t *testing.T) {
	t.Parallel()

	for status, want := range map[RunStatus]bool{
		"": false, RunStatusQueued: false, RunStatusStarting: false, RunStatusRunning: false, "status 25": false,
		RunStatusSuccess: true, RunStatusError: true, RunStatusCancelled: true,
	} {
		if got := (Run{Status: status}).Ended(); got != want {
			t.Errorf("with status %q: Ended() = %v, want %v", status, got, want)
		}
		if !(Run{Status: status, Finished: time.Now()}).Ended() {
			t.Errorf("with status %q and a finish time: Ended() = false, want true", status)
		}
	}
}

func TestOrigin_Owned(t *testing.T) {
	t.Parallel()

	for origin, want := range map[Origin]bool{
		OriginStarted: true, OriginResumed: true, OriginRetried: true, OriginAdopted: false, OriginAttached: false, "": false,
	} {
		if got := origin.Owned(); got != want {
			t.Errorf("%q.Owned() = %v, want %v", origin, got, want)
		}
	}
}
