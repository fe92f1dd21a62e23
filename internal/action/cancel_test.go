package action_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// stopLimit is the maximum time that a canceled step takes. The runner sends its second signal after 7.5 s.
const stopLimit = 2 * time.Second

// TestCancel_at_any_moment cancels the step at many moments, one after the other.
func TestCancel_at_any_moment(t *testing.T) {
	t.Parallel()
	for at := 100 * time.Millisecond; at < 4*time.Minute+50*time.Second; at += 1900 * time.Millisecond {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				step := execution{scenario: successScenario(t), cancelAfter: at}.run(t)
				checkStopped(t, step, at, "cancelled")
			})
		})
	}
}

// TestStop_while_a_call_hangs stops the step while a service does not respond: with a signal, and with timeout.
func TestStop_while_a_call_hangs(t *testing.T) {
	t.Parallel()
	for c, when := range firstCallTimes(t) {
		if c.operation == "sign-out" {
			continue // it is sent at the end of the step
		}
		for _, processed := range []bool{false, true} {
			at := when + 1500*time.Millisecond
			hang := []sandbox.Fault{
				{Service: c.service, Operation: c.operation, Kind: sandbox.Hang, Processed: processed},
				{Service: "tableau", Operation: "sign-out", Kind: sandbox.Hang},
			}
			t.Run(fmt.Sprintf("signal_%s_%s_acted_%t", c.service, c.operation, processed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					checkStopped(t, execution{services: newFaultySandbox(t, hang), cancelAfter: at}.run(t), at, "cancelled")
				})
			})
			t.Run(fmt.Sprintf("timeout_%s_%s_acted_%t", c.service, c.operation, processed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					step := execution{services: newFaultySandbox(t, hang), inputs: map[string]string{"timeout": at.String()}}.run(t)
					checkStopped(t, step, at, "timed-out")
				})
			})
		}
	}
}

// TestLimits tests the time limits of dbt and Tableau, each while a request to that service hangs.
func TestLimits(t *testing.T) {
	t.Parallel()
	cases := []struct {
		input, service, operation string
		wantActivity              string
	}{
		{"dbt-timeout", "dbt", "get-run", "waiting for dbt run"},
		{"tableau-timeout", "tableau", "refresh-workbook", "refreshing Tableau"},
		{"tableau-timeout", "tableau", "get-job", "refreshing Tableau"},
	}
	first := firstCallTimes(t)
	for _, tc := range cases {
		t.Run(tc.input+"_"+tc.operation, func(t *testing.T) {
			t.Parallel()
			begin := first[apiCall{"dbt", "trigger-run"}]
			if tc.service == "tableau" {
				begin = first[apiCall{"tableau", "refresh-workbook"}]
			}
			synctest.Test(t, func(t *testing.T) {
				services := newFaultySandbox(t, []sandbox.Fault{{Service: tc.service, Operation: tc.operation, Kind: sandbox.Hang}})
				step := execution{services: services, inputs: map[string]string{tc.input: "40s"}}.run(t)
				checkStopped(t, step, begin+40*time.Second, "timed-out")
				if want := "the limit " + tc.input + " of 40s ran out while " + tc.wantActivity; !strings.Contains(step.log, want) {
					t.Errorf("the log does not contain %q:\n%s", want, step.log)
				}
			})
		})
	}
}

// firstCallTimes returns when each call of the scenario "success" is made for the first time.
func firstCallTimes(t *testing.T) map[apiCall]time.Duration {
	t.Helper()
	first := map[apiCall]time.Duration{}
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		for _, request := range (execution{scenario: successScenario(t)}).run(t).services.Requests() {
			c := apiCall{request.Service, request.Operation}
			if _, ok := first[c]; !ok {
				first[c] = request.Time.Sub(begin)
			}
		}
	})
	return first
}

func newFaultySandbox(t *testing.T, faults []sandbox.Fault) *sandbox.Sandbox {
	t.Helper()
	services := sandbox.New(successScenario(t))
	for _, fault := range faults {
		services.AddFault(fault)
	}
	return services
}

// doneState is the state that makes the post step do nothing.
const doneState = `{"phase":"done"}`

