package action_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// gone is how long a cancelled step may take: the runner sends its second signal after 7.5 s.
const gone = 6 * time.Second

// TestCancel_at_any_moment stops the step again and again, each time a little later.
func TestCancel_at_any_moment(t *testing.T) {
	t.Parallel()
	for at := 100 * time.Millisecond; at < 4*time.Minute+50*time.Second; at += 1900 * time.Millisecond {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				done := play{scenario: success(t), cancelAfter: at}.run(t)
				checkCancelled(t, done, at)
			})
		})
	}
}

// TestCancel_while_a_call_hangs stops the step while a service does not answer.
func TestCancel_while_a_call_hangs(t *testing.T) {
	t.Parallel()
	var first = map[call]time.Duration{}
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		for _, request := range (play{scenario: success(t)}).run(t).box.Requests() {
			c := call{request.Service, request.Operation}
			if _, ok := first[c]; !ok {
				first[c] = request.Time.Sub(begin)
			}
		}
	})
	for c, when := range first {
		if c.operation == "sign-out" {
			continue // by then the step is over
		}
		for _, acted := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s_%s_acted_%t", c.service, c.operation, acted), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					box := sandbox.New(success(t))
					box.Break(sandbox.Fault{Service: c.service, Operation: c.operation, Kind: sandbox.Hang, Acted: acted})
					box.Break(sandbox.Fault{Service: "tableau", Operation: "sign-out", Kind: sandbox.Hang})
					at := when + 1500*time.Millisecond
					done := play{box: box, cancelAfter: at}.run(t)
					checkCancelled(t, done, at)
				})
			})
		}
	}
}

// doneState tells the post step that nothing is left to do.
const doneState = `{"phase":"done"}`

func checkCancelled(t *testing.T, done played, at time.Duration) {
	t.Helper()
	if got, want := done.outputs["result"], "cancelled"; got != want {
		t.Errorf("result is %s, want %s", got, want)
	}
	if late := done.took - at; late > gone {
		t.Errorf("gone %s after the signal, want at most %s", late, gone)
	}
	for _, run := range done.box.Runs() {
		if got, want := done.outputs["run-id"], fmt.Sprint(run.ID); got != want {
			t.Errorf("run-id is %q, want %q", got, want)
		}
		if run.Cancels > 1 {
			t.Errorf("the run was cancelled %d times", run.Cancels)
		}
		if run.Cancels == 0 && done.outputs["run-status"] != "success" && done.state["dbt-run"] == doneState {
			t.Errorf("the run is %s, and nobody is to cancel it", done.outputs["run-status"])
		}
	}
	if len(done.box.Runs()) > 1 {
		t.Errorf("%d runs were started", len(done.box.Runs()))
	}
	checkSecrets(t, done)
	if t.Failed() {
		t.Log(done.log)
	}
}

// TestPost is the step that could not clean up, followed by its post step.
func TestPost(t *testing.T) {
	t.Parallel()
	always := func(service, operation string, kind sandbox.FaultKind, acted bool) sandbox.Fault {
		return sandbox.Fault{Service: service, Operation: operation, Kind: kind, Acted: acted}
	}
	cases := []struct {
		name   string
		inputs map[string]string
		cancel time.Duration
		faults []sandbox.Fault // while the step runs
		// wantCancels is how often the run is cancelled in all; wantRequests whether the post step makes any.
		wantCancels  int
		wantRequests bool
	}{
		{
			name:   "the_step_could_not_cancel",
			cancel: time.Minute, faults: []sandbox.Fault{always("dbt", "cancel-run", sandbox.Hang, false)},
			wantCancels: 1, wantRequests: true,
		},
		{
			name:   "the_start_is_unanswered_and_the_list_is_away",
			cancel: 12 * time.Second,
			faults: []sandbox.Fault{
				always("dbt", "trigger-run", sandbox.Hang, true), always("dbt", "list-runs", sandbox.Hang, false),
			},
			wantCancels: 1, wantRequests: true,
		},
		{
			name:   "the_start_never_arrived",
			cancel: time.Second, faults: []sandbox.Fault{always("dbt", "trigger-run", sandbox.Hang, false)},
			wantRequests: true,
		},
		{name: "the_step_cancelled_the_run", cancel: time.Minute, wantCancels: 1},
		{name: "the_step_came_to_its_end"},
		{name: "the_run_is_to_be_left_alone", cancel: time.Minute, inputs: map[string]string{"cancel-dbt-run": "false"}},
		{name: "the_run_is_not_waited_for", inputs: map[string]string{"dbt-wait": "false"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := sandbox.New(success(t))
				for _, fault := range tc.faults {
					box.Break(fault)
				}
				step := play{box: box, inputs: tc.inputs, cancelAfter: tc.cancel}.run(t)
				before := len(box.Requests())
				box.Mend()
				post := play{box: box, inputs: tc.inputs, name: "/post", env: map[string]string{"STATE_dbt-run": step.state["dbt-run"]}}.run(t)

				if post.code != 0 {
					t.Errorf("the post step exits with %d", post.code)
				}
				if got := len(box.Requests()) > before; got != tc.wantRequests {
					t.Errorf("the post step made requests: %t, want %t", got, tc.wantRequests)
				}
				cancels := 0
				for _, run := range box.Runs() {
					cancels += run.Cancels
				}
				if cancels != tc.wantCancels {
					t.Errorf("the run was cancelled %d times, want %d", cancels, tc.wantCancels)
				}
				if post.took > time.Minute+5*time.Second {
					t.Errorf("the post step took %s", post.took)
				}
				if t.Failed() {
					t.Log(step.log, post.log)
				}
			})
		})
	}
}

func success(t *testing.T) sandbox.Scenario {
	t.Helper()
	scenario, ok := sandbox.Find("success")
	if !ok {
		t.Fatal("no scenario success")
	}
	return scenario
}
