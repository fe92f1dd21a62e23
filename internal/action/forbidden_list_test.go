package action_test

import (
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestForbiddenLists asserts that a forbidden list is a problem of the input that needs it, reported once, next to all
// other problems.
func TestForbiddenLists(t *testing.T) {
	t.Parallel()
	forbidden := func(operations ...string) []sandbox.Fault {
		var faults []sandbox.Fault
		for _, operation := range operations {
			faults = append(faults, sandbox.Fault{Service: "tableau", Operation: operation, Kind: sandbox.Forbidden})
		}
		return faults
	}
	const notFound = `tableau-workbooks: no workbook "Nothing of the sort" found`
	runTests(t, []scenarioTest{
		{
			name: "flows", scenario: "flows", want: "preflight-failed", faults: forbidden("list-flows"),
			inputs: map[string]string{"tableau-workbooks": "Nothing of the sort", "tableau-datasources": "Order"},
			wantTargets: []string{
				"workbook Nothing of the sort: not-started", "datasource Order: not-started",
				"flow Certified data/Clean orders: not-started", "flow Customers → CRM: not-started",
			},
			wantLog: []string{notFound, `tableau-datasources: no data source "Order" found`}, check: checkReasonOnce("tableau-flows: failed to list flows"),
		},
		{
			name: "flows_with_preflight_warn", scenario: "flows", want: "refresh-failed", faults: forbidden("list-flows"),
			inputs:      withInputs(onlyWorkbooks("Finance/Weekly/Weekly revenue"), "tableau-preflight", "warn"),
			wantTargets: []string{"workbook Weekly revenue: success", "flow Certified data/Clean orders: failed", "flow Customers → CRM: failed"},
		},
		{
			name: "tasks_of_a_schedule", scenario: "tasks", want: "preflight-failed", faults: forbidden("list-schedule-extracts"),
			inputs: withInputs(onlyTasks("nowhere\n"+taskLUID(4), "Weekday mornings\nWeekends"), "tableau-workbooks", "Nothing of the sort"),
			wantTargets: []string{
				"workbook Nothing of the sort: not-started", "task nowhere: not-started", "task Kundenstammdaten – täglich: not-started",
				"task Weekday mornings: not-started", "task Weekends: not-started",
			},
			wantLog: []string{notFound, "tableau-tasks: failed to get extract refresh task nowhere", "tableau-schedules: failed to list the tasks of schedule", `"Weekends" matches 0 schedules`},
		},
		{
			name: "schedules", scenario: "tasks", want: "preflight-failed", faults: forbidden("list-schedules"),
			inputs:  withInputs(onlyTasks("nowhere", "Weekday mornings\nWeekends"), "tableau-workbooks", "Nothing of the sort"),
			wantLog: []string{notFound, "tableau-tasks: failed to get extract refresh task nowhere"}, check: checkReasonOnce("tableau-schedules: failed to list schedules"),
		},
		{
			name: "the_list_of_many_tasks", scenario: "tasks", want: "preflight-failed", faults: forbidden("list-tasks"), change: addTasks(12),
			inputs:  withInputs(onlyTasks(taskIDs(100, 12), ""), "tableau-workbooks", "Nothing of the sort"),
			wantLog: []string{notFound}, check: checkReasonOnce("tableau-tasks: failed to list extract refresh tasks"), wantRequests: map[string]int{"list-tasks": 1},
		},
		{
			name: "names_of_task_targets", scenario: "tasks", want: "success", faults: forbidden("get-workbook", "list-workbooks"), change: addTasks(30),
			inputs: onlyTasks(taskIDs(100, 30), ""), wantRequests: map[string]int{"run-task": 30},
		},
		{
			name: "projects", scenario: "success", want: "preflight-failed", faults: forbidden("list-projects"),
			inputs: withInputs(onlyWorkbooks("Finance/Weekly/Weekly revenue", "Nothing of the sort"), "tableau-datasources", "Certified data/Orders"),
			wantTargets: []string{
				"workbook Finance/Weekly/Weekly revenue: not-started", "workbook Nothing of the sort: not-started", "datasource Orders: not-started",
			},
			wantLog: []string{notFound, `tableau-workbooks: no workbook "Finance/Weekly/Weekly revenue" found`, "Use only the item's own project in the path, because the list of projects is unavailable: failed to list projects"},
		},
		{
			name: "data_sources_of_workbooks", scenario: "data-sources-first", want: "preflight-failed", faults: forbidden("query-metadata", "list-workbook-connections"),
			inputs: withInputs(onlyWorkbooks("Nothing of the sort", weeklyRevenueLUID), "tableau-flows", "Clean orders"),
			wantLog: []string{
				notFound, `tableau-include-datasources: "Weekly revenue": failed to list the connections of workbook`, `tableau-flows: no flow "Clean orders" found`,
			},
		},
		{
			name: "data_sources_by_name", scenario: "data-sources-first", want: "preflight-failed", faults: forbidden("query-metadata", "list-datasources"),
			inputs:  onlyWorkbooks("Nothing of the sort", weeklyRevenueLUID, storeScorecardLUID),
			wantLog: []string{notFound}, check: checkReasonOnce("tableau-include-datasources: failed to list data sources"),
		},
		{
			name: "exclusions", scenario: "flows", want: "preflight-failed", faults: forbidden("list-workbooks"), wantNoLog: []string{"matches no item"},
			inputs:  withInputs(onlyWorkbooks(weeklyRevenueLUID, marginLUID), "tableau-flows", "Clean order", "tableau-exclude", "tag:finance"),
			wantLog: []string{`tableau-flows: no flow "Clean order" found`}, check: checkReasonOnce("tableau-exclude: failed to list workbooks"),
		},
		{
			// The excluded items can't be determined, so nothing that might be one is refreshed.
			name: "exclusions_with_preflight_warn", scenario: "flows", want: "refresh-failed", faults: forbidden("list-workbooks"),
			inputs:      withInputs(onlyWorkbooks(weeklyRevenueLUID), "tableau-flows", "Certified data/Clean orders", "tableau-exclude", "tag:finance", "tableau-preflight", "warn"),
			wantTargets: []string{"workbook Weekly revenue: failed", "flow Clean orders: success"}, wantRequests: map[string]int{"refresh-workbook": 0},
		},
		{
			name: "exclusions_of_data_sources", scenario: "data-sources-first", want: "refresh-failed", faults: forbidden("list-datasources"),
			inputs:      withInputs(onlyWorkbooks(weeklyRevenueLUID), "tableau-exclude", "Orders", "tableau-preflight", "warn"),
			wantTargets: []string{"workbook Weekly revenue: failed"}, wantRequests: map[string]int{"refresh-workbook": 0, "refresh-datasource": 0},
		},
		{
			name: "incremental_tasks", scenario: "tasks", want: "preflight-failed", faults: forbidden("list-tasks"),
			inputs:  withInputs(onlyTasks("nowhere", ""), "tableau-workbooks", weeklyRevenueLUID+"\n"+marginLUID+"\nNothing of the sort", "tableau-incremental", "true"),
			wantLog: []string{notFound, "tableau-tasks: failed to get extract refresh task nowhere"}, check: checkReasonOnce("tableau-incremental: failed to list extract refresh tasks"),
		},
	})
}

// checkReasonOnce returns a check that the text is in exactly one reason of the summary.
func checkReasonOnce(text string) func(*testing.T, outcome) {
	return func(t *testing.T, step outcome) {
		t.Helper()
		reasons := 0
		for line := range strings.Lines(step.summary) {
			if strings.HasPrefix(line, "- ") && strings.Contains(strings.ReplaceAll(line, `\`, ""), text) {
				reasons++
			}
		}
		if reasons != 1 {
			t.Errorf("the summary has %d reasons with %q, want 1:\n%s", reasons, text, step.summary)
		}
	}
}
