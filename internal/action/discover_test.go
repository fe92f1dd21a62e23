package action_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// fed is what the run feeds in the scenario lineage.
var fed = []string{
	"datasource Kundenstammdaten – täglich: success", "datasource Orders: success", "workbook Margin | P&L <EMEA>: success",
	"workbook Weekly revenue: success", "workbook Weekly revenue: success", "workbook 売上ダッシュボード: success",
	"datasource Store master: skipped", "workbook Store scorecard: skipped",
}

func named(name string) map[string]string { return map[string]string{"tableau-workbooks": name} }

// TestLineage: what reads what was built is refreshed, in order, once, and only after a look at all of it.
func TestLineage(t *testing.T) {
	t.Parallel()
	tell(t, []tale{
		{name: "found", scenario: "lineage", want: "success", rows: fed, check: inTheirOrder, requests: map[string]int{"get-artifact": 9, "refresh-workbook": 4, "refresh-datasource": 2}},
		{
			name: "named_too", scenario: "lineage", want: "success", inputs: named(weeklyRevenue), check: inTheirOrder,
			rows:     append([]string{"workbook Weekly revenue: success"}, append(append([]string{}, fed[:3]...), fed[4:]...)...),
			requests: map[string]int{"refresh-workbook": 4, "refresh-datasource": 2},
		},
		{
			name: "named_by_a_task", scenario: "lineage", want: "success", check: inTheirOrder,
			change: func(s *sandbox.Scenario) { s.Tableau.Tasks = []sandbox.Task{{LUID: task(1), Target: weeklyRevenue}} },
			inputs: map[string]string{"tableau-tasks": task(1)},
			rows:   append([]string{"task Weekly revenue: success"}, append(append([]string{}, fed[:3]...), fed[4:]...)...),
		},
		{
			name: "excluded", scenario: "lineage", want: "success", inputs: map[string]string{"tableau-exclude": "Orders\ntag:finance"},
			rows: []string{fed[0], fed[4], fed[5], fed[6], fed[7]}, says: []string{"left out: excluded"}, never: []string{"matches nothing"},
		},
		{
			name: "all_excluded", scenario: "lineage", want: "success", rows: []string{"workbook Store scorecard: skipped"},
			inputs:   map[string]string{"tableau-exclude": "tag:after-dbt\ntag:finance\ntag:certified\nStore master\nSales & Marketing/Weekly/Weekly revenue"},
			requests: map[string]int{"refresh-workbook": 0, "refresh-datasource": 0},
		},
		{
			name: "nothing_was_built", scenario: "lineage", want: "success", rows: []string{}, says: []string{"has built nothing that anything could read"},
			inputs: map[string]string{"dbt-steps-override": "dbt test"}, requests: map[string]int{"query-metadata": 1, "get-artifact": 0},
		},
		{
			name: "nothing_reads_it", scenario: "lineage", want: "success", rows: []string{}, says: []string{"Tableau knows none of the relations"},
			change: func(s *sandbox.Scenario) { unread(s.Tableau.Workbooks); unread(s.Tableau.DataSources) },
		},
		{
			name: "nothing_reads_it_but_something_is_named", scenario: "lineage", want: "success", rows: []string{"workbook Weekly revenue: success"}, inputs: named(weeklyRevenue),
			change: func(s *sandbox.Scenario) { unread(s.Tableau.Workbooks); unread(s.Tableau.DataSources) },
		},
		{
			name: "a_source_failed", scenario: "lineage", want: "refresh-failed", says: []string{`not refreshed, because the data source "Orders" that it reads was not: failed`},
			change: func(s *sandbox.Scenario) {
				s.Tableau.DataSources[0].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed}}
			},
			rows: append([]string{fed[0], "datasource Orders: failed", fed[2], "workbook Weekly revenue: not-started"}, fed[4:]...),
		},
		{
			name: "the_metadata_api_is_off", scenario: "lineage", want: "preflight-failed", rows: []string{},
			change: metadataOff, says: []string{"tableau-discover: lineage: ", "tsm maintenance metadata-services enable"},
		},
		{
			name: "the_metadata_api_is_off_and_dbt_ran", scenario: "lineage", want: "error", change: metadataOff,
			inputs: map[string]string{"tableau-preflight": "warn", "tableau-workbooks": weeklyRevenue},
			rows:   []string{"workbook Weekly revenue: success"}, requests: map[string]int{"trigger-run": 1},
		},
		{
			name: "the_metadata_api_is_off_and_nothing_else_is_named", scenario: "lineage", want: "error", change: metadataOff,
			inputs: map[string]string{"tableau-preflight": "warn"}, rows: []string{},
		},
		{
			name: "tableau_is_gone_after_the_run", scenario: "lineage", want: "error", rows: []string{}, inputs: map[string]string{"tableau-preflight": "warn"},
			faults: []sandbox.Fault{{Service: "tableau", Operation: "sign-in", Kind: sandbox.Unauthorized}},
		},
		{
			name: "cut_off", scenario: "lineage", want: "error", inputs: named(weeklyRevenue), rows: []string{"workbook Weekly revenue: success"},
			change: func(s *sandbox.Scenario) { s.Tableau.Metadata.NodeLimit = 3 },
			says:   []string{"cut off even for a single name"},
		},
		{
			name: "smaller_pages_cure_it", scenario: "lineage", want: "success", rows: fed,
			change: func(s *sandbox.Scenario) { s.Tableau.Metadata.NodeLimit = 20 },
		},
		{
			name: "still_learning", scenario: "lineage", want: "success", rows: fed, says: []string{"warning: tableau-discover: lineage: "},
			change: func(s *sandbox.Scenario) { s.Tableau.Metadata.Backfilling = true },
		},
		{
			name: "no_artifacts", scenario: "lineage", want: "error", inputs: named(weeklyRevenue), rows: []string{"workbook Weekly revenue: success"},
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsAfter = time.Hour },
			says:   []string{"tableau-discover: failed to find out what dbt run", "the run has made no such artifact"},
		},
		{
			name: "no_artifacts_and_nothing_else", scenario: "lineage", want: "error", rows: []string{},
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsAfter = time.Hour },
		},
		{
			name: "late_artifacts", scenario: "lineage", want: "success", rows: fed,
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsAfter = 15 * time.Second }, never: []string{"Not Found"},
		},
		{
			name: "artifacts_of_another_run", scenario: "lineage", want: "error", rows: []string{}, says: []string{"is one of run 4711: it is not used"},
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsOf = 4711 },
		},
		{
			name: "dbt_failed", scenario: "lineage", want: "dbt-failed", rows: []string{}, requests: map[string]int{"query-metadata": 1, "refresh-workbook": 0},
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Outcomes = []sandbox.Outcome{{FailsAt: "dbt build", Nodes: halfBuilt(s)}}
			},
		},
		{
			name: "retried", scenario: "lineage", want: "success", rows: fed, inputs: map[string]string{"dbt-retries": "1"}, check: inTheirOrder,
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Outcomes = []sandbox.Outcome{{FailsAt: "dbt build", Nodes: halfBuilt(s)}, {}}
			},
		},
		{
			name: "built_in_part", scenario: "lineage", want: "success", rows: append(append([]string{}, fed[:2]...), fed[3:]...), says: []string{"model.nordlys.fct_revenue_daily was built in part only"},
			change: func(s *sandbox.Scenario) { status(s, "fct_revenue_daily", "partial success") },
		},
		{
			name: "left_as_it_was", scenario: "lineage", want: "success", rows: append(append([]string{}, fed[:2]...), fed[3:]...),
			change: func(s *sandbox.Scenario) { status(s, "fct_revenue_daily", "no-op") },
		},
		{
			name: "not_waited_for", scenario: "lineage", want: "started", inputs: map[string]string{"tableau-wait": "false"}, check: inTheirOrder,
		},
		{
			// It still waits for what a workbook needs first, which takes the right to ask for jobs.
			name: "not_waited_for_by_a_connected_app", scenario: "lineage", want: "started", check: inTheirOrder,
			change: func(s *sandbox.Scenario) {
				app, _ := sandbox.Find("connected-app")
				s.Tableau.App = app.Tableau.App
				maps.Copy(s.Inputs, app.Inputs)
			},
			inputs: map[string]string{"tableau-wait": "false"},
		},
		{
			name: "gone_from_the_site", scenario: "lineage", want: "success", faults: []sandbox.Fault{{Service: "tableau", Operation: "get-workbook", Kind: sandbox.NotFound, Times: 1}},
			says: []string{"is left out: "},
		},
	})
}

