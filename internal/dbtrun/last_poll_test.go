package dbtrun

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// TestPollLastTime: a run might have ended since the last poll before a limit.
func TestPollLastTime(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		status  int
		respond time.Duration // how long dbt takes for each response
		// canceled is true if the step was stopped as a whole: then the steps are not read any more.
		canceled  bool
		want      bool
		wantSteps int
		wantErr   string
	}{
		{name: "succeeded", status: 10, want: true, wantSteps: 1},
		{name: "failed", status: 20, want: true, wantSteps: 1, wantErr: "dbt run 4711 ended as error"},
		{name: "canceled", status: 30, want: true, wantSteps: 1, wantErr: "dbt run 4711 ended as cancelled"},
		{name: "running", status: 3},
		{name: "slow", status: 10, respond: 900 * time.Millisecond, want: true, wantSteps: 1},
		{name: "no_response", status: 10, respond: 2 * time.Second},
		{name: "succeeded_when_the_step_was_stopped", status: 10, canceled: true, want: true},
		{name: "error", status: 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_ = rest.Sleep(r.Context(), tc.respond)
					steps := ""
					if r.URL.Query().Has("include_related") {
						steps = `,"run_steps":[{"index":1,"name":"dbt build","status":10}]`
					}
					if tc.status == 0 {
						w.WriteHeader(http.StatusServiceUnavailable)
					}
					_, _ = fmt.Fprintf(w, `{"data":{"id":4711,"status":%d%s}}`, tc.status, steps)
				})
				r := newServer(t, handler, sandbox.Account{Token: "token", ID: 1, Jobs: []sandbox.Job{{ID: 7}}}).newRecorder(retryOnce)
				r.track(dbt.Run{ID: 4711, Status: dbt.Running}, progress.OriginStarted)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tc.canceled {
					cancel()
				}
				ended, err := r.PollLastTime(ctx, time.Now().Add(time.Second))
				if ended != tc.want || ended && errorText(err) != tc.wantErr {
					t.Errorf("PollLastTime() = %t, %v, want %t, %q", ended, err, tc.want, tc.wantErr)
				}
				if run := r.Run(); run.Ended() != tc.want || len(run.Steps) != tc.wantSteps || r.EndedAt().IsZero() == tc.want {
					t.Errorf("run is %+v, ended at %s", run, r.EndedAt())
				}
			})
		})
	}
}

// TestPollLastTime_nothing_to_poll: no request is made without a run, for one that has ended, and while a retry of it may exist.
func TestPollLastTime_nothing_to_poll(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Follower){
		"no_run":        func(*Follower) {},
		"ended":         func(f *Follower) { f.run = dbt.Run{ID: 4711, Status: dbt.Error} },
		"unknown_retry": func(f *Follower) { f.run, f.startUnknown = dbt.Run{ID: 4711, Status: dbt.Running}, true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := server{}.newRecorder(nil) // without a client, a request would panic
			change(r.Follower)
			if ended, err := r.PollLastTime(t.Context(), time.Now()); ended || err != nil {
				t.Errorf("PollLastTime() = %t, %v, want false", ended, err)
			}
		})
	}
}