func checkStopped(t *testing.T, step outcome, at time.Duration, want string) {
	t.Helper()
	if got := step.outputs["result"]; got != want {
		t.Errorf("result is %s, want %s", got, want)
	}
	if delay := step.duration - at; delay > stopLimit {
		t.Errorf("ended %s after the cancellation, want at most %s", delay, stopLimit)
	}
	for _, run := range step.services.Runs() {
		if got, want := step.outputs["run-id"], fmt.Sprint(run.ID); got != want {
			t.Errorf("run-id is %q, want %q", got, want)
		}
		if run.Cancels > 1 {
			t.Errorf("the run was canceled %d times", run.Cancels)
		}
		if run.Cancels == 0 && step.outputs["run-status"] != "success" && step.state["dbt-run"] == doneState {
			t.Errorf("the run is %s, and nothing will cancel it", step.outputs["run-status"])
		}
	}
	if len(step.services.Runs()) > 1 {
		t.Errorf("%d runs were started", len(step.services.Runs()))
	}
	checkSecrets(t, step)
	if t.Failed() {
		t.Log(step.log)
	}
}

// TestPost runs a step that could not clean up, then its post step.
func TestPost(t *testing.T) {
	t.Parallel()
	always := func(service, operation string, kind sandbox.FaultKind, processed bool) sandbox.Fault {
		return sandbox.Fault{Service: service, Operation: operation, Kind: kind, Processed: processed}
	}
	cases := []struct {
		name   string
		inputs map[string]string
		cancel time.Duration
		faults []sandbox.Fault // during the step
		// wantCancels counts the cancel requests of step and post step; wantRequests is whether the post step makes any
		// request.
		wantCancels  int
		wantRequests bool
	}{
		{
			name:   "the_step_could_not_cancel",
			cancel: time.Minute, faults: []sandbox.Fault{always("dbt", "cancel-run", sandbox.Hang, false)},
			wantCancels: 1, wantRequests: true,
		},
		{
			name:   "start_unknown_and_list_unavailable",
			cancel: 12 * time.Second,
			faults: []sandbox.Fault{
				always("dbt", "trigger-run", sandbox.Hang, true), always("dbt", "list-runs", sandbox.Hang, false),
			},
			wantCancels: 1, wantRequests: true,
		},
		{
			name:   "start_not_received",
			cancel: time.Second, faults: []sandbox.Fault{always("dbt", "trigger-run", sandbox.Hang, false)},
			wantRequests: true,
		},
		{name: "the_step_canceled_the_run", cancel: time.Minute, wantCancels: 1},
		{name: "the_step_completed"},
		{name: "cancel_dbt_run_false", cancel: time.Minute, inputs: map[string]string{"cancel-dbt-run": "false"}},
		{name: "dbt_wait_false", inputs: map[string]string{"dbt-wait": "false"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				services := sandbox.New(successScenario(t))
				for _, fault := range tc.faults {
					services.AddFault(fault)
				}
				step := execution{services: services, inputs: tc.inputs, cancelAfter: tc.cancel}.run(t)
				before := len(services.Requests())
				services.ClearFaults()
				post := execution{services: services, inputs: tc.inputs, program: "/post", env: map[string]string{"STATE_dbt-run": step.state["dbt-run"]}}.run(t)

				if post.exitCode != 0 {
					t.Errorf("the post step exits with %d", post.exitCode)
				}
				if got := len(services.Requests()) > before; got != tc.wantRequests {
					t.Errorf("the post step made requests: %t, want %t", got, tc.wantRequests)
				}
				cancels := 0
				for _, run := range services.Runs() {
					cancels += run.Cancels
				}
				if cancels != tc.wantCancels {
					t.Errorf("the run was canceled %d times, want %d", cancels, tc.wantCancels)
				}
				if post.duration > 75*time.Second {
					t.Errorf("the post step took %s", post.duration)
				}
				if t.Failed() {
					t.Log(step.log, post.log)
				}
			})
		})
	}
}

func successScenario(t testing.TB) sandbox.Scenario {
	t.Helper()
	scenario, ok := sandbox.Find("success")
	if !ok {
		t.Fatal("no scenario success")
	}
	return scenario
}

// TestPost_invalid_state asserts that the post step cancels no run that the state does not identify as its own.
func TestPost_invalid_state(t *testing.T) {
	t.Parallel()
	for _, state := range []string{
		``, `{}`, `[]`, `{"phase":"starting"}`, `{"phase":"starting","marker":"x"}`, `{"phase":"started","owned":true}`,
		`{"phase":"started","run-id":70471801200155}`, `{"phase":"done","run-id":70471801200155,"owned":true}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			services := sandbox.New(successScenario(t))
			post := execution{services: services, program: "/post", env: map[string]string{"STATE_dbt-run": state}}.run(t)
			if n := len(services.Requests()); n > 0 || post.exitCode != 0 {
				t.Errorf("state %s: %d requests, exit code %d", state, n, post.exitCode)
			}
		})
	}
}
