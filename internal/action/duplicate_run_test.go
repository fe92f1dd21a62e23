package action_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestDuplicateRun: a proxy repeats the request that starts the run. The older run is followed, and the newer one is canceled.
func TestDuplicateRun(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		inputs map[string]string
		fault  sandbox.Fault
		want   string
		// wantCancels counts the cancel requests for each run.
		wantCancels []int
	}{
		{name: "response_of_the_newer_run", want: "success", wantCancels: []int{0, 1}},
		{name: "no_response", fault: sandbox.Fault{Kind: sandbox.GatewayTimeout, Processed: true}, want: "success", wantCancels: []int{0, 1}},
		{name: "not_waited_for", inputs: map[string]string{"dbt-wait": "false"}, want: "started", wantCancels: []int{0, 1}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tc.fault.Service, tc.fault.Operation, tc.fault.Repeated = "dbt", "trigger-run", true
				step := execution{services: newFaultySandbox(t, []sandbox.Fault{tc.fault}), inputs: tc.inputs}.run(t)
				runs := step.services.Runs()
				if diff := cmp.Diff(tc.wantCancels, cancelCounts(runs)); diff != "" {
					t.Fatalf("cancel requests by run (-want +got):\n%s\n%s", diff, step.log)
				}
				if got, want := step.outputs["run-id"], fmt.Sprint(runs[0].ID); got != want || step.outputs["result"] != tc.want {
					t.Errorf("result is %s with run-id %s, want %s with %s", step.outputs["result"], got, tc.want, want)
				}
				if want := "so dbt started 2 runs"; !strings.Contains(step.log, want) {
					t.Errorf("the log does not contain %q:\n%s", want, step.log)
				}
				if want := fmt.Sprintf(`"run-id":%d`, runs[1].ID); strings.Contains(step.state["dbt-run"], want) {
					t.Errorf("the state contains the duplicate: %s", step.state["dbt-run"])
				}
			})
		})
	}
}

// TestDuplicateRun_post: the step was killed before it got a response. The post step cancels both runs, and fails if one of them
// can't be canceled.
func TestDuplicateRun_post(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name         string
		failCancels  int
		wantExitCode int
		wantCancels  []int
	}{
		{name: "both_canceled", wantCancels: []int{1, 1}},
		{name: "one_not_canceled", failCancels: 1, wantExitCode: 1, wantCancels: []int{0, 1}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				services := newFaultySandbox(t, []sandbox.Fault{
					{Service: "dbt", Operation: "trigger-run", Kind: sandbox.Hang, Processed: true, Repeated: true},
					{Service: "dbt", Operation: "list-runs", Kind: sandbox.Hang},
				})
				step := execution{services: services, cancelAfter: 12 * time.Second}.run(t)
				services.ClearFaults()
				if tc.failCancels > 0 {
					services.AddFault(sandbox.Fault{Service: "dbt", Operation: "cancel-run", Kind: sandbox.Forbidden, Times: tc.failCancels})
				}
				post := execution{services: services, program: "/post", env: map[string]string{"STATE_dbt-run": step.state["dbt-run"]}}.run(t)
				if diff := cmp.Diff(tc.wantCancels, cancelCounts(services.Runs())); diff != "" || post.exitCode != tc.wantExitCode {
					t.Errorf("exit code %d, want %d; cancel requests by run (-want +got):\n%s\n%s", post.exitCode, tc.wantExitCode, diff, post.log)
				}
			})
		})
	}
}

func cancelCounts(runs []sandbox.RunRecord) (counts []int) {
	for _, run := range runs {
		counts = append(counts, run.Cancels)
	}
	return counts
}
