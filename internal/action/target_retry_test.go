package action_test

import (
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestTargetPath_retry merges the results of dbt retry with those of the command that it repeats, in another folder.
func TestTargetPath_retry(t *testing.T) {
	t.Parallel()
	const (
		customers, orders, revenue, weekly = "model.nordlys.dim_customers", "model.nordlys.fct_orders", "model.nordlys.fct_revenue_daily", "model.nordlys.mart_weekly_revenue"
		hook, ephemeral                    = "operation.nordlys.nordlys-on-run-start-0", "model.nordlys.int_orders"
		unknown                            = "It is unknown what the first command built"
	)
	hookPassed := coreNode(hook, "success", "")
	ofBuild := func(folder string, ago time.Duration, nodes ...sandbox.Node) sandbox.CoreCommand {
		return sandbox.CoreCommand{Command: "dbt build", Folder: folder, EndedAgo: ago, Nodes: append([]sandbox.Node{hookPassed}, nodes...)}
	}
	ofRetry := func(folder string, ago time.Duration, nodes ...sandbox.Node) sandbox.CoreCommand {
		c := ofBuild(folder, ago, nodes...)
		c.Command, c.Which = "dbt --quiet retry --state target/build", "build"
		return c
	}
	nothingLeft := ofRetry("target/retry", time.Minute)
	nothingLeft.Nodes = nil // not even hooks
	build := ofBuild("target/build", time.Hour, coreNode(customers, "success", ""), coreNode(orders, "error", "no such column"), coreNode(revenue, "skipped", ""), coreNode(weekly, "skipped", ""))
	all := []string{
		"datasource Kundenstammdaten – täglich: success", "datasource Orders: success", "workbook Margin | P&L <EMEA>: success",
		"workbook Weekly revenue: success", "workbook Weekly revenue: success", "workbook 売上ダッシュボード: success", "workbook Store scorecard: skipped",
	}
	test := func(name, want string, wantTargets []string, wantLog string, commands ...sandbox.CoreCommand) scenarioTest {
		return scenarioTest{
			name: name, scenario: "dbt-core", want: want, wantTargets: wantTargets, wantLog: []string{wantLog}, check: checkNoDBT,
			inputs: map[string]string{"dbt-target-path": "target/*", "tableau-discover": "lineage"}, change: withCommands(commands...),
		}
	}
	retried := ofRetry("target/retry", time.Minute, coreNode(orders, "success", ""), coreNode(revenue, "success", ""), coreNode(weekly, "success", ""))
	tests := []scenarioTest{
		test("all_built", "success", all, "\"dbt retry\" in \"target/retry\", 1m 00s ago: 3 models\n", build, retried),
		test("failed_again", "dbt-failed", nil, "model fct_orders: still no such column", build, ofRetry("target/retry", time.Minute, coreNode(orders, "error", "still no such column"), coreNode(revenue, "skipped", ""))),
		test("repeated", "success", all, "\"dbt retry\" in \"target/b\", 5m 00s ago", build,
			ofRetry("target/a", 10*time.Minute, coreNode(orders, "success", ""), coreNode(revenue, "error", "timeout"), coreNode(weekly, "skipped", "")),
			ofRetry("target/b", 5*time.Minute, coreNode(revenue, "success", ""), coreNode(weekly, "success", ""))),
		// Another failure that is not part of the retry still counts.
		test("failure_that_was_not_retried", "dbt-failed", nil, "model dim_customers: disk full", ofBuild("target/build", time.Hour, coreNode(customers, "error", "disk full"), coreNode(orders, "error", "no such column")), retried),
		// dbt does not repeat ephemeral models, so their results after fail_fast stay.
		test("after_fail_fast", "success", all, "dbt succeeded",
			ofBuild("target/build", time.Hour, coreNode(customers, "success", ""), coreNode(orders, "skipped", "Skipping due to fail_fast"), coreNode(ephemeral, "skipped", "Skipping due to fail_fast"), coreNode(revenue, "skipped", "Skipping due to fail_fast")), retried),
		test("of_a_failed_hook", "success", nil, "dbt succeeded",
			sandbox.CoreCommand{Command: "dbt run", Folder: "target/build", EndedAgo: time.Hour, Nodes: []sandbox.Node{coreNode(hook, "error", "no permission"), coreNode(orders, "success", "")}},
			ofRetry("target/retry", time.Minute)),
		// Only the newest older failure is replaced: the other one is of another client, for example.
		test("of_one_of_two_failures", "dbt-failed", nil, "model fct_orders: no such column", build, ofBuild("target/other", 30*time.Minute, coreNode(orders, "error", "newer")), retried),
		test("older_than_the_failure", "dbt-failed", nil, "model fct_orders: no such column", build, ofRetry("target/retry", 2*time.Hour, coreNode(orders, "success", ""))),
		test("alone", "success", all[1:], unknown, retried),
		test("with_other_nodes_and_hooks", "success", nil, unknown, ofBuild("target/build", time.Hour, coreNode(customers, "success", "")), retried),
		test("alone_with_nothing_left", "success", []string{}, unknown, nothingLeft),
		test("with_nothing_left", "success", []string{all[0], all[1], all[6]}, "\"dbt retry\" in \"target/retry\", 1m 00s ago: nothing built", ofBuild("target/build", time.Hour, coreNode(customers, "success", "")), nothingLeft),
	}
	for i, tc := range tests {
		switch {
		case tc.want == "dbt-failed":
			tests[i].check = checkNoRequest
		case tc.wantLog[0] != unknown:
			tests[i].wantNoLog = []string{unknown}
		}
		if strings.HasPrefix(tc.name, "alone") {
			tests[i].wantLog = append(tc.wantLog, `::warning::dbt-target-path: give each dbt command its own --target-path`, `"target/retry" contains only what "dbt retry" ran again`)
		}
	}
	runTests(t, tests)
}
