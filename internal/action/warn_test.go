package action_test

import (
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestPreflightWarn: dbt runs although Tableau has a problem. What still has one afterwards failed; the rest is refreshed.
func TestPreflightWarn(t *testing.T) {
	t.Parallel()
	const warned = "dbt is started although Tableau has a problem (tableau-preflight: warn)"
	down := func(operation string) []sandbox.Fault {
		return []sandbox.Fault{{Service: "tableau", Operation: operation, Kind: sandbox.BadGateway}}
	}
	warn := with(only(weeklyRevenue), "tableau-preflight", "warn")
	tell(t, []tale{
		{
			name: "nothing_wrong", scenario: "success", inputs: warn, want: "success", rows: []string{"workbook Weekly revenue: success"}, never: []string{warned},
			requests: map[string]int{"sign-in": 1, "get-workbook": 1},
		},
		{
			name: "down_before_and_up_after", scenario: "success", inputs: warn, faults: down("server-info"), mend: time.Minute, want: "success",
			rows: []string{"workbook Weekly revenue: success"}, says: []string{warned}, check: startedWithin(15 * time.Second),
		},
		{
			name: "hangs_before_and_up_after", scenario: "success", inputs: warn, mend: time.Minute, want: "success",
			faults: []sandbox.Fault{{Service: "tableau", Operation: "sign-in", Kind: sandbox.Hang}},
			rows:   []string{"workbook Weekly revenue: success"}, says: []string{warned}, check: startedWithin(15 * time.Second),
		},
		{
			name: "down_for_good", scenario: "success", inputs: warn, faults: down("server-info"), want: "refresh-failed", rows: []string{"workbook " + weeklyRevenue + ": failed"},
			says: []string{warned, "502 Bad Gateway"}, requests: map[string]int{"refresh-workbook": 0}, check: dbtSucceeded,
		},
		{
			name: "refused_for_good", scenario: "success", inputs: with(warn, "tableau-token-value", "mistyped"), want: "refresh-failed", says: []string{warned, "401001", "check tableau-token-name"},
			rows: []string{"workbook " + weeklyRevenue + ": failed"}, check: dbtSucceeded,
		},
		{
			name: "a_wrong_selector", scenario: "success", inputs: with(only("Nothing of the sort", "Weekly/Weekly revenue", weeklyRevenue, margin), "tableau-preflight", "warn"), want: "refresh-failed",
			rows: []string{"workbook Nothing of the sort: failed", "workbook Weekly/Weekly revenue: failed", "workbook Weekly revenue: success", "workbook Margin | P&L <EMEA>: success"},
			says: []string{warned, `"Nothing of the sort" means no workbook`, `"Weekly/Weekly revenue" means 2 workbooks`}, check: dbtSucceeded,
		},
		{
			name: "a_live_workbook", scenario: "success", inputs: with(only(storeScorecard, weeklyRevenue), "tableau-preflight", "warn"), want: "refresh-failed",
			rows: []string{"workbook Store scorecard: failed", "workbook Weekly revenue: success"}, requests: map[string]int{"refresh-workbook": 1},
		},
		{
			name: "dbt_fails", scenario: "dbt-fails", inputs: with(warn, "tableau-token-value", "mistyped"), want: "dbt-failed", rows: []string{"workbook " + weeklyRevenue + ": not-started"},
			requests: map[string]int{"sign-in": 1, "refresh-workbook": 0},
		},
		{
			name: "a_limit_during_the_second_look", scenario: "success", inputs: with(warn, "timeout", "4m30s"), faults: down("server-info"), want: "timed-out",
			says: []string{"the limit timeout of 4m30s ran out while checking Tableau again"}, requests: map[string]int{"refresh-workbook": 0},
		},
		{name: "dbt_has_a_problem_too", scenario: "success", inputs: with(warn, "dbt-token", "mistyped", "tableau-token-value", "mistyped"), want: "preflight-failed"},
		{name: "a_dry_run_finds_the_problem", scenario: "success", inputs: with(warn, "tableau-token-value", "mistyped", "dry-run", "true"), want: "preflight-failed"},
	})
}

// startedWithin: dbt did not wait for Tableau for longer than that.
func startedWithin(limit time.Duration) func(*testing.T, played) {
	return func(t *testing.T, done played) {
		requests := done.box.Requests()
		for _, request := range requests {
			if request.Operation == "trigger-run" {
				if waited := request.Time.Sub(requests[0].Time); waited > limit {
					t.Errorf("dbt was started after %s, want at most %s", waited, limit)
				}
				return
			}
		}
		t.Error("dbt was not started")
	}
}

func dbtSucceeded(t *testing.T, done played) {
	if got := done.outputs["run-status"]; got != "success" {
		t.Errorf("run-status is %q, want success", got)
	}
}

// TestDBTPreflight is what would hurt after an hour of dbt, said before.
func TestDBTPreflight(t *testing.T) {
	t.Parallel()
	tell(t, []tale{
		{
			name: "on_a_schedule", scenario: "dbt-only", want: "success", change: func(s *sandbox.Scenario) { s.DBT.Jobs[0].Cron = "0 5 * * *" },
			says: []string{"warning: the dbt job is also on dbt's own schedule"},
		},
		{
			name: "behind_another_run", scenario: "dbt-only", want: "success",
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].OtherRuns = append(s.DBT.Jobs[0].OtherRuns, sandbox.OtherRun{At: -time.Minute, Category: "scheduled"})
			},
			says: []string{"runs of one job go one after the other"},
		},
		{name: "nothing_to_say", scenario: "dbt-only", want: "success", never: []string{"warning:"}},
	})
}
