package action_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// lineageTargets are the targets of the scenario "lineage".
var lineageTargets = []string{
	"datasource Kundenstammdaten – täglich: success", "datasource Orders: success", "workbook Margin | P&L <EMEA>: success",
	"workbook Weekly revenue: success", "workbook Weekly revenue: success", "workbook 売上ダッシュボード: success",
	"datasource Store master: skipped", "workbook Store scorecard: skipped",
}

func workbookInput(name string) map[string]string {
	return map[string]string{"tableau-workbooks": name}
}

// TestLineage asserts that content downstream of the built tables is refreshed, in order, once, and only after all of it was
// found.
func TestLineage(t *testing.T) {
	t.Parallel()
	runTests(t, []scenarioTest{
		{name: "found", scenario: "lineage", want: "success", wantTargets: lineageTargets, check: checkWorkbookAfterOrders, wantRequests: map[string]int{"get-artifact": 12, "refresh-workbook": 4, "refresh-datasource": 2}},
		{
			name: "also_listed", scenario: "lineage", want: "success", inputs: workbookInput(weeklyRevenueLUID), check: checkWorkbookAfterOrders,
			wantTargets:  append([]string{"workbook Weekly revenue: success"}, append(append([]string{}, lineageTargets[:3]...), lineageTargets[4:]...)...),
			wantRequests: map[string]int{"refresh-workbook": 4, "refresh-datasource": 2},
		},
		{
			name: "listed_as_a_task", scenario: "lineage", want: "success", check: checkWorkbookAfterOrders,
			change: func(s *sandbox.Scenario) {
				s.Tableau.Tasks = []sandbox.Task{{LUID: taskLUID(1), Target: weeklyRevenueLUID}}
			},
			inputs:      map[string]string{"tableau-tasks": taskLUID(1)},
			wantTargets: append([]string{"task Weekly revenue: success"}, append(append([]string{}, lineageTargets[:3]...), lineageTargets[4:]...)...),
		},
		{
			name: "excluded_by_an_unresolvable_path", scenario: "lineage", want: "preflight-failed", faults: []sandbox.Fault{{Service: "tableau", Operation: "list-projects", Kind: sandbox.Forbidden}},
			inputs: map[string]string{"tableau-exclude": "/Finance/Weekly/Weekly revenue"}, wantTargets: []string{}, wantLog: []string{`use a LUID instead of "/Finance/Weekly/Weekly revenue"`},
		},
		{
			name: "listed_as_two_tasks_and_a_source_failed", scenario: "lineage", want: "refresh-failed", inputs: map[string]string{"tableau-tasks": taskLUID(1) + "\n" + taskLUID(2)},
			change: func(s *sandbox.Scenario) {
				s.Tableau.Tasks = []sandbox.Task{{LUID: taskLUID(1), Target: weeklyRevenueLUID}, {LUID: taskLUID(2), Target: weeklyRevenueLUID}}
				s.Tableau.DataSources[0].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed}}
			},
			wantTargets:  append([]string{"task Weekly revenue: not-started", "task Weekly revenue: not-started", lineageTargets[0], "datasource Orders: failed", lineageTargets[2]}, lineageTargets[4:]...),
			wantRequests: map[string]int{"run-task": 0},
		},
		{
			name: "incremental_with_a_forbidden_task_list", scenario: "lineage", want: "refresh-failed", wantRequests: map[string]int{"refresh-workbook": 0, "refresh-datasource": 0},
			inputs: map[string]string{"tableau-incremental": "true", "tableau-api-version": "3.24"}, faults: []sandbox.Fault{{Service: "tableau", Operation: "list-tasks", Kind: sandbox.Forbidden}},
		},
		{
			name: "incremental_with_an_unavailable_task_list", scenario: "lineage", want: "error", wantRequests: map[string]int{"refresh-workbook": 0, "refresh-datasource": 0},
			inputs: map[string]string{"tableau-incremental": "true", "tableau-api-version": "3.24"}, faults: []sandbox.Fault{{Service: "tableau", Operation: "list-tasks", Kind: sandbox.BadGateway}},
		},
		{
			name: "timed_out_without_waiting", scenario: "lineage", want: "timed-out", inputs: map[string]string{"tableau-wait": "false", "tableau-timeout": "10s"},
			wantTargets: []string{
				"datasource Kundenstammdaten – täglich: started", "datasource Orders: timed-out", "workbook Margin | P&L <EMEA>: started",
				"workbook Weekly revenue: not-started", "workbook Weekly revenue: started", "workbook 売上ダッシュボード: started", lineageTargets[6], lineageTargets[7],
			},
		},
		{
			name: "excluded", scenario: "lineage", want: "success", inputs: map[string]string{"tableau-exclude": "Orders\ntag:finance"},
			wantTargets: []string{lineageTargets[0], lineageTargets[4], lineageTargets[5], lineageTargets[6], lineageTargets[7]}, wantLog: []string{"skipped: excluded"}, wantNoLog: []string{"matches no item"},
		},
		{
			name: "all_excluded", scenario: "lineage", want: "success", wantTargets: []string{"workbook Store scorecard: skipped"},
			inputs:       map[string]string{"tableau-exclude": "tag:after-dbt\ntag:finance\ntag:certified\nStore master\nSales & Marketing/Weekly/Weekly revenue"},
			wantRequests: map[string]int{"refresh-workbook": 0, "refresh-datasource": 0},
		},
		{
			name: "nothing_was_built", scenario: "lineage", want: "success", wantTargets: []string{}, wantLog: []string{"built no tables or views"},
			inputs: map[string]string{"dbt-steps-override": "dbt test"}, wantRequests: map[string]int{"query-metadata": 1},
		},
		{
			name: "nothing_uses_it", scenario: "lineage", want: "success", wantTargets: []string{}, wantLog: []string{"found in Tableau. Check that"},
			change: func(s *sandbox.Scenario) { removeTables(s.Tableau.Workbooks); removeTables(s.Tableau.DataSources) },
		},
		{
			name: "nothing_uses_it_but_something_is_listed", scenario: "lineage", want: "success", wantTargets: []string{"workbook Weekly revenue: success"}, inputs: workbookInput(weeklyRevenueLUID),
			change: func(s *sandbox.Scenario) { removeTables(s.Tableau.Workbooks); removeTables(s.Tableau.DataSources) },
		},
		{
			name: "a_source_failed", scenario: "lineage", want: "refresh-failed", wantLog: []string{`not refreshed, because its data source "Orders" was not refreshed (status: failed)`},
			change: func(s *sandbox.Scenario) {
				s.Tableau.DataSources[0].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed}}
			},
			wantTargets: append([]string{lineageTargets[0], "datasource Orders: failed", lineageTargets[2], "workbook Weekly revenue: not-started"}, lineageTargets[4:]...),
		},
		{
			name: "the_metadata_api_is_off", scenario: "lineage", want: "preflight-failed", wantTargets: []string{},
			change: disableMetadata, wantLog: []string{"tableau-discover: lineage: ", "tsm maintenance metadata-services enable"},
		},
		{
			name: "the_metadata_api_is_off_and_dbt_ran", scenario: "lineage", want: "error", change: disableMetadata,
			inputs:      map[string]string{"tableau-preflight": "warn", "tableau-workbooks": weeklyRevenueLUID},
			wantTargets: []string{"workbook Weekly revenue: success"}, wantRequests: map[string]int{"trigger-run": 1},
		},
		{
			name: "the_metadata_api_is_off_and_nothing_else_is_listed", scenario: "lineage", want: "error", change: disableMetadata,
			inputs: map[string]string{"tableau-preflight": "warn"}, wantTargets: []string{},
		},
		{
			name: "tableau_refuses_after_the_run", scenario: "lineage", want: "error", wantTargets: []string{}, inputs: map[string]string{"tableau-preflight": "warn"},
			faults: []sandbox.Fault{{Service: "tableau", Operation: "sign-in", Kind: sandbox.Unauthorized}},
		},
		{
			name: "node_limit", scenario: "lineage", want: "error", inputs: workbookInput(weeklyRevenueLUID), wantTargets: []string{"workbook Weekly revenue: success"},
			change:  func(s *sandbox.Scenario) { s.Tableau.Metadata.NodeLimit = 3 },
			wantLog: []string{"response is truncated even for a single name"},
		},
		{
			name: "node_limit_avoided_by_smaller_pages", scenario: "lineage", want: "success", wantTargets: lineageTargets,
			change: func(s *sandbox.Scenario) { s.Tableau.Metadata.NodeLimit = 20 },
		},
		{
			name: "backfilling", scenario: "lineage", want: "success", wantTargets: lineageTargets, wantLog: []string{"::warning::tableau-discover: lineage: "},
			change: func(s *sandbox.Scenario) { s.Tableau.Metadata.Backfilling = true },
		},
		{
			name: "no_artifacts", scenario: "lineage", want: "error", inputs: workbookInput(weeklyRevenueLUID), wantTargets: []string{"workbook Weekly revenue: success"},
			change:  func(s *sandbox.Scenario) { s.DBT.ArtifactsDelay = time.Hour },
			wantLog: []string{"tableau-discover: failed to read what dbt run", "The run did not create this artifact"},
		},
		{
			name: "no_artifacts_and_nothing_else", scenario: "lineage", want: "error", wantTargets: []string{},
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsDelay = time.Hour },
		},
		{
			name: "late_artifacts", scenario: "lineage", want: "success", wantTargets: lineageTargets,
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsDelay = 15 * time.Second }, wantNoLog: []string{"Not Found"},
		},
		{
			name: "artifacts_of_another_run", scenario: "lineage", want: "error", wantTargets: []string{}, wantLog: []string{"belongs to run 4711, so it is not used"},
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsRunID = 4711 },
		},
		{
			name: "dbt_failed", scenario: "lineage", want: "dbt-failed", wantTargets: []string{}, wantRequests: map[string]int{"query-metadata": 1, "refresh-workbook": 0},
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Outcomes = []sandbox.Outcome{{FailedCommand: "dbt build", Nodes: nodesWithFailedLast(s)}}
			},
		},
		{
			name: "retried", scenario: "lineage", want: "success", wantTargets: lineageTargets, inputs: map[string]string{"dbt-retries": "1"}, check: checkWorkbookAfterOrders,
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Outcomes = []sandbox.Outcome{{FailedCommand: "dbt build", Nodes: nodesWithFailedLast(s)}, {}}
			},
		},
		{
			name: "partial_success", scenario: "lineage", want: "success", wantTargets: append(append([]string{}, lineageTargets[:2]...), lineageTargets[3:]...), wantLog: []string{"model.nordlys.fct_revenue_daily was only partially built, so it does not trigger refreshes"},
			change: func(s *sandbox.Scenario) { setNodeStatus(s, "fct_revenue_daily", "partial success") },
		},
		{
			name: "no_op", scenario: "lineage", want: "success", wantTargets: append(append([]string{}, lineageTargets[:2]...), lineageTargets[3:]...),
			change: func(s *sandbox.Scenario) { setNodeStatus(s, "fct_revenue_daily", "no-op") },
		},
		{
			name: "not_waited_for", scenario: "lineage", want: "started", inputs: map[string]string{"tableau-wait": "false"}, check: checkWorkbookAfterOrders,
		},
		{
			// It still waits for the data sources of a workbook, which needs the scope for jobs.
			name: "not_waited_for_by_a_connected_app", scenario: "lineage", want: "started", check: checkWorkbookAfterOrders,
			change: func(s *sandbox.Scenario) {
				app, _ := sandbox.Find("connected-app")
				s.Tableau.App = app.Tableau.App
				maps.Copy(s.Inputs, app.Inputs)
			},
			inputs: map[string]string{"tableau-wait": "false"},
		},
		{
			name: "deleted_from_the_site", scenario: "lineage", want: "success", faults: []sandbox.Fault{{Service: "tableau", Operation: "get-workbook", Kind: sandbox.NotFound, Times: 1}},
			wantLog: []string{"was skipped: "},
		},
	})
}

