package action_test

import (
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

// atTheTop is a workbook in a project at the top of the tree that is called like two others further down.
const atTheTop = "5e1ec700-0000-4000-8000-000000000010"

func weeklyAtTheTop(s *sandbox.Scenario) {
	project := sandbox.Project{LUID: "c0ffee00-1000-4000-8000-000000000010", Name: "Weekly"}
	s.Tableau.Projects = append(s.Tableau.Projects, project)
	s.Tableau.Workbooks = append(s.Tableau.Workbooks, sandbox.Item{LUID: atTheTop, Name: "Weekly revenue", Number: 266100, Project: project.LUID})
}

// TestSelectors is how a workflow author points at items.
func TestSelectors(t *testing.T) {
	t.Parallel()
	tell(t, []tale{
		{
			name: "every_kind_of_selector", scenario: "by-name", want: "success",
			rows: []string{
				"workbook Weekly revenue: success", "workbook 売上ダッシュボード: success", "workbook Margin | P&L <EMEA>: success",
				"workbook Cost, plan / actual & more: success", "datasource Orders: success", "datasource Kundenstammdaten – täglich: success",
			},
			requests: map[string]int{"list-projects": 1, "list-workbooks": 1, "list-datasources": 1, "get-workbook": 0, "refresh-workbook": 4, "refresh-datasource": 2},
		},
		{
			name: "the_same_item_in_five_ways", scenario: "success", want: "success", rows: []string{"workbook Weekly revenue: success", "workbook Margin | P&L <EMEA>: success"},
			inputs:   only(weeklyRevenue, "Finance/Weekly/Weekly revenue", pages+"workbooks/265605", pages+"workbooks/265605/views", "tag:finance"),
			requests: map[string]int{"refresh-workbook": 2, "list-workbooks": 1},
		},
		{
			name: "ambiguous", scenario: "success", inputs: only("Weekly revenue"), want: "preflight-failed", rows: []string{"workbook Weekly revenue: not-started"},
			says: []string{
				`tableau-workbooks: "Weekly revenue" means 2 workbooks`,
				"leading slash, or a LUID: /Finance/Weekly/Weekly revenue (" + weeklyRevenue + ") " + pages + "workbooks/265605", "; /Sales & Marketing/Weekly/Weekly revenue (" + salesWeekly + ") " + pages + "workbooks/265744",
			},
		},
		{
			// More of its path there is not: only the leading slash tells it from the others.
			name: "ambiguous_at_the_top", scenario: "success", inputs: only("Weekly/Weekly revenue"), want: "preflight-failed", change: weeklyAtTheTop,
			says: []string{
				`tableau-workbooks: "Weekly/Weekly revenue" means 3 workbooks; write a whole path with its leading slash, or a LUID: `,
				"; /Weekly/Weekly revenue (" + atTheTop + ") " + pages + "workbooks/266100",
			},
		},
		{
			name: "cured_by_the_leading_slash", scenario: "success", inputs: only("/Weekly/Weekly revenue"), want: "success", change: weeklyAtTheTop,
			check: func(t *testing.T, done played) {
				if got := targets(t, done)[0].ID; got != atTheTop {
					t.Errorf("%s is refreshed, want %s", got, atTheTop)
				}
			},
		},
		{
			name: "mistyped", scenario: "success", inputs: only("Weekly revenu"), want: "preflight-failed",
			says: []string{`"Weekly revenu" means no workbook that the signed-in user may see; the nearest: /Finance/Weekly/Weekly revenue (`},
		},
		{
			name: "all_mistakes_at_once", scenario: "flows", want: "preflight-failed",
			inputs: map[string]string{"tableau-workbooks": "Nothing of the sort\nFinance/Weekly/Weekly revenue", "tableau-datasources": "Order", "tableau-flows": "Clean orders"},
			rows:   []string{"workbook Nothing of the sort: not-started", "workbook Weekly revenue: not-started", "datasource Order: not-started", "flow Clean orders: not-started"},
			says: []string{
				`tableau-workbooks: "Nothing of the sort" means no workbook`, `tableau-datasources: "Order" means no data source`,
				"the nearest: /Certified data/Orders", `tableau-flows: "Clean orders" means 2 flows`,
			},
		},
		{
			name: "address_of_another_host", scenario: "success", inputs: only("https://10ay.online.tableau.com/#/site/nordlys/workbooks/265605"), want: "preflight-failed",
			says: []string{"is on 10ay.online.tableau.com, and not on 127.0.0.1:8002 of tableau-url"},
		},
		{
			name: "address_of_another_site", scenario: "success", inputs: only("http://127.0.0.1:8002/#/site/sydlys/workbooks/265605"), want: "invalid-input",
			requests: map[string]int{"sign-in": 0, "server-info": 0, "get-job": 0},
		},
		{name: "personal_space_by_luid", scenario: "success", inputs: only(churnIdeas), want: "success", rows: []string{"workbook Scratch: churn ideas: success"}},
		{name: "personal_space_by_address", scenario: "success", inputs: only(pages + "workbooks/265910"), want: "success", rows: []string{"workbook Scratch: churn ideas: success"}},
		{
			name: "personal_space_by_name", scenario: "success", inputs: only("scratch: churn ideas"), want: "preflight-failed",
			says: []string{`"scratch: churn ideas" means no workbook that the signed-in user may see; what lies in a personal space matches by LUID or address only: Scratch: churn ideas (` + churnIdeas + `) ` + pages + "workbooks/265910"},
		},
		{
			name: "a_tag_leaves_out_what_is_live", scenario: "success", inputs: only("tag:after-dbt"), want: "success",
			change: func(s *sandbox.Scenario) { s.Tableau.Workbooks[4].Tags = []string{"after-dbt"} },
			rows:   []string{"workbook Weekly revenue: success", "workbook 売上ダッシュボード: success", "workbook Store scorecard: skipped"},
			says:   []string{"left out, for want of an extract of their own: 1"}, requests: map[string]int{"refresh-workbook": 2, "query-metadata": 0},
		},
		{
			name: "a_tag_for_what_is_found_live_on_refresh", scenario: "success", inputs: only("tag:after-dbt"), want: "success",
			change: func(s *sandbox.Scenario) {
				s.Tableau.Workbooks[4].Tags, s.Tableau.Workbooks[4].ExtractsUnknown = []string{"after-dbt"}, true
			},
			rows: []string{"workbook Weekly revenue: success", "workbook 売上ダッシュボード: success", "workbook Store scorecard: skipped"},
			says: []string{`"Store scorecard" is left out: it has no extract of its own`}, requests: map[string]int{"refresh-workbook": 3},
			check: fresh,
		},
		{
			name: "a_name_for_what_is_found_live_on_refresh", scenario: "success", inputs: only("Store scorecard", weeklyRevenue), want: "refresh-failed",
			change: func(s *sandbox.Scenario) { s.Tableau.Workbooks[4].ExtractsUnknown = true },
			rows:   []string{"workbook Store scorecard: failed", "workbook Weekly revenue: success"},
			says:   []string{"409090", "name the published data sources that it reads instead"},
		},
		{
			// No filter takes such a name; the content URL is made of it without what is in the way.
			name: "a_luid_of_what_is_live_and_has_an_ampersand", scenario: "success", inputs: only(storeScorecard, margin), want: "preflight-failed",
			change: func(s *sandbox.Scenario) { s.Tableau.Workbooks[4].Name = "Stores, P&L [all]" },
			rows:   []string{"workbook Stores, P&L [all]: not-started", "workbook Margin | P&L <EMEA>: not-started"},
			says:   []string{`"Stores, P&L [all]" (` + storeScorecard + `) has no extract of its own`}, requests: map[string]int{"list-workbooks": 1, "get-workbook": 2},
		},
		{
			name: "a_tag_and_a_name_for_what_is_live", scenario: "success", inputs: only("tag:after-dbt", storeScorecard), want: "preflight-failed",
			change: func(s *sandbox.Scenario) { s.Tableau.Workbooks[4].Tags = []string{"after-dbt"} },
		},
		{
			name: "live_workbook", scenario: "success", inputs: only("Store scorecard"), want: "preflight-failed", rows: []string{"workbook Store scorecard: not-started"},
			says: []string{`"Store scorecard" (` + storeScorecard + `) has no extract of its own to refresh: name the published data sources that it reads in tableau-datasources instead: Orders (` + orders + `), or set tableau-include-datasources`},
		},
		{
			name: "live_workbook_without_the_metadata_api", scenario: "success", inputs: only("Store scorecard"), want: "preflight-failed",
			change: func(s *sandbox.Scenario) { s.Tableau.Metadata.Disabled = true }, says: []string{"instead: Orders (" + orders + ")"},
		},
		{
			name: "live_workbooks_share_their_requests", scenario: "success", inputs: only("Store scorecard", "Finance/Weekly/Weekly revenue", "Margin | P&L <EMEA>"), want: "preflight-failed",
			change: func(s *sandbox.Scenario) {
				for i := range 2 {
					s.Tableau.Workbooks[i].Live, s.Tableau.Workbooks[i].Reads = true, []string{customers, orders}
				}
			},
			requests: map[string]int{"query-metadata": 1, "get-datasource": 2},
		},
		{
			// What is selected, excluded and read by a workbook is found in the same lists, and in one tree of projects.
			name: "nothing_is_read_twice", scenario: "data-sources-first", want: "success",
			inputs: map[string]string{
				"tableau-workbooks": weeklyRevenue + "\nFinance/Margin | P&L <EMEA>", "tableau-datasources": "Certified data/Orders\n" + customers,
				"tableau-exclude": margin + "\nFinance/Margin | P&L <EMEA>\nCertified data/Orders",
			},
			rows: []string{"workbook Weekly revenue: success", "datasource Kundenstammdaten – täglich: success"},
			// Of the data sources, the first name is in a filter, the one to exclude is not; a LUID may be of either kind.
			requests: map[string]int{"list-projects": 1, "list-workbooks": 1, "list-datasources": 2, "get-workbook": 0, "get-datasource": 2, "query-metadata": 1},
		},
		{
			name: "live_data_source", scenario: "success", inputs: map[string]string{"tableau-workbooks": "", "tableau-datasources": "Store master"}, want: "preflight-failed",
			says: []string{`tableau-datasources: "Store master" (0c5e7a92-b4d6-48f1-93a7-c6e8d0f2b413) has no extract of its own to refresh`},
		},
	})
}
