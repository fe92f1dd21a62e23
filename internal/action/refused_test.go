package action_test

import (
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestRefusedLists: what may not be looked at is a problem of the input that needs it, told once beside all others.
func TestRefusedLists(t *testing.T) {
	t.Parallel()
	refused := func(operations ...string) []sandbox.Fault {
		var faults []sandbox.Fault
		for _, operation := range operations {
			faults = append(faults, sandbox.Fault{Service: "tableau", Operation: operation, Kind: sandbox.Forbidden})
		}
		return faults
	}
	const wrong = `tableau-workbooks: "Nothing of the sort" means no workbook`
	tell(t, []tale{
		{
			name: "flows", scenario: "flows", want: "preflight-failed", faults: refused("list-flows"),
			inputs: map[string]string{"tableau-workbooks": "Nothing of the sort", "tableau-datasources": "Order"},
			rows: []string{
				"workbook Nothing of the sort: not-started", "datasource Order: not-started",
				"flow Certified data/Clean orders: not-started", "flow Customers → CRM: not-started",
			},
			says: []string{wrong, `tableau-datasources: "Order" means no data source`}, check: toldOnce("tableau-flows: failed to list flows"),
		},
		{
			name: "flows_and_dbt_goes_on", scenario: "flows", want: "refresh-failed", faults: refused("list-flows"),
			inputs: with(only("Finance/Weekly/Weekly revenue"), "tableau-preflight", "warn"),
			rows:   []string{"workbook Weekly revenue: success", "flow Certified data/Clean orders: failed", "flow Customers → CRM: failed"},
		},
		{
			name: "tasks_of_a_schedule", scenario: "tasks", want: "preflight-failed", faults: refused("list-schedule-extracts"),
			inputs: with(tasksOnly("nowhere\n"+task(4), "Weekday mornings\nWeekends"), "tableau-workbooks", "Nothing of the sort"),
			rows: []string{
				"workbook Nothing of the sort: not-started", "task nowhere: not-started", "task Kundenstammdaten – täglich: not-started",
				"task Weekday mornings: not-started", "task Weekends: not-started",
			},
			says: []string{wrong, "tableau-tasks: failed to get extract refresh task nowhere", "tableau-schedules: failed to list the tasks of schedule", `"Weekends" means 0 schedules`},
		},
		{
			name: "schedules", scenario: "tasks", want: "preflight-failed", faults: refused("list-schedules"),
			inputs: with(tasksOnly("nowhere", "Weekday mornings\nWeekends"), "tableau-workbooks", "Nothing of the sort"),
			says:   []string{wrong, "tableau-tasks: failed to get extract refresh task nowhere"}, check: toldOnce("tableau-schedules: failed to list schedules"),
		},
		{
			name: "the_list_of_many_tasks", scenario: "tasks", want: "preflight-failed", faults: refused("list-tasks"), change: manyTasks(12),
			inputs: with(tasksOnly(taskIDs(100, 12), ""), "tableau-workbooks", "Nothing of the sort"),
			says:   []string{wrong}, check: toldOnce("tableau-tasks: failed to list extract refresh tasks"), requests: map[string]int{"list-tasks": 1},
		},
		{
			name: "the_names_of_what_tasks_refresh", scenario: "tasks", want: "success", faults: refused("get-workbook", "list-workbooks"), change: manyTasks(30),
			inputs: tasksOnly(taskIDs(100, 30), ""), requests: map[string]int{"run-task": 30},
		},
		{
			name: "projects", scenario: "success", want: "preflight-failed", faults: refused("list-projects"),
			inputs: with(only("Finance/Weekly/Weekly revenue", "Nothing of the sort"), "tableau-datasources", "Certified data/Orders"),
			rows: []string{
				"workbook Finance/Weekly/Weekly revenue: not-started", "workbook Nothing of the sort: not-started", "datasource Orders: not-started",
			},
			says: []string{wrong, `tableau-workbooks: "Finance/Weekly/Weekly revenue" means no workbook`, "of a path only the item's own project can be told, for the projects may not be listed: failed to list projects"},
		},
		{
			name: "data_sources_of_workbooks", scenario: "data-sources-first", want: "preflight-failed", faults: refused("query-metadata", "list-workbook-connections"),
			inputs: with(only("Nothing of the sort", weeklyRevenue), "tableau-flows", "Clean orders"),
			says: []string{
				wrong, "tableau-include-datasources: Weekly revenue: failed to list the connections of workbook", `tableau-flows: "Clean orders" means no flow`,
			},
		},
		{
			name: "data_sources_by_name", scenario: "data-sources-first", want: "preflight-failed", faults: refused("query-metadata", "list-datasources"),
			inputs: only("Nothing of the sort", weeklyRevenue, storeScorecard),
			says:   []string{wrong}, check: toldOnce("tableau-include-datasources: failed to list data sources"),
		},
		{
			name: "what_is_excluded", scenario: "flows", want: "preflight-failed", faults: refused("list-workbooks"), never: []string{"matches nothing"},
			inputs: with(only(weeklyRevenue, margin), "tableau-flows", "Clean order", "tableau-exclude", "tag:finance"),
			says:   []string{`tableau-flows: "Clean order" means no flow`}, check: toldOnce("tableau-exclude: failed to list workbooks"),
		},
		{
			// Nobody can tell what of it is excluded: it must not be refreshed.
			name: "what_is_excluded_and_dbt_goes_on", scenario: "flows", want: "refresh-failed", faults: refused("list-workbooks"),
			inputs: with(only(weeklyRevenue), "tableau-flows", "Certified data/Clean orders", "tableau-exclude", "tag:finance", "tableau-preflight", "warn"),
			rows:   []string{"workbook Weekly revenue: failed", "flow Clean orders: success"}, requests: map[string]int{"refresh-workbook": 0},
		},
		{
			name: "what_is_excluded_of_the_data_sources", scenario: "data-sources-first", want: "refresh-failed", faults: refused("list-datasources"),
			inputs: with(only(weeklyRevenue), "tableau-exclude", "Orders", "tableau-preflight", "warn"),
			rows:   []string{"workbook Weekly revenue: failed"}, requests: map[string]int{"refresh-workbook": 0, "refresh-datasource": 0},
		},
		{
			name: "incremental_tasks", scenario: "tasks", want: "preflight-failed", faults: refused("list-tasks"),
			inputs: with(tasksOnly("nowhere", ""), "tableau-workbooks", weeklyRevenue+"\n"+margin+"\nNothing of the sort", "tableau-incremental", "true"),
			says:   []string{wrong, "tableau-tasks: failed to get extract refresh task nowhere"}, check: toldOnce("tableau-incremental: failed to list extract refresh tasks"),
		},
	})
}

// toldOnce: the summary has the text once among the reasons.
func toldOnce(text string) func(*testing.T, played) {
	return func(t *testing.T, done played) {
		t.Helper()
		reasons := 0
		for line := range strings.Lines(done.summary) {
			if strings.HasPrefix(line, "- ") && strings.Contains(strings.ReplaceAll(line, `\`, ""), text) {
				reasons++
			}
		}
		if reasons != 1 {
			t.Errorf("the summary tells %d times %q, want once:\n%s", reasons, text, done.summary)
		}
	}
}
