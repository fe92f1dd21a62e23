package action_test

import (
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestExclude asserts that an excluded item is never refreshed, no matter how it was found.
func TestExclude(t *testing.T) {
	t.Parallel()
	runTests(t, []scenarioTest{
		{
			name: "by_name_tag_and_url", scenario: "success", want: "success", inputs: map[string]string{"tableau-exclude": "Orders\ntag:finance\n" + siteURL + "workbooks/265744"},
			wantTargets: []string{"workbook 売上ダッシュボード: success", "datasource Kundenstammdaten – täglich: success"}, wantNoLog: []string{"matches no item"},
		},
		{
			name: "found_by_a_tag", scenario: "success", want: "success", inputs: withInputs(onlyWorkbooks("tag:after-dbt"), "tableau-exclude", weeklyRevenueLUID),
			wantTargets: []string{"workbook 売上ダッシュボード: success"},
		},
		{
			name: "with_its_task", scenario: "tasks", want: "success", inputs: withInputs(onlyTasks("", "Weekday mornings"), "tableau-exclude", "Finance/Weekly/Weekly revenue\nOrders"),
			wantTargets: []string{"task Margin | P&L <EMEA>: success"},
		},
		{
			name: "a_task_of_a_hidden_workbook", scenario: "tasks", want: "success", wantTargets: []string{}, wantRequests: map[string]int{"run-task": 0}, wantNoLog: []string{"matches no item"},
			change: func(s *sandbox.Scenario) {
				s.Tableau.Workbooks[0].Hidden = true
				s.Tableau.Tasks = []sandbox.Task{{LUID: taskLUID(1), Target: weeklyRevenueLUID}}
			},
			inputs: withInputs(onlyTasks(taskLUID(1), ""), "tableau-exclude", weeklyRevenueLUID), wantLog: []string{"tableau-exclude excludes everything, so nothing is refreshed"},
		},
		{
			name: "a_source_with_unknown_extracts", scenario: "data-sources-first", want: "success", wantTargets: []string{"workbook Weekly revenue: success", "datasource Orders: success"},
			change: func(s *sandbox.Scenario) { s.Tableau.DataSources[1].ExtractsUnknown = true },
			inputs: map[string]string{"tableau-workbooks": weeklyRevenueLUID, "tableau-exclude": "e4a6b8c0-d2f4-4617-a839-5b7c9d1e3f50"},
		},
		{
			name: "an_unresolvable_path", scenario: "success", want: "preflight-failed", faults: []sandbox.Fault{{Service: "tableau", Operation: "list-projects", Kind: sandbox.Forbidden}},
			inputs: withInputs(onlyWorkbooks(weeklyRevenueLUID), "tableau-exclude", "/Finance/Weekly/Weekly revenue"), wantLog: []string{`use a LUID instead of "/Finance/Weekly/Weekly revenue"`},
		},
		{
			name: "a_listed_live_workbook", scenario: "success", want: "success", inputs: withInputs(onlyWorkbooks(storeScorecardLUID, weeklyRevenueLUID), "tableau-exclude", storeScorecardLUID),
			wantTargets: []string{"workbook Weekly revenue: success"},
		},
		{
			name: "nothing_matched", scenario: "success", want: "success", inputs: withInputs(onlyWorkbooks(weeklyRevenueLUID), "tableau-exclude", "Old report\n"+ordersLUID),
			wantTargets: []string{"workbook Weekly revenue: success"}, wantLog: []string{`tableau-exclude: "Old report" matches no item`},
		},
		{
			name: "nothing_remains", scenario: "success", want: "success", inputs: withInputs(onlyWorkbooks(weeklyRevenueLUID), "tableau-exclude", "tag:after-dbt"), wantTargets: []string{},
			wantLog: []string{"tableau-exclude excludes everything, so nothing is refreshed"}, wantRequests: map[string]int{"trigger-run": 1, "refresh-workbook": 0},
			check: func(t *testing.T, step outcome) {
				if !strings.Contains(step.summary, "excludes everything, so nothing is refreshed") {
					t.Error("the summary does not report that nothing remains")
				}
			},
		},
		{
			name: "ambiguous", scenario: "success", want: "preflight-failed", inputs: withInputs(onlyWorkbooks("tag:after-dbt"), "tableau-exclude", "Weekly revenue"),
			wantLog: []string{`tableau-exclude: "Weekly revenue" matches 2 workbooks`},
		},
		{
			name: "ambiguous_after_dbt", scenario: "success", want: "refresh-failed", inputs: withInputs(onlyWorkbooks("tag:after-dbt"), "tableau-exclude", "Weekly revenue", "tableau-preflight", "warn"),
			wantTargets: []string{"workbook 売上ダッシュボード: success", "workbook Weekly revenue: failed"},
		},
		{
			name: "a_flow_by_its_tag", scenario: "flows", want: "success", wantTargets: []string{"flow Clean orders: success"},
			change: func(s *sandbox.Scenario) { s.Tableau.Flows[1].Tags = []string{"crm"} },
			inputs: map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-exclude": "tag:crm"},
		},
		{
			name: "the_url_of_a_view", scenario: "flows", want: "success", inputs: map[string]string{"tableau-workbooks": weeklyRevenueLUID, "tableau-flows": siteURL + "flows/7101", "tableau-exclude": siteURL + "views/Orders/Overview"},
			change:      func(s *sandbox.Scenario) { s.Tableau.Workbooks[5].ContentURL = "Orders" },
			wantTargets: []string{"workbook Weekly revenue: success", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success", "flow Clean orders: success"},
		},
	})
}