func metadataOff(s *sandbox.Scenario) { s.Tableau.Metadata.Disabled = true }

func unread(items []sandbox.Item) {
	for i := range items {
		items[i].Tables, items[i].Queries = nil, nil
	}
}

// build is the step of the job that builds the models.
func build(s *sandbox.Scenario) *sandbox.Step { return &s.DBT.Jobs[0].Steps[2] }

// halfBuilt are the nodes of a build that fails at its last model.
func halfBuilt(s *sandbox.Scenario) []sandbox.Node {
	nodes := append([]sandbox.Node{}, build(s).Nodes...)
	nodes[len(nodes)-1].Status = "error"
	return nodes
}

func status(s *sandbox.Scenario, model, status string) {
	for i, node := range build(s).Nodes {
		if strings.HasSuffix(node.UniqueID, "."+model) {
			build(s).Nodes[i].Status = status
		}
	}
}

// inTheirOrder: the workbook that reads the data source Orders is refreshed after it.
func inTheirOrder(t *testing.T, done played) {
	t.Helper()
	var book, source sandbox.JobRecord
	for _, job := range done.box.Jobs() {
		switch job.Target {
		case weeklyRevenue:
			book = job
		case orders:
			source = job
		}
	}
	if book.Created.IsZero() || source.Ended.IsZero() || book.Created.Before(source.Ended) {
		t.Errorf("the workbook was refreshed at %s, its data source was done at %s", book.Created, source.Ended)
	}
}