func disableMetadata(s *sandbox.Scenario) { s.Tableau.Metadata.Disabled = true }

func removeTables(items []sandbox.Item) {
	for i := range items {
		items[i].Tables, items[i].Queries = nil, nil
	}
}

// buildStep returns the step of the job that builds the models.
func buildStep(s *sandbox.Scenario) *sandbox.Step { return &s.DBT.Jobs[0].Steps[2] }

// nodesWithFailedLast returns the nodes of a build that fails at its last model.
func nodesWithFailedLast(s *sandbox.Scenario) []sandbox.Node {
	nodes := append([]sandbox.Node{}, buildStep(s).Nodes...)
	nodes[len(nodes)-1].Status = "error"
	return nodes
}

func setNodeStatus(s *sandbox.Scenario, model, status string) {
	for i, node := range buildStep(s).Nodes {
		if strings.HasSuffix(node.UniqueID, "."+model) {
			buildStep(s).Nodes[i].Status = status
		}
	}
}

// checkWorkbookAfterOrders asserts that the workbook that uses the data source Orders is refreshed after it.
func checkWorkbookAfterOrders(t *testing.T, step outcome) {
	t.Helper()
	var book, source sandbox.JobRecord
	for _, job := range step.services.Jobs() {
		switch job.Target {
		case weeklyRevenueLUID:
			book = job
		case ordersLUID:
			source = job
		}
	}
	if book.Created.IsZero() || source.Ended.IsZero() || book.Created.Before(source.Ended) {
		t.Errorf("the workbook was refreshed at %s, its data source at %s", book.Created, source.Ended)
	}
}
