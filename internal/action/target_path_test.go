package action_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/sandbox"
)

// coreTargets are the targets of the scenario "dbt-core".
var coreTargets = []string{
	"datasource Orders: success", "workbook 売上ダッシュボード: success", "workbook Weekly revenue: success", "datasource Kundenstammdaten – täglich: success",
	"workbook Margin | P&L <EMEA>: success", "workbook Weekly revenue: success", "datasource Store master: skipped", "workbook Store scorecard: skipped",
}

// onlyRevenue selects one workbook by name, without discovery.
func onlyRevenue() map[string]string {
	return map[string]string{"tableau-discover": "", "tableau-workbooks": "Finance/Weekly/Weekly revenue"}
}

// coreCommand returns a command of dbt Core that ended two minutes ago.
func coreCommand(command, folder string, nodes ...sandbox.Node) sandbox.CoreCommand {
	return sandbox.CoreCommand{Command: command, Folder: folder, EndedAgo: 2 * time.Minute, Nodes: nodes}
}

// coreNode returns the result of a node. A model has a table in the schema MARTS.
func coreNode(id, status, message string) sandbox.Node {
	n := sandbox.Node{UniqueID: id, Status: status, Message: message, Duration: time.Second}
	if name, isModel := strings.CutPrefix(id, "model.nordlys."); isModel {
		n.Relation = "ANALYTICS.MARTS." + strings.ToUpper(name)
	}
	return n
}

// withCommands replaces the commands of dbt Core. Their target folders are set as dbt-target-path by the test.
func withCommands(commands ...sandbox.CoreCommand) func(*sandbox.Scenario) {
	return func(s *sandbox.Scenario) { s.Core = commands }
}

// changeNode changes a node of the scenario's only command.
func changeNode(id string, change func(*sandbox.Node)) func(*sandbox.Scenario) {
	return func(s *sandbox.Scenario) {
		i := slices.IndexFunc(s.Core[0].Nodes, func(n sandbox.Node) bool { return n.UniqueID == id })
		change(&s.Core[0].Nodes[i])
	}
}

func withStatus(id, status, message string) func(*sandbox.Scenario) {
	return changeNode(id, func(n *sandbox.Node) { n.Status, n.Message = status, message })
}

// checkNoRequest asserts that a step that ends before Tableau is checked has sent nothing.
func checkNoRequest(t *testing.T, step outcome) {
	t.Helper()
	if got := len(step.services.Requests()); got > 0 {
		t.Errorf("%d requests were sent", got)
	}
}

// checkNoDBT asserts that dbt is not contacted.
func checkNoDBT(t *testing.T, step outcome) {
	t.Helper()
	for _, request := range step.services.Requests() {
		if request.Service == "dbt" {
			t.Errorf("request %s to dbt", request.Operation)
		}
	}
}