// TestExposures: what the project's exposures name is refreshed, where they read what was built.
func TestExposures(t *testing.T) {
	t.Parallel()
	three := []string{"datasource Orders: success", "workbook 売上ダッシュボード: success", "workbook Weekly revenue: success"}
	pointing := func(under map[string]any) func(*sandbox.Scenario) {
		return func(s *sandbox.Scenario) {
			s.DBT.Jobs[0].Exposures = append(s.DBT.Jobs[0].Exposures, sandbox.Exposure{Name: "extra", DependsOn: []string{"model.nordlys.stg_orders"}, Tableau: under})
		}
	}
	tell(t, []tale{
		{name: "found", scenario: "exposures", want: "success", rows: three, requests: map[string]int{"query-metadata": 0}},
		{
			name: "not_found", scenario: "exposures", want: "refresh-failed", change: pointing(map[string]any{"workbook": "No such thing"}),
			rows: []string{three[0], three[1], "workbook No such thing: failed", three[2]}, says: []string{`exposure extra: "No such thing" means no workbook`},
		},
		{
			name: "ambiguous", scenario: "exposures", want: "refresh-failed", change: pointing(map[string]any{"workbook": "Weekly revenue"}),
			says: []string{`exposure extra: "Weekly revenue" means 2 workbooks`},
		},
		{
			name: "mistyped", scenario: "exposures", want: "refresh-failed", change: pointing(map[string]any{"workbooks": []string{weeklyRevenue[:35]}}),
			says: []string{"exposure extra: meta.tableau: "},
		},
		{
			name: "of_another_kind", scenario: "exposures", want: "refresh-failed", change: pointing(map[string]any{"workbook": pages + "datasources/31807"}),
			says: []string{"it is the address of a datasource"},
		},
		{
			name: "an_unknown_key", scenario: "exposures", want: "success", rows: three, change: pointing(map[string]any{"dashboard": "Weekly revenue"}),
			says: []string{"meta.tableau.dashboard of extra"},
		},
		{
			name: "silent", scenario: "exposures", want: "success", rows: three, change: pointing(nil), says: []string{"exposures with neither a url nor meta.tableau: extra"},
		},
		{
			name: "live", scenario: "exposures", want: "success", change: pointing(map[string]any{"workbook": storeScorecard}),
			rows: []string{three[0], three[1], "workbook Store scorecard: skipped", three[2]},
		},
		{
			name: "by_tag", scenario: "exposures", want: "success", change: pointing(map[string]any{"datasource": "tag:certified"}),
			rows: []string{three[0], "datasource Kundenstammdaten – täglich: success", three[1], three[2]},
		},
		{
			name: "with_their_sources", scenario: "exposures", want: "success", inputs: map[string]string{"tableau-include-datasources": "true"}, check: inTheirOrder, rows: three,
			change: func(s *sandbox.Scenario) { s.Tableau.Workbooks[0].Reads = []string{orders} },
		},
		{
			name: "none", scenario: "exposures", want: "success", rows: []string{}, change: func(s *sandbox.Scenario) { s.DBT.Jobs[0].Exposures = nil },
			says: []string{"none of the dbt project's exposures (0) depends on what the run has built"},
		},
		{
			name: "all_elsewhere", scenario: "exposures", want: "success", rows: []string{}, change: func(s *sandbox.Scenario) { s.DBT.Jobs[0].Exposures = s.DBT.Jobs[0].Exposures[2:4] },
			says: []string{"leads to anything on this site"},
		},
		{
			name: "a_flow", scenario: "exposures", want: "success", rows: []string{}, says: []string{"exposures that lead to no workbook or data source of this site: clean"},
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Exposures = []sandbox.Exposure{{Name: "clean", URL: s.Tableau.PageURL + "/#/site/nordlys/flows/7101", DependsOn: []string{"model.nordlys.stg_orders"}}}
			},
		},
		{
			name: "both_ways", scenario: "exposures", want: "success", inputs: map[string]string{"tableau-discover": "exposures\nlineage"},
			says: []string{`"Weekly revenue": exposure weekly_revenue, ANALYTICS.MARTS.MART_WEEKLY_REVENUE`}, requests: map[string]int{"refresh-datasource": 2},
		},
		{
			name: "dry_run", scenario: "exposures", want: "checked", inputs: map[string]string{"dry-run": "true"}, check: harmless,
			rows: []string{"datasource Orders: not-started", "workbook 売上ダッシュボード: not-started", "workbook Weekly revenue: not-started"},
		},
		{
			name: "dry_run_not_found", scenario: "exposures", want: "preflight-failed", inputs: map[string]string{"dry-run": "true"}, change: pointing(map[string]any{"workbook": "No such thing"}),
			says: []string{`exposure extra: "No such thing" means no workbook`},
		},
	})
}

