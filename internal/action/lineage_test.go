package action_test

import (
	"maps"
	"strings"
	"testing"
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
			name: "excluded_by_a_path_of_which_nobody_can_tell", scenario: "lineage", want: "preflight-failed", faults: []sandbox.Fault{{Service: "tableau", Operation: "list-projects", Kind: sandbox.Forbidden}},
			inputs: map[string]string{"tableau-exclude": "/Finance/Weekly/Weekly revenue"}, rows: []string{}, says: []string{"can't be told"},
		},
		{
			name: "named_by_two_tasks_and_a_source_failed", scenario: "lineage", want: "refresh-failed", inputs: map[string]string{"tableau-tasks": task(1) + "\n" + task(2)},
			change: func(s *sandbox.Scenario) {
				s.Tableau.Tasks = []sandbox.Task{{LUID: task(1), Target: weeklyRevenue}, {LUID: task(2), Target: weeklyRevenue}}
				s.Tableau.DataSources[0].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed}}
			},
			rows:     append([]string{"task Weekly revenue: not-started", "task Weekly revenue: not-started", fed[0], "datasource Orders: failed", fed[2]}, fed[4:]...),
			requests: map[string]int{"run-task": 0},
		},
		{
			name: "incremental_by_tasks_that_nobody_lists", scenario: "lineage", want: "refresh-failed", requests: map[string]int{"refresh-workbook": 0, "refresh-datasource": 0},
			inputs: map[string]string{"tableau-incremental": "true", "tableau-api-version": "3.24"}, faults: []sandbox.Fault{{Service: "tableau", Operation: "list-tasks", Kind: sandbox.Forbidden}},
		},
		{
			name: "incremental_by_tasks_that_do_not_come", scenario: "lineage", want: "error", requests: map[string]int{"refresh-workbook": 0, "refresh-datasource": 0},
			inputs: map[string]string{"tableau-incremental": "true", "tableau-api-version": "3.24"}, faults: []sandbox.Fault{{Service: "tableau", Operation: "list-tasks", Kind: sandbox.BadGateway}},
		},
		{
			name: "out_of_time_and_not_waited_for", scenario: "lineage", want: "timed-out", inputs: map[string]string{"tableau-wait": "false", "tableau-timeout": "10s"},
			rows: []string{
				"datasource Kundenstammdaten – täglich: started", "datasource Orders: timed-out", "workbook Margin | P&L <EMEA>: started",
				"workbook Weekly revenue: not-started", "workbook Weekly revenue: started", "workbook 売上ダッシュボード: started", fed[6], fed[7],
			},
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
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsDelay = time.Hour },
			says:   []string{"tableau-discover: failed to find out what dbt run", "the run has made no such artifact"},
		},
		{
			name: "no_artifacts_and_nothing_else", scenario: "lineage", want: "error", rows: []string{},
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsDelay = time.Hour },
		},
		{
			name: "late_artifacts", scenario: "lineage", want: "success", rows: fed,
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsDelay = 15 * time.Second }, never: []string{"Not Found"},
		},
		{
			name: "artifacts_of_another_run", scenario: "lineage", want: "error", rows: []string{}, says: []string{"is one of run 4711: it is not used"},
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsRunID = 4711 },
		},
		{
			name: "dbt_failed", scenario: "lineage", want: "dbt-failed", rows: []string{}, requests: map[string]int{"query-metadata": 1, "refresh-workbook": 0},
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Outcomes = []sandbox.Outcome{{FailedCommand: "dbt build", Nodes: halfBuilt(s)}}
			},
		},
		{
			name: "retried", scenario: "lineage", want: "success", rows: fed, inputs: map[string]string{"dbt-retries": "1"}, check: inTheirOrder,
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Outcomes = []sandbox.Outcome{{FailedCommand: "dbt build", Nodes: halfBuilt(s)}, {}}
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