// TestTargetPath_success tests tests tests refreshes after dbt Core.
func TestTargetPath_success(t *testing.T) {
	t.Parallel()
	runTests(t, []scenarioTest{
		{
			name: "discovery", scenario: "dbt-core", want: "success", wantTargets: coreTargets, wantRequests: map[string]int{"sign-in": 1, "sign-out": 1},
			wantLog: []string{"\"dbt build\" (target \"prod\") in \"target\", 1m 10s ago: 7 models, 2 seeds, 3 tests\n", "dbt built 10 tables and views", "success: dbt succeeded, and 1 dbt test warned; 6 refreshed, 2 skipped", "test not_null_fct_orders_order_id: Got 2 results"},
			check: func(t *testing.T, step outcome) {
				t.Helper()
				checkNoDBT(t, step)
				got := maps.Clone(step.outputs)
				maps.DeleteFunc(got, func(name, _ string) bool { return !strings.HasPrefix(name, "run-") && name != "git-sha" })
				if diff := cmp.Diff(map[string]string{"run-id": "c04e0000-0000-4000-8000-000000000001", "run-status": "success"}, got); diff != "" {
					t.Errorf("outputs (-want +got):\n%s", diff)
				}
				for _, text := range []string{"## ✅ dbt → 6 Tableau refreshes", "- &#34;dbt build&#34; \\(target &#34;prod&#34;\\) in &#34;target&#34;, 1m 10s ago: 7 models, 2 seeds, 3 tests\n", "after dbt finished"} {
					if !strings.Contains(step.summary, text) {
						t.Errorf("the summary does not contain %q:\n%s", text, step.summary)
					}
				}
				if len(step.state) > 0 {
					t.Errorf("state %v for the post step, want none", step.state)
				}
			},
		},
		{
			name: "listed_tagged_and_excluded", scenario: "dbt-core", want: "success",
			inputs:      map[string]string{"tableau-discover": "", "tableau-workbooks": "tag:after-dbt\n" + marginLUID, "tableau-exclude": "売上ダッシュボード"},
			wantTargets: []string{"workbook Weekly revenue: success", "workbook Margin | P&L <EMEA>: success"}, check: checkNoDBT,
		},
		{
			name: "task", scenario: "dbt-core", want: "success", inputs: map[string]string{"tableau-discover": "", "tableau-tasks": taskLUID(1)},
			change: func(s *sandbox.Scenario) {
				s.Tableau.Tasks = []sandbox.Task{{LUID: taskLUID(1), Target: weeklyRevenueLUID}}
			},
			wantTargets: []string{"task Weekly revenue: success"},
		},
		{
			name: "dry_run", scenario: "dbt-core", want: "checked", inputs: map[string]string{"dry-run": "true"}, check: checkNoDBT,
			wantLog: []string{"dbt built 10 tables and views", "Dry run passed: dbt succeeded, would refresh 4 workbooks and 2 data sources; nothing was started"},
		},
		{
			name: "not_waited_for", scenario: "dbt-core", want: "started", inputs: withInputs(onlyRevenue(), "tableau-wait", "false"),
			wantLog: []string{"dbt succeeded, and 1 dbt test warned; Tableau accepted 1 of 1 refresh"},
		},
		{
			name: "no_uuid", scenario: "dbt-core", want: "success", inputs: onlyRevenue(), workspace: replaceInFile("target/run_results.json", `"c04e0000-0000-4000-8000-000000000001"`, `"::set-output name=x::y"`),
			check: func(t *testing.T, step outcome) {
				t.Helper()
				if id, ok := step.outputs["run-id"]; ok {
					t.Errorf("run-id is %q, want none", id)
				}
			},
		},
		{
			// Fusion also reports nodes without changes as skipped.
			name: "skipped_alone", scenario: "dbt-core", want: "success", change: withStatus("model.nordlys.mart_weekly_revenue", "skipped", "Skipped"),
			inputs:  map[string]string{"tableau-discover": "lineage"},
			wantLog: []string{"these nodes were not built, so they do not trigger refreshes: model.nordlys.mart_weekly_revenue (skipped)"}, wantNoLog: []string{`"Weekly revenue" (workbook`},
		},
		{
			name: "refresh_fails", scenario: "dbt-core", want: "refresh-failed", inputs: onlyRevenue(), wantNoLog: []string{"dbt-run-id"},
			change: func(s *sandbox.Scenario) {
				s.Tableau.Workbooks[0].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed}}
			},
			wantLog: []string{"; dbt succeeded"},
		},
		{
			name: "timeout", scenario: "dbt-core", want: "timed-out", inputs: withInputs(onlyRevenue(), "timeout", "10s"),
			wantLog: []string{"; dbt succeeded, 1 "}, check: checkNoDBT,
		},
	})
}

