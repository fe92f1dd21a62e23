package action_test

import (
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestExclude: what is excluded is never refreshed, however it was found.
func TestExclude(t *testing.T) {
	t.Parallel()
	tell(t, []tale{
		{
			name: "by_name_tag_and_address", scenario: "success", want: "success", inputs: map[string]string{"tableau-exclude": "Orders\ntag:finance\n" + pages + "workbooks/265744"},
			rows: []string{"workbook 売上ダッシュボード: success", "datasource Kundenstammdaten – täglich: success"}, never: []string{"matches nothing"},
		},
		{
			name: "found_by_a_tag", scenario: "success", want: "success", inputs: with(only("tag:after-dbt"), "tableau-exclude", weeklyRevenue),
			rows: []string{"workbook 売上ダッシュボード: success"},
		},
		{
			name: "with_its_task", scenario: "tasks", want: "success", inputs: with(tasksOnly("", "Weekday mornings"), "tableau-exclude", "Finance/Weekly/Weekly revenue\nOrders"),
			rows: []string{"task Margin | P&L <EMEA>: success"},
		},
		{
			name: "a_task_of_what_may_not_be_seen", scenario: "tasks", want: "success", rows: []string{}, requests: map[string]int{"run-task": 0}, never: []string{"matches nothing"},
			change: func(s *sandbox.Scenario) {
				s.Tableau.Workbooks[0].Hidden = true
				s.Tableau.Tasks = []sandbox.Task{{LUID: task(1), Target: weeklyRevenue}}
			},
			inputs: with(tasksOnly(task(1), ""), "tableau-exclude", weeklyRevenue), says: []string{"tableau-exclude leaves nothing to refresh"},
		},
		{
			name: "a_source_that_may_not_be_seen", scenario: "data-sources-first", want: "success", rows: []string{"workbook Weekly revenue: success", "datasource Orders: success"},
			change: func(s *sandbox.Scenario) { s.Tableau.DataSources[1].ExtractsUnknown = true },
			inputs: map[string]string{"tableau-workbooks": weeklyRevenue, "tableau-exclude": "e4a6b8c0-d2f4-4617-a839-5b7c9d1e3f50"},
		},
		{
			name: "a_path_of_which_nobody_can_tell", scenario: "success", want: "preflight-failed", faults: []sandbox.Fault{{Service: "tableau", Operation: "list-projects", Kind: sandbox.Forbidden}},
			inputs: with(only(weeklyRevenue), "tableau-exclude", "/Finance/Weekly/Weekly revenue"), says: []string{`what "/Finance/Weekly/Weekly revenue" means can't be told`},
		},
		{
			name: "what_is_live_and_named", scenario: "success", want: "success", inputs: with(only(storeScorecard, weeklyRevenue), "tableau-exclude", storeScorecard),
			rows: []string{"workbook Weekly revenue: success"},
		},
		{
			name: "nothing_matched", scenario: "success", want: "success", inputs: with(only(weeklyRevenue), "tableau-exclude", "Old report\n"+orders),
			rows: []string{"workbook Weekly revenue: success"}, says: []string{`tableau-exclude: "Old report" matches nothing`},
		},
		{
			name: "nothing_remains", scenario: "success", want: "success", inputs: with(only(weeklyRevenue), "tableau-exclude", "tag:after-dbt"), rows: []string{},
			says: []string{"tableau-exclude leaves nothing to refresh"}, requests: map[string]int{"trigger-run": 1, "refresh-workbook": 0},
			check: func(t *testing.T, done played) {
				if !strings.Contains(done.summary, "leaves nothing to refresh") {
					t.Error("the summary does not say that nothing remains")
				}
			},
		},
		{
			name: "ambiguous", scenario: "success", want: "preflight-failed", inputs: with(only("tag:after-dbt"), "tableau-exclude", "Weekly revenue"),
			says: []string{`tableau-exclude: "Weekly revenue" means 2 workbooks`},
		},
		{
			name: "ambiguous_also_afterwards", scenario: "success", want: "refresh-failed", inputs: with(only("tag:after-dbt"), "tableau-exclude", "Weekly revenue", "tableau-preflight", "warn"),
			rows: []string{"workbook 売上ダッシュボード: success", "workbook Weekly revenue: failed"},
		},
		{
			name: "a_flow_by_its_tag", scenario: "flows", want: "success", rows: []string{"flow Clean orders: success"},
			change: func(s *sandbox.Scenario) { s.Tableau.Flows[1].Tags = []string{"crm"} },
			inputs: map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-exclude": "tag:crm"},
		},
		{
			name: "the_address_of_a_view", scenario: "flows", want: "success", inputs: map[string]string{"tableau-workbooks": weeklyRevenue, "tableau-flows": pages + "flows/7101", "tableau-exclude": pages + "views/Orders/Overview"},
			change: func(s *sandbox.Scenario) { s.Tableau.Workbooks[5].ContentURL = "Orders" },
			rows:   []string{"workbook Weekly revenue: success", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success", "flow Clean orders: success"},
		},
	})
}
