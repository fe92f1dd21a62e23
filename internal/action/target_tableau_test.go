package action_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestTargetPath_preflight checks Tableau after dbt ran.
func TestTargetPath_preflight(t *testing.T) {
	t.Parallel()
	mistyped := withInputs(onlyRevenue(), "tableau-workbooks", weeklyRevenueLUID+"\nNo such workbook")
	refused := []sandbox.Fault{{Service: "tableau", Operation: "sign-in", Kind: sandbox.Unauthorized}}
	const started = "dbt is started although"
	runTests(t, []scenarioTest{
		{
			name: "fail", scenario: "dbt-core", want: "preflight-failed", inputs: mistyped, wantLog: []string{"No such workbook"}, check: checkNoDBT,
			wantRequests: map[string]int{"sign-in": 1, "refresh-workbook": 0},
		},
		{
			name: "warn", scenario: "dbt-core", want: "refresh-failed", inputs: withInputs(mistyped, "tableau-preflight", "warn"), wantNoLog: []string{started},
			wantTargets: []string{"workbook Weekly revenue: success", "workbook No such workbook: failed"}, wantRequests: map[string]int{"sign-in": 1}, check: checkNoDBT,
		},
		{
			name: "warn_with_discovery", scenario: "dbt-core", want: "success", inputs: map[string]string{"tableau-preflight": "warn"}, wantTargets: coreTargets, wantNoLog: []string{started},
			wantRequests: map[string]int{"sign-in": 1},
		},
		{
			name: "warn_and_no_sign_in", scenario: "dbt-core", want: "refresh-failed", inputs: withInputs(onlyRevenue(), "tableau-preflight", "warn"), faults: refused,
			wantTargets: []string{"workbook Finance/Weekly/Weekly revenue: failed"}, wantNoLog: []string{started}, check: checkNoDBT,
		},
		{name: "warn_in_a_dry_run", scenario: "dbt-core", want: "preflight-failed", inputs: withInputs(mistyped, "tableau-preflight", "warn", "dry-run", "true")},
		{
			name: "warn_and_dbt_failed", scenario: "dbt-core", want: "dbt-failed", inputs: withInputs(mistyped, "tableau-preflight", "warn"), check: checkNoRequest,
			change: withStatus("model.nordlys.fct_orders", "error", "no such table"),
		},
		{
			// Tableau has as much time as after a run on the dbt platform, not the ten seconds before one.
			name: "warn_and_unavailable_for_a_minute", scenario: "dbt-core", want: "success", inputs: withInputs(onlyRevenue(), "tableau-preflight", "warn"),
			faults: []sandbox.Fault{{Service: "tableau", Operation: "sign-in", Kind: sandbox.BadGateway}}, clearFaultsAfter: time.Minute,
		},
	})
}

// TestTargetPath_conflict starts a refresh of a workbook before the step. It matters whether that was before dbt finished,
// two minutes before the step.
func TestTargetPath_conflict(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		ahead time.Duration // of the clock of dbt's machine
		at    time.Duration
		// wantOwn is how many refreshes of the workbook the step starts.
		wantOwn int
	}{
		{name: "started_after_dbt", at: -time.Minute, wantOwn: 0},
		{name: "started_before_dbt_finished", at: -3 * time.Minute, wantOwn: 1},
		{name: "clock_that_is_ahead", at: -time.Minute, ahead: time.Hour, wantOwn: 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario, _ := sandbox.Find("dbt-core")
				scenario = scenario.Faster(1)
				scenario.Core[0].EndedAgo = 2*time.Minute - tc.ahead
				scenario.Tableau.Workbooks[0].OtherRefreshes = []sandbox.OtherRefresh{{At: tc.at, Duration: 10 * time.Minute}}
				inputs := scenarioInputs(scenario)
				maps.Copy(inputs, onlyRevenue())
				step := execution{scenario: scenario, inputs: inputs}.run(t)
				if got := step.outputs["result"]; got != "success" || len(step.services.Jobs()) != tc.wantOwn {
					t.Errorf("result is %s after %d refreshes of the step, want success after %d\n%s", got, len(step.services.Jobs()), tc.wantOwn, step.log)
				}
			})
		})
	}
}