// TestTargetPath_cancel cancels a step while it refreshes: there is no run to cancel, not even in the post step.
func TestTargetPath_cancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, _ := sandbox.Find("dbt-core")
		e := execution{scenario: scenario, inputs: withInputs(scenarioInputs(scenario), "tableau-discover", "", "tableau-workbooks", weeklyRevenueLUID), cancelAfter: 10 * time.Second}
		step := e.run(t)
		if got := step.outputs["result"]; got != "cancelled" || step.duration > 12*time.Second {
			t.Errorf("result is %s after %s, want cancelled within 2 s\n%s", got, step.duration, step.log)
		}
		checkNoDBT(t, step)
		e.program, e.cancelAfter, e.env = "/post", 0, map[string]string{"STATE_dbt-run": step.state["dbt-run"]}
		post := e.run(t)
		if post.exitCode != 0 {
			t.Errorf("exit code %d of the post step\n%s", post.exitCode, post.log)
		}
		checkNoRequest(t, post)
	})
}

// TestTargetPath_dbt_failed asserts that each result that dbt counts as failed ends the step before Tableau is contacted.
func TestTargetPath_dbt_failed(t *testing.T) {
	t.Parallel()
	const orders = "model.nordlys.fct_orders"
	test := func(name string, change func(*sandbox.Scenario), wantLog ...string) scenarioTest {
		return scenarioTest{name: name, scenario: "dbt-core", want: "dbt-failed", change: change, wantLog: append(wantLog, "dbt-failed: dbt failed: ", "nothing was refreshed"), check: checkNoRequest}
	}
	tests := []scenarioTest{
		test("error", withStatus(orders, "error", "Database Error in model fct_orders\n  invalid identifier"), "model fct_orders: Database Error in model fct_orders", "Tableau still shows"),
		test("partial_success", withStatus(orders, "partial success", "PARTIAL SUCCESS (3/4)"), "model fct_orders: PARTIAL SUCCESS (3/4)"),
		test("runtime_error", withStatus(orders, "runtime error", ""), "model fct_orders: runtime error"),
		test("failed_test", changeNode("test.nordlys.not_null_fct_orders_order_id.cf6c17daed", func(n *sandbox.Node) {
			n.Status, n.Message, n.Failures = "fail", "Got 3 results, configured to fail if != 0", 3
		}), "test not_null_fct_orders_order_id: Got 3 results"),
		test("failed_hook", withStatus("operation.nordlys.nordlys-on-run-start-0", "error", "on-run-start failed"), "operation nordlys-on-run-start-0: on-run-start failed"),
		test("fail_fast_without_the_failure", withStatus(orders, "skipped", "Skipping due to fail_fast"), "dbt stopped at the first failure (--fail-fast)"),
		test("compile", withCommands(sandbox.CoreCommand{Command: "dbt compile", Folder: "target", Nodes: []sandbox.Node{coreNode(orders, "error", "Compilation Error")}}), "model fct_orders: Compilation Error"),
		test("test_on_its_own", withCommands(coreCommand("dbt build", "target/build", coreNode(orders, "success", "")), coreCommand("dbt test", "target/test", coreNode("test.nordlys.a.b", "fail", "Got 1 result"))), "test a: Got 1 result"),
	}
	tests[len(tests)-2].inputs, tests[len(tests)-1].inputs = onlyRevenue(), map[string]string{"dbt-target-path": "target/*"}
	dryRun := test("dry_run", withStatus(orders, "error", "no such table"), "model fct_orders: no such table")
	dryRun.inputs = map[string]string{"dry-run": "true"}
	withoutDiscovery := test("without_discovery", withStatus(orders, "error", "no such table"), "model fct_orders: no such table")
	withoutDiscovery.inputs = onlyRevenue()
	runTests(t, append(tests, dryRun, withoutDiscovery, scenarioTest{
		name: "outputs_and_summary", scenario: "dbt-core", want: "dbt-failed", change: withStatus(orders, "error", "no such table"),
		check: func(t *testing.T, step outcome) {
			t.Helper()
			if step.exitCode != 1 || step.outputs["run-status"] != "error" || step.outputs["refreshes"] != "[]" {
				t.Errorf("exit code %d, outputs %v", step.exitCode, step.outputs)
			}
			for _, text := range []string{"| ❌ | <code>fct\\_orders</code> | model | no such table |", "&#34;dbt build&#34; \\(target &#34;prod&#34;\\) in &#34;target&#34;", "Tableau still shows the data of the last refresh"} {
				if !strings.Contains(step.summary, text) {
					t.Errorf("the summary does not contain %q:\n%s", text, step.summary)
				}
			}
		},
	}))
}

