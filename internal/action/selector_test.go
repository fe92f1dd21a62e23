package action_test

import (
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sandbox"
)

// topLevelWorkbook is in a top-level project with the same name as two subprojects.
const topLevelWorkbook = "5e1ec700-0000-4000-8000-000000000010"

func addTopLevelWeekly(s *sandbox.Scenario) {
	project := sandbox.Project{LUID: "c0ffee00-1000-4000-8000-000000000010", Name: "Weekly"}
	s.Tableau.Projects = append(s.Tableau.Projects, project)
	s.Tableau.Workbooks = append(s.Tableau.Workbooks, sandbox.Item{LUID: topLevelWorkbook, Name: "Weekly revenue", Number: 266100, Project: project.LUID})
}

// TestSelectors tests how items are selected.
func TestSelectors(t *testing.T) {
	t.Parallel()
	runTests(t, []scenarioTest{
		{
			name: "every_kind_of_selector", scenario: "by-name", want: "success",
			wantTargets: []string{
				"workbook Weekly revenue: success", "workbook 売上ダッシュボード: success", "workbook Margin | P&L <EMEA>: success",
				"workbook Cost, plan / actual & more: success", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success",
			},
			wantRequests: map[string]int{"list-projects": 1, "list-workbooks": 1, "list-datasources": 1, "get-workbook": 0, "refresh-workbook": 4, "refresh-datasource": 2},
		},
		{
			name: "the_same_item_in_five_ways", scenario: "success", want: "success", wantTargets: []string{"workbook Weekly revenue: success", "workbook Margin | P&L <EMEA>: success"},
			inputs:       onlyWorkbooks(weeklyRevenueLUID, "Finance/Weekly/Weekly revenue", siteURL+"workbooks/265605", siteURL+"workbooks/265605/views", "tag:finance"),
			wantRequests: map[string]int{"refresh-workbook": 2, "list-workbooks": 1},
		},
		{
			name: "web_authoring", scenario: "success", want: "success", wantTargets: []string{"workbook Weekly revenue: success", "workbook Weekly revenue: success"},
			inputs: onlyWorkbooks(siteURL+"authoring/Weeklyrevenue/Overview", "http://127.0.0.1:8002/t/nordlys/authoring/Weeklyrevenue_16541/Overview#1"),
		},
		{
			name: "redirect", scenario: "success", want: "invalid-input", inputs: onlyWorkbooks(siteURL + "redirect_to_view/123"),
			wantLog: []string{"open the URL in a browser, and copy the URL that then appears"},
		},
		{
			name: "ambiguous", scenario: "success", inputs: onlyWorkbooks("Weekly revenue"), want: "preflight-failed", wantTargets: []string{"workbook Weekly revenue: not-started"},
			wantLog: []string{
				`tableau-workbooks: "Weekly revenue" matches 2 workbooks`,
				"one of these paths or LUIDs: /Finance/Weekly/Weekly revenue (" + weeklyRevenueLUID + ") " + siteURL + "workbooks/265605", "/Sales & Marketing/Weekly/Weekly revenue (" + salesWeeklyLUID + ") " + siteURL + "workbooks/265744",
			},
		},
		{
			// Only the leading slash makes this path unique.
			name: "ambiguous_at_the_top", scenario: "success", inputs: onlyWorkbooks("Weekly/Weekly revenue"), want: "preflight-failed", change: addTopLevelWeekly,
			wantLog: []string{
				`tableau-workbooks: "Weekly/Weekly revenue" matches 3 workbooks. Use one of these paths or LUIDs: `,
				"%0A/Weekly/Weekly revenue (" + topLevelWorkbook + ") " + siteURL + "workbooks/266100",
			},
		},
		{
			name: "unique_by_the_leading_slash", scenario: "success", inputs: onlyWorkbooks("/Weekly/Weekly revenue"), want: "success", change: addTopLevelWeekly,
			check: func(t *testing.T, step outcome) {
				if got := parseTargets(t, step)[0].ID; got != topLevelWorkbook {
					t.Errorf("%s is refreshed, want %s", got, topLevelWorkbook)
				}
			},
		},
		{
			name: "mistyped", scenario: "success", inputs: onlyWorkbooks("Weekly revenu"), want: "preflight-failed",
			wantLog: []string{`no workbook "Weekly revenu" found (or no permission to view it). Did you mean: /Finance/Weekly/Weekly revenue (`},
		},
		{
			name: "all_problems_at_once", scenario: "flows", want: "preflight-failed",
			inputs:      map[string]string{"tableau-workbooks": "Nothing of the sort\nFinance/Weekly/Weekly revenue", "tableau-datasources": "Order", "tableau-flows": "Clean orders"},
			wantTargets: []string{"workbook Nothing of the sort: not-started", "workbook Weekly revenue: not-started", "datasource Order: not-started", "flow Clean orders: not-started"},
			wantLog: []string{
				`tableau-workbooks: no workbook "Nothing of the sort" found`, `tableau-datasources: no data source "Order" found`,
				"Did you mean: /Certified data/Orders", `tableau-flows: "Clean orders" matches 2 flows`,
			},
		},
		{
			name: "url_of_another_host", scenario: "success", inputs: onlyWorkbooks("https://10ay.online.tableau.com/#/site/nordlys/workbooks/265605"), want: "preflight-failed",
			wantLog: []string{"is on 10ay.online.tableau.com, but tableau-url is on 127.0.0.1:8002"},
		},
		{
			name: "url_of_another_site", scenario: "success", inputs: onlyWorkbooks("http://127.0.0.1:8002/#/site/sydlys/workbooks/265605"), want: "invalid-input",
			wantRequests: map[string]int{"sign-in": 0, "server-info": 0, "get-job": 0},
		},
		{name: "personal_space_by_luid", scenario: "success", inputs: onlyWorkbooks(churnIdeasLUID), want: "success", wantTargets: []string{"workbook Scratch: churn ideas: success"}},
		{name: "personal_space_by_url", scenario: "success", inputs: onlyWorkbooks(siteURL + "workbooks/265910"), want: "success", wantTargets: []string{"workbook Scratch: churn ideas: success"}},
		{
			name: "personal_space_by_name", scenario: "success", inputs: onlyWorkbooks("scratch: churn ideas"), want: "preflight-failed",
			wantLog: []string{`no workbook "scratch: churn ideas" found (or no permission to view it). For an item in a personal space, use its LUID or URL: Scratch: churn ideas (` + churnIdeasLUID + `) ` + siteURL + "workbooks/265910"},
		},
		{
			name: "tag_skips_live_workbooks", scenario: "success", inputs: onlyWorkbooks("tag:after-dbt"), want: "success",
			change:      func(s *sandbox.Scenario) { s.Tableau.Workbooks[4].Tags = []string{"after-dbt"} },
			wantTargets: []string{"workbook Weekly revenue: success", "workbook 売上ダッシュボード: success", "workbook Store scorecard: skipped"},
			wantLog:     []string{"1 item skipped: no extract to refresh"}, wantRequests: map[string]int{"refresh-workbook": 2, "query-metadata": 0},
		},
		{
			name: "project_skips_live_workbooks", scenario: "success", want: "success",
			inputs:       withInputs(onlyWorkbooks("/Sales & Marketing/**"), "tableau-exclude", "Sales & Marketing/Weekly/*"),
			wantTargets:  []string{"workbook 売上ダッシュボード: success", "workbook Store scorecard: skipped"},
			wantLog:      []string{"::notice::1 item skipped: no extract to refresh"},
			wantRequests: map[string]int{"list-projects": 1, "list-workbooks": 1, "refresh-workbook": 1},
		},
		{
			name: "project_and_discovery_skip_live_items", scenario: "lineage", want: "success",
			inputs: withInputs(onlyWorkbooks("/Sales & Marketing/*"), "tableau-discover", "lineage"),
			check: func(t *testing.T, step outcome) {
				t.Helper()
				if strings.Count(step.log, "no extract to refresh") != 1 || !strings.Contains(step.log, "::notice::2 items skipped: no extract to refresh.\n") {
					t.Errorf("the log does not contain one notice about both items:\n%s", step.log)
				}
			},
		},
		{
			name: "project_without_workbooks", scenario: "success", inputs: onlyWorkbooks("Certified data/*"), want: "preflight-failed",
			wantLog: []string{`tableau-workbooks: no workbook "Certified data/*" found`},
		},
		{
			name: "number_in_a_url", scenario: "success", inputs: onlyWorkbooks("265605"), want: "success", wantTargets: []string{"workbook Weekly revenue: success"},
		},
		{
			name: "name_of_a_data_source", scenario: "success", inputs: onlyWorkbooks("Orders"), want: "preflight-failed",
			wantLog: []string{`select "Orders" (` + ordersLUID + `) as a data source, for example in tableau-datasources`},
		},
		{
			name: "path_with_angle_brackets", scenario: "success", inputs: onlyWorkbooks("Finance > Weekly > Weekly revenue"), want: "preflight-failed",
			wantLog: []string{`Separate projects with slashes: "Finance/Weekly/Weekly revenue"`},
		},
		{
			name: "mistyped_input", scenario: "success", inputs: map[string]string{"tableau-workbook": "Orders"}, want: "invalid-input",
			wantLog: []string{"tableau-workbook: is not an input; did you mean tableau-workbooks?"}, wantRequests: map[string]int{"get-job": 0, "sign-in": 0},
		},
		{
			name: "display_name_of_the_site", scenario: "success", inputs: map[string]string{"tableau-site": "Nordlys-Reports"}, want: "preflight-failed",
			wantLog: []string{"Check tableau-token-name", `A wrong tableau-site gives the same error: "Nordlys-Reports" must be the part after /site/ in a page URL, not the display name`},
		},
		{
			name: "account_of_another_token", scenario: "success", inputs: map[string]string{"dbt-account-id": "99"}, want: "preflight-failed",
			wantLog: []string{"check dbt-account-id: dbt-token is valid, but it can't access account 99. It can access "}, wantRequests: map[string]int{"list-accounts": 1},
		},
		{
			name: "tag_of_a_workbook_found_live_on_refresh", scenario: "success", inputs: onlyWorkbooks("tag:after-dbt"), want: "success",
			change: func(s *sandbox.Scenario) {
				s.Tableau.Workbooks[4].Tags, s.Tableau.Workbooks[4].ExtractsUnknown = []string{"after-dbt"}, true
			},
			wantTargets: []string{"workbook Weekly revenue: success", "workbook 売上ダッシュボード: success", "workbook Store scorecard: skipped"},
			wantLog:     []string{`"Store scorecard" was skipped: ` + progress.NoExtract}, wantRequests: map[string]int{"refresh-workbook": 3},
			check: checkFresh,
		},
		{
			name: "name_of_a_workbook_found_live_on_refresh", scenario: "success", inputs: onlyWorkbooks("Store scorecard", weeklyRevenueLUID), want: "refresh-failed",
			change:      func(s *sandbox.Scenario) { s.Tableau.Workbooks[4].ExtractsUnknown = true },
			wantTargets: []string{"workbook Store scorecard: failed", "workbook Weekly revenue: success"},
			wantLog:     []string{"409090", "It has no extract. List the published data sources that it uses, or remove it if its connection is live"},
		},
		{
			// No filter can contain such a name; the content URL contains only the characters that are allowed there.
			name: "luid_of_a_live_workbook_with_an_ampersand", scenario: "success", inputs: onlyWorkbooks(storeScorecardLUID, marginLUID), want: "preflight-failed",
			change:      func(s *sandbox.Scenario) { s.Tableau.Workbooks[4].Name = "Stores, P&L [all]" },
			wantTargets: []string{"workbook Stores, P&L [all]: not-started", "workbook Margin | P&L <EMEA>: not-started"},
			wantLog:     []string{`"Stores, P&L [all]" (` + storeScorecardLUID + `) has no extract. `}, wantRequests: map[string]int{"list-workbooks": 1, "get-workbook": 2},
		},
		{
			name: "tag_and_name_of_a_live_workbook", scenario: "success", inputs: onlyWorkbooks("tag:after-dbt", storeScorecardLUID), want: "preflight-failed",
			change: func(s *sandbox.Scenario) { s.Tableau.Workbooks[4].Tags = []string{"after-dbt"} },
		},
		{
			name: "live_workbook", scenario: "success", inputs: onlyWorkbooks("Store scorecard"), want: "preflight-failed", wantTargets: []string{"workbook Store scorecard: not-started"},
			wantLog: []string{`"Store scorecard" (` + storeScorecardLUID + `) has no extract. Set tableau-include-datasources: true, or list its published data sources in tableau-datasources instead: "Orders" (` + ordersLUID + `)`},
		},
		{
			name: "live_workbook_without_the_metadata_api", scenario: "success", inputs: onlyWorkbooks("Store scorecard"), want: "preflight-failed",
			change: func(s *sandbox.Scenario) { s.Tableau.Metadata.Disabled = true }, wantLog: []string{`instead: "Orders" (` + ordersLUID + `)`},
		},
		{
			name: "live_workbooks_share_their_requests", scenario: "success", inputs: onlyWorkbooks("Store scorecard", "Finance/Weekly/Weekly revenue", "Margin | P&L <EMEA>"), want: "preflight-failed",
			change: func(s *sandbox.Scenario) {
				for i := range 2 {
					s.Tableau.Workbooks[i].Live, s.Tableau.Workbooks[i].Reads = true, []string{customersLUID, ordersLUID}
				}
			},
			wantRequests: map[string]int{"query-metadata": 1, "get-datasource": 2},
		},
		{
			// Selected items, excluded items, and data sources of workbooks are found in the same lists, and in one tree of
			// projects.
			name: "lists_are_shared", scenario: "data-sources-first", want: "success",
			inputs: map[string]string{
				"tableau-workbooks": weeklyRevenueLUID + "\nFinance/Margin | P&L <EMEA>", "tableau-datasources": "Certified data/Orders\n" + customersLUID,
				"tableau-exclude": marginLUID + "\nFinance/Margin | P&L <EMEA>\nCertified data/Orders",
			},
			wantTargets: []string{"workbook Weekly revenue: success", "datasource Kundenstammdaten – täglich: success"},
			// The filter for data sources contains the first name, but not the excluded one; a LUID can be of either type.
			wantRequests: map[string]int{"list-projects": 1, "list-workbooks": 1, "list-datasources": 2, "get-workbook": 0, "get-datasource": 2, "query-metadata": 1},
		},
		{
			name: "live_data_source", scenario: "success", inputs: map[string]string{"tableau-workbooks": "", "tableau-datasources": "Store master"}, want: "preflight-failed",
			wantLog: []string{`tableau-datasources: "Store master" (0c5e7a92-b4d6-48f1-93a7-c6e8d0f2b413) has no extract. `},
		},
	})
}
