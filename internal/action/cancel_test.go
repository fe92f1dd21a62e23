package action_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// gone is how long a cancelled step may take; the runner would give it 7.5 s until its second signal.
const gone = 2 * time.Second

// TestCancel_at_any_moment stops the step again and again, each time a little later.
func TestCancel_at_any_moment(t *testing.T) {
	t.Parallel()
	for at := 100 * time.Millisecond; at < 4*time.Minute+50*time.Second; at += 1900 * time.Millisecond {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				done := play{scenario: success(t), cancelAfter: at}.run(t)
				checkStopped(t, done, at, "cancelled")
			})
		})
	}
}

// TestStop_while_a_call_hangs stops the step while a service does not answer: by a signal, and by the limit for the whole.
func TestStop_while_a_call_hangs(t *testing.T) {
	t.Parallel()
	for c, when := range firstCalls(t) {
		if c.operation == "sign-out" {
			continue // by then the step is over
		}
		for _, acted := range []bool{false, true} {
			at := when + 1500*time.Millisecond
			hang := []sandbox.Fault{
				{Service: c.service, Operation: c.operation, Kind: sandbox.Hang, Processed: acted},
				{Service: "tableau", Operation: "sign-out", Kind: sandbox.Hang},
			}
			t.Run(fmt.Sprintf("signal_%s_%s_acted_%t", c.service, c.operation, acted), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					checkStopped(t, play{box: broken(t, hang), cancelAfter: at}.run(t), at, "cancelled")
				})
			})
			t.Run(fmt.Sprintf("timeout_%s_%s_acted_%t", c.service, c.operation, acted), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					done := play{box: broken(t, hang), inputs: map[string]string{"timeout": at.String()}}.run(t)
					checkStopped(t, done, at, "timed-out")
				})
			})
		}
	}
}

// TestLimits holds the limits of the two sides, each while a call of that side hangs.
func TestLimits(t *testing.T) {
	t.Parallel()
	cases := []struct {
		input, service, operation string
		wantDoing                 string
	}{
		{"dbt-timeout", "dbt", "get-run", "waiting for dbt run"},
		{"tableau-timeout", "tableau", "refresh-workbook", "refreshing Tableau"},
		{"tableau-timeout", "tableau", "get-job", "refreshing Tableau"},
	}
	first := firstCalls(t)
	for _, tc := range cases {
		t.Run(tc.input+"_"+tc.operation, func(t *testing.T) {
			t.Parallel()
			begin := first[call{"dbt", "trigger-run"}]
			if tc.service == "tableau" {
				begin = first[call{"tableau", "refresh-workbook"}]
			}
			synctest.Test(t, func(t *testing.T) {
				box := broken(t, []sandbox.Fault{{Service: tc.service, Operation: tc.operation, Kind: sandbox.Hang}})
				done := play{box: box, inputs: map[string]string{tc.input: "40s"}}.run(t)
				checkStopped(t, done, begin+40*time.Second, "timed-out")
				if want := "the limit " + tc.input + " of 40s ran out while " + tc.wantDoing; !strings.Contains(done.log, want) {
					t.Errorf("the log does not hold %q:\n%s", want, done.log)
				}
			})
		})
	}
}

// firstCalls is when each call of the plain scenario comes first.
func firstCalls(t *testing.T) map[call]time.Duration {
	t.Helper()
	first := map[call]time.Duration{}
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		for _, request := range (play{scenario: success(t)}).run(t).box.Requests() {
			c := call{request.Service, request.Operation}
			if _, ok := first[c]; !ok {
				first[c] = request.Time.Sub(begin)
			}
		}
	})
	return first
}

func broken(t *testing.T, faults []sandbox.Fault) *sandbox.Sandbox {
	t.Helper()
	box := sandbox.New(success(t))
	for _, fault := range faults {
		box.AddFault(fault)
	}
	return box
}

// doneState tells the post step that nothing is left to do.
const doneState = `{"phase":"done"}`

func checkStopped(t *testing.T, done played, at time.Duration, want string) {
	t.Helper()
	if got := done.outputs["result"]; got != want {
		t.Errorf("result is %s, want %s", got, want)
	}
	if late := done.took - at; late > gone {
		t.Errorf("gone %s after the end, want at most %s", late, gone)
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
		return sandbox.Fault{Service: service, Operation: operation, Kind: kind, Processed: acted}
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
					box.AddFault(fault)
				}
				step := play{box: box, inputs: tc.inputs, cancelAfter: tc.cancel}.run(t)
				before := len(box.Requests())
				box.ClearFaults()
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
				if post.took > 75*time.Second {
					t.Errorf("the post step took %s", post.took)
				}
				if t.Failed() {
					t.Log(step.log, post.log)
				}
			})
		})
	}
}

func success(t testing.TB) sandbox.Scenario {
	t.Helper()
	scenario, ok := sandbox.Find("success")
	if !ok {
		t.Fatal("no scenario success")
	}
	return scenario
}

// TestPost_of_a_broken_state: what is not certain is not cancelled.
func TestPost_of_a_broken_state(t *testing.T) {
	t.Parallel()
	for _, state := range []string{
		``, `{}`, `[]`, `{"phase":"starting"}`, `{"phase":"starting","marker":"x"}`, `{"phase":"started","owned":true}`,
		`{"phase":"started","run-id":70471801200155}`, `{"phase":"done","run-id":70471801200155,"owned":true}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			box := sandbox.New(success(t))
			post := play{box: box, name: "/post", env: map[string]string{"STATE_dbt-run": state}}.run(t)
			if n := len(box.Requests()); n > 0 || post.code != 0 {
				t.Errorf("state %s: %d requests, exit code %d", state, n, post.code)
			}
		})
	}
}