// TestTargetPath_several_commands reads several target folders.
func TestTargetPath_several_commands(t *testing.T) {
	t.Parallel()
	client := func(name, schema string, ago time.Duration) sandbox.CoreCommand {
		node := coreNode("model.nordlys.report", "success", "")
		node.Relation = "ANALYTICS." + schema + ".REPORT"
		return sandbox.CoreCommand{Command: "dbt run --vars {client: " + name + "}", Folder: "target/" + name, EndedAgo: ago, Nodes: []sandbox.Node{node}}
	}
	clients := func(s *sandbox.Scenario) {
		s.Core = []sandbox.CoreCommand{client("acme", "ACME", time.Hour), client("globex", "GLOBEX", 30*time.Minute)}
		s.Tableau.Workbooks[0].Tables = []sandbox.Table{{Database: "ANALYTICS", Schema: "ACME", Name: "REPORT"}}
		s.Tableau.Workbooks[1].Tables = []sandbox.Table{{Database: "ANALYTICS", Schema: "GLOBEX", Name: "REPORT"}}
	}
	lineage := map[string]string{"dbt-target-path": "target/*", "tableau-discover": "lineage"}
	bothClients := []string{"workbook Margin | P&L <EMEA>: success", "workbook Weekly revenue: success"}
	runTests(t, []scenarioTest{
		{name: "two_clients", scenario: "dbt-core", want: "success", change: clients, inputs: lineage, wantTargets: bothClients, wantLog: []string{
			"\"dbt run\" in \"target/acme\", 1h 00m ago: 1 model\n", "\"dbt run\" in \"target/globex\", 30m 00s ago: 1 model\n",
		}, check: func(t *testing.T, step outcome) {
			t.Helper()
			if got := step.outputs["run-id"]; got != "c04e0000-0000-4000-8000-000000000002" {
				t.Errorf("run-id is %s, want that of the newest results", got)
			}
		}},
		{name: "each_folder", scenario: "dbt-core", want: "success", change: clients, inputs: withInputs(lineage, "dbt-target-path", "target/globex\ntarget/acme"), wantTargets: bothClients},
		{name: "one_of_them", scenario: "dbt-core", want: "success", change: clients, inputs: withInputs(lineage, "dbt-target-path", "target/acme"), wantTargets: bothClients[1:]},
		{
			name: "build_then_docs", scenario: "dbt-core", want: "success", inputs: map[string]string{"dbt-target-path": "target/*"}, wantTargets: coreTargets,
			change: func(s *sandbox.Scenario) {
				docs := s.Core[0]
				s.Core[0].Folder, docs.Folder, docs.Command, docs.EndedAgo = "target/build", "target/docs", "dbt docs generate", time.Second
				s.Core = append(s.Core, docs)
			},
			wantLog: []string{"\"dbt build\" (target \"prod\") in \"target/build\"", "\"dbt docs generate\" (target \"prod\") in \"target/docs\", 1s ago: nothing built"},
		},
		{
			name: "unknown_command", scenario: "dbt-core", want: "success", wantTargets: coreTargets,
			change: func(s *sandbox.Scenario) { s.Core[0].Command = "dbt materialize" }, wantLog: []string{"\"dbt materialize\" (target \"prod\") in \"target\""},
		},
		{
			name: "no_args", scenario: "dbt-core", want: "success", wantTargets: coreTargets, wantLog: []string{"\"dbt\" in \"target\", 1m 10s ago"},
			workspace: replaceInFile("target/run_results.json", `"which":"build"`, `"other":"build"`, `"target":"prod"`, `"target":null`),
		},
		{
			name: "manifest_of_dbt_parse", scenario: "dbt-core", want: "success", wantTargets: coreTargets, wantLog: []string{`using "target/manifest.json", although it is from a different dbt command than run_results.json`},
			workspace: replaceInFile("target/manifest.json", "c04e0000-0000-4000-8000-000000000001", "aaaa0000-0000-4000-8000-000000000001"),
		},
		{
			name: "nothing_selected", scenario: "dbt-core", want: "success", change: withCommands(coreCommand("dbt run", "target")), wantTargets: []string{},
			wantLog: []string{"\"dbt run\" in \"target\", 2m 00s ago: nothing built", "dbt built no tables or views"},
		},
		{
			name: "stored_failures", scenario: "dbt-core", want: "success", inputs: map[string]string{"tableau-discover": "lineage"}, wantTargets: []string{"workbook Weekly revenue: success"},
			change: func(s *sandbox.Scenario) {
				test := coreNode("test.nordlys.not_null_id.cf6c17daed", "pass", "")
				test.Relation = "ANALYTICS.AUDIT.NOT_NULL_ID"
				s.Core = []sandbox.CoreCommand{coreCommand("dbt test --store-failures", "target", test)}
				s.Tableau.Workbooks[0].Tables = []sandbox.Table{{Database: "ANALYTICS", Schema: "AUDIT", Name: "NOT_NULL_ID"}}
			},
		},
		{
			name: "compile_without_discovery", scenario: "dbt-core", want: "success", inputs: onlyRevenue(), change: withCommands(coreCommand("dbt compile", "target", coreNode("model.nordlys.fct_orders", "success", ""))),
			wantTargets: []string{"workbook Weekly revenue: success"},
		},
	})
}

