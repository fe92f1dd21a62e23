package action_test

import (
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestPreflightWarn asserts that dbt runs although Tableau has a problem. Targets that still have a problem afterwards fail; the
// others are refreshed.
func TestPreflightWarn(t *testing.T) {
	t.Parallel()
	const warning = "Tableau preflight failed, but dbt starts anyway (tableau-preflight: warn)"
	unavailable := func(operation string) []sandbox.Fault {
		return []sandbox.Fault{{Service: "tableau", Operation: operation, Kind: sandbox.BadGateway}}
	}
	warn := withInputs(onlyWorkbooks(weeklyRevenueLUID), "tableau-preflight", "warn")
	runTests(t, []scenarioTest{
		{
			name: "no_problem", scenario: "success", inputs: warn, want: "success", wantTargets: []string{"workbook Weekly revenue: success"}, wantNoLog: []string{warning},
			wantRequests: map[string]int{"sign-in": 1, "get-workbook": 1},
		},
		{
			name: "unavailable_before_dbt", scenario: "success", inputs: warn, faults: unavailable("server-info"), clearFaultsAfter: time.Minute, want: "success",
			wantTargets: []string{"workbook Weekly revenue: success"}, wantLog: []string{warning}, check: checkDBTStartedWithin(15 * time.Second),
		},
		{
			name: "hangs_before_dbt", scenario: "success", inputs: warn, clearFaultsAfter: time.Minute, want: "success",
			faults:      []sandbox.Fault{{Service: "tableau", Operation: "sign-in", Kind: sandbox.Hang}},
			wantTargets: []string{"workbook Weekly revenue: success"}, wantLog: []string{warning}, check: checkDBTStartedWithin(15 * time.Second),
		},
		{
			name: "permanently_unavailable", scenario: "success", inputs: warn, faults: unavailable("server-info"), want: "refresh-failed", wantTargets: []string{"workbook " + weeklyRevenueLUID + ": failed"},
			wantLog: []string{warning, "502 Bad Gateway"}, wantRequests: map[string]int{"refresh-workbook": 0}, check: checkDBTSucceeded,
		},
		{
			name: "permanently_refused", scenario: "success", inputs: withInputs(warn, "tableau-token-value", "mistyped"), want: "refresh-failed", wantLog: []string{warning, "401001", "Check tableau-token-name"},
			wantTargets: []string{"workbook " + weeklyRevenueLUID + ": failed"}, check: checkDBTSucceeded,
		},
		{
			name: "a_wrong_selector", scenario: "success", inputs: withInputs(onlyWorkbooks("Nothing of the sort", "Weekly/Weekly revenue", weeklyRevenueLUID, marginLUID), "tableau-preflight", "warn"), want: "refresh-failed",
			wantTargets: []string{"workbook Nothing of the sort: failed", "workbook Weekly/Weekly revenue: failed", "workbook Weekly revenue: success", "workbook Margin | P&L <EMEA>: success"},
			wantLog:     []string{warning, `no workbook "Nothing of the sort" found`, `"Weekly/Weekly revenue" matches 2 workbooks`}, check: checkDBTSucceeded,
		},
		{
			name: "a_warning_of_both_checks", scenario: "success", want: "refresh-failed",
			inputs: withInputs(onlyWorkbooks("Nothing of the sort", weeklyRevenueLUID), "tableau-preflight", "warn", "tableau-exclude", "tag:nothing"),
			check: func(t *testing.T, step outcome) {
				t.Helper()
				if got := strings.Count(step.log, `"tag:nothing" matches no item`); got != 1 {
					t.Errorf("the log contains the warning %d times, want once", got)
				}
			},
		},
		{
			name: "a_live_workbook", scenario: "success", inputs: withInputs(onlyWorkbooks(storeScorecardLUID, weeklyRevenueLUID), "tableau-preflight", "warn"), want: "refresh-failed",
			wantTargets: []string{"workbook Store scorecard: failed", "workbook Weekly revenue: success"}, wantRequests: map[string]int{"refresh-workbook": 1},
		},
		{
			name: "dbt_fails", scenario: "dbt-fails", inputs: withInputs(warn, "tableau-token-value", "mistyped"), want: "dbt-failed", wantTargets: []string{"workbook " + weeklyRevenueLUID + ": not-started"},
			wantRequests: map[string]int{"sign-in": 1, "refresh-workbook": 0},
		},
		{
			name: "timeout_during_the_second_check", scenario: "success", inputs: withInputs(warn, "timeout", "4m30s"), faults: unavailable("server-info"), want: "timed-out",
			wantLog: []string{"timeout (4m30s) was reached while checking Tableau"}, wantRequests: map[string]int{"refresh-workbook": 0},
		},
		{name: "dbt_also_has_a_problem", scenario: "success", inputs: withInputs(warn, "dbt-token", "mistyped", "tableau-token-value", "mistyped"), want: "preflight-failed"},
		{name: "a_dry_run_finds_the_problem", scenario: "success", inputs: withInputs(warn, "tableau-token-value", "mistyped", "dry-run", "true"), want: "preflight-failed"},
	})
}

// checkDBTStartedWithin returns a check that dbt started within the limit.
func checkDBTStartedWithin(limit time.Duration) func(*testing.T, outcome) {
	return func(t *testing.T, step outcome) {
		requests := step.services.Requests()
		for _, request := range requests {
			if request.Operation == "trigger-run" {
				if delay := request.Time.Sub(requests[0].Time); delay > limit {
					t.Errorf("dbt was started after %s, want at most %s", delay, limit)
				}
				return
			}
		}
		t.Error("dbt was not started")
	}
}

func checkDBTSucceeded(t *testing.T, step outcome) {
	if got := step.outputs["run-status"]; got != "success" {
		t.Errorf("run-status is %q, want success", got)
	}
}

// TestDBTPreflight tests the warnings of the dbt preflight.
func TestDBTPreflight(t *testing.T) {
	t.Parallel()
	runTests(t, []scenarioTest{
		{
			name: "on_a_schedule", scenario: "dbt-only", want: "success", change: func(s *sandbox.Scenario) { s.DBT.Jobs[0].Cron = "0 5 * * *" },
			wantLog: []string{"::warning::The dbt job also runs on a dbt schedule"},
		},
		{
			name: "behind_another_run", scenario: "dbt-only", want: "success",
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].OtherRuns = append(s.DBT.Jobs[0].OtherRuns, sandbox.OtherRun{At: -time.Minute, Category: "scheduled"})
			},
			wantLog: []string{"the new run will queue behind"},
		},
		{name: "no_warning", scenario: "dbt-only", want: "success", wantNoLog: []string{"::warning::"}},
	})
}
