package action_test

import (
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestIncludeDatasources asserts that the data sources of a workbook are refreshed before it, and the workbook only if
// all of them succeeded.
func TestIncludeDatasources(t *testing.T) {
	t.Parallel()
	inOrder := []string{"workbook Weekly revenue: success", "workbook Store scorecard: skipped", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success"}
	disableMetadata := func(s *sandbox.Scenario) { s.Tableau.Metadata.Disabled = true }
	failOrders := func(s *sandbox.Scenario) {
		s.Tableau.DataSources[0].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed, Notes: "the warehouse is closed"}}
	}
	otherOrders := sandbox.Item{LUID: "0dde0000-0000-4000-8000-000000000001", Name: "Orders", Number: 31899}
	addOtherOrders := func(s *sandbox.Scenario) {
		disableMetadata(s)
		other := otherOrders
		other.Project = s.Tableau.Projects[0].LUID
		s.Tableau.DataSources = append(s.Tableau.DataSources, other)
	}
	addTasksOfOrders := func(s *sandbox.Scenario) {
		s.Tableau.Tasks = []sandbox.Task{{LUID: taskLUID(1), Target: weeklyRevenueLUID}, {LUID: taskLUID(2), Target: ordersLUID}, {LUID: taskLUID(3), Target: ordersLUID, Incremental: true}}
	}
	runTests(t, []scenarioTest{
		{
			name: "sources_first", scenario: "data-sources-first", want: "success", wantTargets: inOrder, check: checkWorkbookAfterDataSources,
			wantLog: []string{
				`"Weekly revenue" will be refreshed after its data sources: "Orders", "Kundenstammdaten – täglich"`, "1 item skipped: no extract to refresh",
			},
			wantNoLog:    []string{`"Store scorecard" will be refreshed after`},
			wantRequests: map[string]int{"query-metadata": 1, "get-datasource": 2, "list-workbook-connections": 0, "refresh-workbook": 1, "refresh-datasource": 2},
		},
		{
			name: "selected_already", scenario: "data-sources-first", want: "success", inputs: map[string]string{"tableau-datasources": "Orders", "tableau-workbooks": weeklyRevenueLUID}, check: checkWorkbookAfterDataSources,
			wantTargets: []string{"workbook Weekly revenue: success", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "by_tasks", scenario: "data-sources-first", want: "success", check: checkWorkbookAfterDataSources,
			change: func(s *sandbox.Scenario) {
				s.Tableau.Tasks = []sandbox.Task{{LUID: taskLUID(1), Target: weeklyRevenueLUID}, {LUID: taskLUID(2), Target: ordersLUID}}
			},
			inputs:      map[string]string{"tableau-workbooks": "", "tableau-tasks": taskLUID(1) + "\n" + taskLUID(2)},
			wantTargets: []string{"task Weekly revenue: success", "task Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "two_tasks_of_one_source", scenario: "data-sources-first", want: "success", change: addTasksOfOrders, check: checkWorkbookAfterDataSources,
			inputs: withInputs(onlyTasks(taskLUID(1)+"\n"+taskLUID(2)+"\n"+taskLUID(3), ""), "tableau-max-parallel", "1"), wantRequests: map[string]int{"run-task": 3},
			wantTargets: []string{"task Weekly revenue: success", "task Orders: success", "task Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "two_conflicting_tasks_of_one_source", scenario: "data-sources-first", want: "success", change: addTasksOfOrders, check: checkWorkbookAfterDataSources,
			inputs:      withInputs(onlyTasks(taskLUID(1)+"\n"+taskLUID(2)+"\n"+taskLUID(3), ""), "tableau-on-conflict", "fail"),
			wantTargets: []string{"task Weekly revenue: success", "task Orders: success", "task Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "two_tasks_of_one_source_with_a_lost_response", scenario: "data-sources-first", want: "success", change: addTasksOfOrders, check: checkWorkbookAfterDataSources,
			faults:      []sandbox.Fault{{Service: "tableau", Operation: "run-task", Kind: sandbox.Hang, Times: 1, Processed: true}},
			inputs:      withInputs(onlyTasks(taskLUID(1)+"\n"+taskLUID(2)+"\n"+taskLUID(3), ""), "tableau-on-conflict", "fail"),
			wantTargets: []string{"task Weekly revenue: success", "task Orders: success", "task Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "two_tasks_of_one_source_and_one_failed", scenario: "data-sources-first", want: "refresh-failed",
			inputs: withInputs(onlyTasks(taskLUID(1)+"\n"+taskLUID(2)+"\n"+taskLUID(3), ""), "tableau-max-parallel", "1"), // otherwise, the second would adopt the job of the first
			change: func(s *sandbox.Scenario) {
				addTasksOfOrders(s)
				s.Tableau.DataSources[0].Refreshes = []sandbox.Refresh{{}, {Finish: sandbox.FinishFailed}}
			},
			wantTargets: []string{"task Weekly revenue: not-started", "task Orders: success", "task Orders: failed", "datasource Kundenstammdaten – täglich: success"},
			wantLog:     []string{`not refreshed, because its data source "Orders" was not refreshed (status: failed)`},
		},
		{
			name: "a_source_failed", scenario: "data-sources-first", want: "refresh-failed", change: failOrders,
			wantTargets: []string{"workbook Weekly revenue: not-started", "workbook Store scorecard: skipped", "datasource Orders: failed", "datasource Kundenstammdaten – täglich: success"},
			wantLog:     []string{`not refreshed, because its data source "Orders" was not refreshed (status: failed)`}, wantRequests: map[string]int{"refresh-workbook": 0},
		},
		{
			// The data source has no incremental task, so it fails before a request is sent.
			name: "a_source_that_cannot_be_refreshed", scenario: "data-sources-first", want: "refresh-failed",
			change: func(s *sandbox.Scenario) {
				s.Tableau.APIVersion = "3.24"
				s.Tableau.Tasks = []sandbox.Task{{LUID: taskLUID(1), Target: weeklyRevenueLUID, Incremental: true}, {LUID: taskLUID(2), Target: customersLUID, Incremental: true}}
			},
			inputs:      withInputs(onlyWorkbooks(weeklyRevenueLUID), "tableau-incremental", "true", "tableau-preflight", "warn"),
			wantTargets: []string{"workbook Weekly revenue: not-started", "datasource Orders: failed", "datasource Kundenstammdaten – täglich: success"},
			wantLog:     []string{`not refreshed, because its data source "Orders" was not refreshed (status: failed)`}, wantRequests: map[string]int{"run-task": 1},
		},
		{
			name: "a_source_failed_once", scenario: "data-sources-first", want: "success", wantTargets: inOrder, check: checkWorkbookAfterDataSources, inputs: map[string]string{"tableau-retries": "1"},
			change: func(s *sandbox.Scenario) {
				failOrders(s)
				s.Tableau.DataSources[0].Refreshes = append(s.Tableau.DataSources[0].Refreshes, sandbox.Refresh{})
			},
		},
		{
			name: "the_metadata_api_is_off", scenario: "data-sources-first", want: "success", wantTargets: inOrder, change: disableMetadata, check: checkWorkbookAfterDataSources,
			wantLog:      []string{"the data sources of workbooks are matched by name, so names must be unique: ", "the Metadata API has not been enabled yet"},
			wantRequests: map[string]int{"query-metadata": 1, "list-workbook-connections": 2, "list-datasources": 1},
		},
		{
			// The first ten hang for half a minute each, all at the same time.
			name: "the_metadata_api_is_off_for_many", scenario: "data-sources-first", want: "preflight-failed",
			change: func(s *sandbox.Scenario) {
				addOtherOrders(s)
				addWorkbooks(25)(s)
			},
			faults:       []sandbox.Fault{{Service: "tableau", Operation: "list-workbook-connections", Kind: sandbox.Hang, Times: 10}},
			inputs:       map[string]string{"tableau-workbooks": bookIDs(25)},
			wantRequests: map[string]int{"query-metadata": 1, "list-workbook-connections": 35, "list-datasources": 1},
			check:        checkConnectionsInParallel,
		},
		{
			name: "the_connections_are_unavailable", scenario: "data-sources-first", want: "preflight-failed", inputs: map[string]string{"tableau-workbooks": bookIDs(25)},
			change:  func(s *sandbox.Scenario) { disableMetadata(s); addWorkbooks(25)(s) },
			faults:  []sandbox.Fault{{Service: "tableau", Operation: "list-workbook-connections", Kind: sandbox.BadGateway}},
			wantLog: []string{"tableau-include-datasources: failed to list the connections of workbook " + bookID(0)},
			check: func(t *testing.T, step outcome) {
				if step.duration > 3*time.Minute {
					t.Errorf("the request was retried for %s", step.duration)
				}
			},
		},
		{
			name: "the_metadata_api_is_denied", scenario: "data-sources-first", want: "success", wantTargets: inOrder, check: checkWorkbookAfterDataSources,
			change: func(s *sandbox.Scenario) { s.Tableau.Metadata.Denied = true },
		},
		{
			name: "the_metadata_api_is_unavailable", scenario: "data-sources-first", want: "success", wantTargets: inOrder, check: checkWorkbookAfterDataSources,
			faults: []sandbox.Fault{{Service: "tableau", Operation: "query-metadata", Kind: sandbox.BadGateway}},
		},
		{
			name: "a_name_that_is_not_unique", scenario: "data-sources-first", want: "preflight-failed",
			change: addOtherOrders,
			wantLog: []string{
				`tableau-include-datasources: "Weekly revenue": add all but one of these published data sources to tableau-exclude, or make the Metadata API available to identify the right one. Only the name is known: `,
				"Certified data/Orders (" + ordersLUID + ")", "the Metadata API has not been enabled yet",
			},
		},
		{
			name: "a_name_in_other_case", scenario: "data-sources-first", want: "preflight-failed", inputs: map[string]string{"tableau-workbooks": weeklyRevenueLUID},
			change: func(s *sandbox.Scenario) {
				disableMetadata(s)
				s.Tableau.DataSources[0].Hidden = true
				other := otherOrders
				other.Name, other.Project = "ORDERS", s.Tableau.Projects[0].LUID
				s.Tableau.DataSources = append(s.Tableau.DataSources, other)
			},
			wantLog: []string{`let the signed-in user view the published data source "Orders" of the workbook`},
		},
		{
			name: "a_name_whose_other_matches_are_excluded", scenario: "data-sources-first", want: "success",
			change:      addOtherOrders,
			inputs:      map[string]string{"tableau-workbooks": weeklyRevenueLUID, "tableau-exclude": otherOrders.LUID},
			wantTargets: []string{"workbook Weekly revenue: success", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "a_name_whose_matches_are_all_excluded", scenario: "data-sources-first", want: "success",
			change:      addOtherOrders,
			inputs:      map[string]string{"tableau-workbooks": weeklyRevenueLUID, "tableau-exclude": otherOrders.LUID + "\n" + ordersLUID},
			wantTargets: []string{"workbook Weekly revenue: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "the_metadata_api_is_backfilling", scenario: "data-sources-first", want: "success", check: checkWorkbookAfterDataSources, inputs: map[string]string{"tableau-workbooks": weeklyRevenueLUID},
			change:      func(s *sandbox.Scenario) { s.Tableau.Metadata.Backfilling = true },
			wantTargets: []string{"workbook Weekly revenue: success", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success"},
			wantLog:     []string{"::warning::Some data sources of workbooks might be missing. The Metadata API reported: "},
		},
		{
			name: "a_hidden_source", scenario: "data-sources-first", want: "preflight-failed", inputs: map[string]string{"tableau-workbooks": weeklyRevenueLUID},
			change:  func(s *sandbox.Scenario) { s.Tableau.DataSources[1].Hidden = true },
			wantLog: []string{`tableau-include-datasources: "Weekly revenue": let the signed-in user view all published data sources of the workbook`},
		},
		{
			name: "an_excluded_source", scenario: "data-sources-first", want: "success", inputs: map[string]string{"tableau-exclude": "Orders", "tableau-workbooks": weeklyRevenueLUID},
			wantTargets: []string{"workbook Weekly revenue: success", "datasource Kundenstammdaten – täglich: success"}, wantRequests: map[string]int{"refresh-datasource": 1},
		},
		{
			name: "live_and_all_sources_excluded", scenario: "data-sources-first", want: "preflight-failed", inputs: withInputs(onlyWorkbooks(storeScorecardLUID), "tableau-exclude", "Orders"),
			wantLog:   []string{`tableau-workbooks: "Store scorecard" (` + storeScorecardLUID + `) has no extract. Remove it, because tableau-exclude excludes all published data sources that it uses: "Orders" (` + ordersLUID + `)`},
			wantNoLog: []string{"Set tableau-include-datasources"}, wantRequests: map[string]int{"query-metadata": 1},
		},
		{
			name: "live_without_data_sources", scenario: "data-sources-first", want: "preflight-failed", inputs: onlyWorkbooks(storeScorecardLUID),
			change:    func(s *sandbox.Scenario) { s.Tableau.Workbooks[4].Reads = nil },
			wantLog:   []string{"has no extract. Remove it, because it uses no published data source with an extract"},
			wantNoLog: []string{"tableau-include-datasources"}, wantRequests: map[string]int{"query-metadata": 1},
		},
		{
			name: "an_excluded_workbook", scenario: "data-sources-first", want: "success", inputs: map[string]string{"tableau-exclude": "Store scorecard\n" + weeklyRevenueLUID},
			wantTargets: []string{}, wantLog: []string{"tableau-exclude excludes everything, so nothing is refreshed"},
		},
		{
			name: "a_source_that_is_live", scenario: "data-sources-first", want: "success", inputs: map[string]string{"tableau-workbooks": weeklyRevenueLUID},
			change:      func(s *sandbox.Scenario) { s.Tableau.DataSources[1].Live = true },
			wantTargets: []string{"workbook Weekly revenue: success", "datasource Orders: success"},
		},
		{
			name: "not_waited_for", scenario: "data-sources-first", want: "started", inputs: map[string]string{"tableau-wait": "false"}, check: checkWorkbookAfterDataSources,
			wantTargets: []string{"workbook Weekly revenue: started", "workbook Store scorecard: skipped", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "not_waited_for_and_failed", scenario: "data-sources-first", want: "refresh-failed", inputs: map[string]string{"tableau-wait": "false"}, change: failOrders,
			wantTargets: []string{"workbook Weekly revenue: not-started", "workbook Store scorecard: skipped", "datasource Orders: failed", "datasource Kundenstammdaten – täglich: success"},
		},
		{
			name: "one_at_a_time", scenario: "data-sources-first", want: "success", wantTargets: inOrder, inputs: map[string]string{"tableau-max-parallel": "1"}, check: checkWorkbookAfterDataSources,
		},
		{
			name: "skipped_because_of_a_conflict", scenario: "data-sources-first", want: "success", inputs: map[string]string{"tableau-on-conflict": "skip", "tableau-workbooks": weeklyRevenueLUID},
			change: func(s *sandbox.Scenario) {
				s.Tableau.DataSources[0].OtherRefreshes = []sandbox.OtherRefresh{*runningRefresh()}
			},
			wantTargets: []string{"workbook Weekly revenue: success", "datasource Orders: skipped", "datasource Kundenstammdaten – täglich: success"},
			wantLog:     []string{`"Weekly revenue" might show old data: its data source "Orders" was skipped`}, check: checkNotFresh,
		},
		{
			name: "skipped_because_live", scenario: "data-sources-first", want: "success", inputs: map[string]string{"tableau-on-conflict": "skip"}, wantTargets: inOrder, check: checkFresh,
		},
		{
			name: "cancelled", scenario: "data-sources-first", want: "refresh-failed", inputs: map[string]string{"tableau-workbooks": weeklyRevenueLUID},
			change: func(s *sandbox.Scenario) {
				s.Tableau.DataSources[1].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishCancelled}}
			},
			wantTargets: []string{"workbook Weekly revenue: not-started", "datasource Orders: success", "datasource Kundenstammdaten – täglich: cancelled"},
		},
	})
}