// TestDiscover_dry_run: which run it goes by, and what it does without one.
func TestDiscover_dry_run(t *testing.T) {
	t.Parallel()
	dry := map[string]string{"dry-run": "true"}
	tell(t, []tale{
		{name: "last_success", scenario: "lineage", want: "checked", inputs: dry, check: harmless, says: []string{"told by the job's last one that succeeded, dbt run "}},
		{
			name: "no_run_yet", scenario: "lineage", want: "checked", inputs: dry, rows: []string{}, says: []string{"no run of the job has succeeded yet"},
			change: func(s *sandbox.Scenario) { s.DBT.Jobs[0].Others = nil },
		},
		{name: "metadata_off", scenario: "lineage", want: "preflight-failed", inputs: dry, change: metadataOff, check: harmless},
		{
			name: "no_artifacts", scenario: "lineage", want: "error", inputs: dry, check: harmless,
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsOf = 4711 },
		},
	})
}

// TestDiscover_a_run_made_in_dbt: a run that takes up another one in dbt has fed what both have built, and a dry run goes by
// the run that is named.
func TestDiscover_a_run_made_in_dbt(t *testing.T) {
	t.Parallel()
	scenario, _ := sandbox.Find("lineage")
	scenario = scenario.Faster(1)
	scenario.DBT.Jobs[0].Outcomes = []sandbox.Outcome{{FailsAt: "dbt build", Nodes: halfBuilt(&scenario)}, {}}
	for _, dry := range []string{"true", "false"} {
		t.Run("dry_run_"+dry, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := sandbox.New(scenario)
				first := play{box: box, inputs: map[string]string{"dbt-retries": "1"}}.run(t)
				before := len(box.Jobs())
				inputs := asked(scenario)
				inputs["dbt-run-id"], inputs["dry-run"] = first.outputs["run-id"], dry
				second := play{box: box, inputs: inputs}.run(t)
				if second.code != 0 || !strings.Contains(second.log, "built 10 relations, and feeds 8 items") {
					t.Errorf("exit code %d\n%s", second.code, second.log)
				}
				if got, want := len(box.Jobs())-before, map[string]int{"true": 0, "false": 6}[dry]; got != want {
					t.Errorf("%d refreshes, want %d", got, want)
				}
			})
		})
	}
}