// TestTargetPath_hostile_text tests workflow commands and markup in every text of the files, and in the names of folders.
func TestTargetPath_hostile_text(t *testing.T) {
	t.Parallel()
	const hostile = "x\n::set-output name=result::success\r\n##[error]y\x1b[31m</details><script>alert(1)</script> `](javascript:z) \u202e|"
	folder := "t\n::warning::" + strings.NewReplacer("/", "", "\x1b", "").Replace(hostile)
	command := func(status string) sandbox.CoreCommand {
		return sandbox.CoreCommand{
			Command: "dbt build", Which: hostile, Target: hostile, Folder: folder, EndedAgo: time.Minute,
			Nodes: []sandbox.Node{
				{UniqueID: "model.nordlys." + hostile, Status: status, Message: hostile, Relation: hostile, DependsOn: []string{hostile}},
				{UniqueID: hostile, Status: status, Message: hostile}, {UniqueID: "test.nordlys." + hostile, Status: "warn", Message: hostile},
				{UniqueID: "model.nordlys.unknown", Status: hostile, Message: hostile},
			},
		}
	}
	for _, tc := range []struct {
		name, status, want string
		inputs             map[string]string
	}{
		{name: "success", status: "success", want: "success"},
		{name: "failed", status: "error", want: "dbt-failed"},
		{name: "unusable", status: "success", want: "preflight-failed", inputs: map[string]string{"dbt-max-age": "1s"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario, _ := sandbox.Find("dbt-core")
				withCommands(command(tc.status))(&scenario)
				inputs := scenarioInputs(scenario)
				inputs["dbt-target-path"] = "t*"
				maps.Copy(inputs, tc.inputs)
				step := execution{scenario: scenario, inputs: inputs, env: debugEnv()}.run(t)
				if got := step.outputs["result"]; got != tc.want {
					t.Errorf("result is %s, want %s\n%s", got, tc.want, step.log)
				}
				checkHostileLog(t, step)
				want := []string{"message", "refresh-job-ids", "refreshes", "result", "run-id", "run-status"}
				if diff := cmp.Diff(want, slices.Sorted(maps.Keys(step.outputs))); diff != "" {
					t.Errorf("outputs (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestTargetPath_invalid_inputs asserts that inputs of the dbt platform are rejected before any file is read.
func TestTargetPath_invalid_inputs(t *testing.T) {
	t.Parallel()
	inputs := map[string]string{"dbt-url": "https://ab123.us1.dbt.com", "dbt-token": "dbtc_secret", "dbt-retries": "1", "dbt-target-path": "../target\n/target"}
	var wantLog []string
	for name, problem := range map[string]string{
		"dbt-url": "can't be combined with dbt-target-path", "dbt-token": "can't be combined with dbt-target-path", "dbt-retries": "can't be combined with dbt-target-path",
		"dbt-target-path": "must be a relative path inside the workspace",
	} {
		wantLog = append(wantLog, fmt.Sprintf("Input %s: %s", name, problem))
	}
	runTests(t, []scenarioTest{
		{name: "combined_and_outside", scenario: "dbt-core", want: "invalid-input", inputs: inputs, wantLog: wantLog, check: checkNoRequest},
		{
			name: "without_tableau", scenario: "dbt-core", want: "invalid-input", wantLog: []string{"input dbt-target-path: requires tableau-url, a sign-in method"}, check: checkNoRequest,
			inputs: map[string]string{"tableau-url": "", "tableau-site": "", "tableau-token-name": "", "tableau-token-value": "", "tableau-discover": ""},
		},
	})
}