// TestTargetPath_builds_nothing asserts that the results of a command that builds nothing do not count as a build.
func TestTargetPath_builds_nothing(t *testing.T) {
	t.Parallel()
	orders, test := coreNode("model.nordlys.fct_orders", "success", ""), coreNode("test.nordlys.a.b", "pass", "")
	var tests []scenarioTest
	for name, command := range map[string]sandbox.CoreCommand{
		"dbt compile": coreCommand("dbt compile", "target", orders), "dbt docs generate": coreCommand("dbt docs generate", "target", orders),
		"dbt test": coreCommand("dbt test", "target", test), "dbt show": coreCommand("dbt show", "target", coreNode("sql_operation.nordlys.inline_query", "success", "")),
		"dbt run-operation": coreCommand("dbt run-operation grant_all", "target", coreNode("macro.nordlys.grant_all", "success", "")),
		"dbt list":          coreCommand("dbt list", "target"), "dbt parse": coreCommand("dbt parse", "target"),
	} {
		tests = append(tests, scenarioTest{
			name: strings.ReplaceAll(name, " ", "_"), scenario: "dbt-core", want: "preflight-failed", change: withCommands(command), check: checkNoRequest,
			wantLog: []string{`dbt-target-path: run "dbt build", or give each dbt command its own --target-path`, `"target" contains only results of "` + name + `" from 2m ago`},
		})
	}
	runTests(t, append(tests, scenarioTest{
		name: "several", scenario: "dbt-core", want: "preflight-failed", change: withCommands(coreCommand("dbt compile", "target/a", orders), coreCommand("dbt test", "target/b", test)),
		inputs: map[string]string{"dbt-target-path": "target/a\ntarget/b"}, check: checkNoRequest,
		wantLog: []string{`"target/a" contains only results of "dbt compile" from 2m ago, "target/b" contains only results of "dbt test" from 2m ago`},
	}))
}