// TestDiscover_faults: what fails while it is looked for is survived, or ends as an error after what is named was refreshed.
func TestDiscover_faults(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"dbt/get-artifact", "tableau/query-metadata", "tableau/get-datasource"} {
		for _, kind := range sandbox.FaultKinds() {
			for _, times := range []int{1, 0} {
				t.Run(fmt.Sprintf("%s/%s_%d", operation, kind, times), func(t *testing.T) {
					t.Parallel()
					service, name, _ := strings.Cut(operation, "/")
					checkDiscovery(t, sandbox.Fault{Service: service, Operation: name, Kind: kind, Times: times})
				})
			}
		}
	}
}

func checkDiscovery(t *testing.T, fault sandbox.Fault) {
	scenario, _ := sandbox.Find("lineage")
	synctest.Test(t, func(t *testing.T) {
		box := sandbox.New(scenario)
		defer time.AfterFunc(time.Minute, func() { box.Break(fault) }).Stop() // dbt is running by then
		inputs := asked(scenario)
		inputs["tableau-workbooks"], inputs["timeout"] = weeklyRevenue, "2h"
		done := play{box: box, inputs: inputs}.run(t)
		refreshed := map[string]int{}
		for _, job := range box.Jobs() {
			if refreshed[job.Target]++; refreshed[job.Target] > 1 {
				t.Errorf("%s was refreshed twice", job.Target)
			}
		}
		result := done.outputs["result"]
		switch {
		case result == "success" && refreshed[weeklyRevenue] == 1:
		case result == "error" && refreshed[weeklyRevenue] == 1 && strings.Contains(done.outputs["message"], "discover"):
		case result == "timed-out" && fault.Times == 0:
		default:
			t.Errorf("result is %s, refreshed were %v\n%s", result, refreshed, done.log)
		}
		if fault.Times == 1 && !fault.Kind.Refuses() && (result != "success" || len(refreshed) != 6) {
			t.Errorf("result is %s with %d refreshes after a single fault\n%s", result, len(refreshed), done.log)
		}
		if fault.Times == 0 && len(refreshed) == 6 && fault.Operation != "get-datasource" {
			t.Errorf("the fault did not matter:\n%s", done.log)
		}
		checkSecrets(t, done)
	})
}
