package action_test

import (
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestExposures asserts that the items of an exposure are refreshed if it depends on what was built.
func TestExposures(t *testing.T) {
	t.Parallel()
	targets := []string{"datasource Orders: success", "workbook 売上ダッシュボード: success", "workbook Weekly revenue: success"}
	withExposure := func(metaTableau map[string]any) func(*sandbox.Scenario) {
		return func(s *sandbox.Scenario) {
			s.DBT.Jobs[0].Exposures = append(s.DBT.Jobs[0].Exposures, sandbox.Exposure{Name: "extra", DependsOn: []string{"model.nordlys.stg_orders"}, Tableau: metaTableau})
		}
	}
	runTests(t, []scenarioTest{
		{name: "found", scenario: "exposures", want: "success", wantTargets: targets, wantRequests: map[string]int{"query-metadata": 0}},
		{
			name: "not_found", scenario: "exposures", want: "refresh-failed", change: withExposure(map[string]any{"workbook": "No such thing"}),
			wantTargets: []string{targets[0], targets[1], "workbook No such thing: failed", targets[2]}, wantLog: []string{`exposure extra: no workbook "No such thing" found`},
		},
		{
			name: "ambiguous", scenario: "exposures", want: "refresh-failed", change: withExposure(map[string]any{"workbook": "Weekly revenue"}),
			wantLog: []string{`exposure extra: "Weekly revenue" matches 2 workbooks`},
		},
		{
			name: "mistyped", scenario: "exposures", want: "refresh-failed", change: withExposure(map[string]any{"workbooks": []string{weeklyRevenueLUID[:35]}}),
			wantLog: []string{"exposure extra: meta.tableau: "},
		},
		{
			name: "other_kind", scenario: "exposures", want: "refresh-failed", change: withExposure(map[string]any{"workbook": siteURL + "datasources/31807"}),
			wantLog: []string{"use the URL of a workbook. This is the URL of a data source"},
		},
		{
			name: "an_unknown_key", scenario: "exposures", want: "success", wantTargets: targets, change: withExposure(map[string]any{"dashboard": "Weekly revenue"}),
			wantLog: []string{"meta.tableau.dashboard of extra"},
		},
		{
			name: "without_a_target", scenario: "exposures", want: "success", wantTargets: targets, change: withExposure(nil), wantLog: []string{"these exposures have neither a url nor meta.tableau: extra"},
		},
		{
			name: "live", scenario: "exposures", want: "success", change: withExposure(map[string]any{"workbook": storeScorecardLUID}),
			wantTargets: []string{targets[0], targets[1], "workbook Store scorecard: skipped", targets[2]},
		},
		{
			name: "by_tag", scenario: "exposures", want: "success", change: withExposure(map[string]any{"datasource": "tag:certified"}),
			wantTargets: []string{targets[0], "datasource Kundenstammdaten – täglich: success", targets[1], targets[2]},
		},
		{
			name: "with_data_sources", scenario: "exposures", want: "success", inputs: map[string]string{"tableau-include-datasources": "true"}, check: checkWorkbookAfterOrders, wantTargets: targets,
			change: func(s *sandbox.Scenario) { s.Tableau.Workbooks[0].Reads = []string{ordersLUID} },
		},
		{
			name: "none", scenario: "exposures", want: "success", wantTargets: []string{}, change: func(s *sandbox.Scenario) { s.DBT.Jobs[0].Exposures = nil },
			wantLog: []string{"no exposure depends on what the run built (0 exposures checked)"},
		},
		{
			name: "other_sites_only", scenario: "exposures", want: "success", wantTargets: []string{}, change: func(s *sandbox.Scenario) { s.DBT.Jobs[0].Exposures = s.DBT.Jobs[0].Exposures[2:4] },
			wantLog: []string{"no exposure that depends on what the run built points to content on this site"},
		},
		{
			name: "a_flow", scenario: "exposures", want: "success", wantTargets: []string{}, wantLog: []string{"these exposures do not point to a workbook or data source on this site: clean"},
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Exposures = []sandbox.Exposure{{Name: "clean", URL: s.Tableau.PageURL + "/#/site/nordlys/flows/7101", DependsOn: []string{"model.nordlys.stg_orders"}}}
			},
		},
		{
			name: "with_a_password", scenario: "exposures", want: "success", wantTargets: []string{}, wantLog: []string{"clean (https://elsewhere.example/x)"}, wantNoLog: []string{"hunter2"},
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Exposures = []sandbox.Exposure{{Name: "clean", URL: "https://me:hunter2@elsewhere.example/x?token=hunter2#token=hunter2", DependsOn: []string{"model.nordlys.stg_orders"}}}
			},
		},
		{
			name: "exposures_and_lineage", scenario: "exposures", want: "success", inputs: map[string]string{"tableau-discover": "exposures\nlineage"},
			wantLog: []string{`"Weekly revenue": exposure weekly_revenue, ANALYTICS.MARTS.FCT_ORDERS, `}, wantRequests: map[string]int{"refresh-datasource": 2},
		},
		{
			name: "dry_run", scenario: "exposures", want: "checked", inputs: map[string]string{"dry-run": "true"}, check: checkReadOnly,
			wantTargets: []string{"datasource Orders: not-started", "workbook 売上ダッシュボード: not-started", "workbook Weekly revenue: not-started"},
		},
		{
			name: "dry_run_not_found", scenario: "exposures", want: "preflight-failed", inputs: map[string]string{"dry-run": "true"}, change: withExposure(map[string]any{"workbook": "No such thing"}),
			wantLog: []string{`exposure extra: no workbook "No such thing" found`}, wantNoLog: []string{"Tableau refresh not started"},
		},
	})
}

// TestExposures_URL tests the URLs of views, and how other URLs are shown.
func TestExposures_URL(t *testing.T) {
	t.Parallel()
	withURL := func(url string) func(*sandbox.Scenario) {
		return func(s *sandbox.Scenario) {
			s.DBT.Jobs[0].Exposures = []sandbox.Exposure{{Name: "board", URL: strings.ReplaceAll(url, "PAGES", s.Tableau.PageURL), DependsOn: []string{"model.nordlys.stg_orders"}}}
		}
	}
	found := []string{"workbook Weekly revenue: success"}
	const pages, copyURL = "https://tableau.nordlys.example", "copy the URL that then appears"
	runTests(t, []scenarioTest{
		{name: "authoring", scenario: "exposures", want: "success", wantTargets: found, change: withURL("PAGES/#/site/nordlys/authoring/Weeklyrevenue/Overview?:iid=1")},
		{name: "authoring_in_the_path", scenario: "exposures", want: "success", wantTargets: found, change: withURL("PAGES/t/nordlys/authoring/Weeklyrevenue/Overview#1")},
		{
			name: "authoring_on_the_default_site", scenario: "exposures", want: "success", wantTargets: found, change: func(s *sandbox.Scenario) {
				s.Tableau.ContentURL, s.Inputs["tableau-site"] = "", ""
				withURL("PAGES/authoring/Weeklyrevenue/Overview")(s)
			},
		},
		{
			name: "redirect", scenario: "exposures", want: "success", wantTargets: []string{}, change: withURL("PAGES/#/site/nordlys/redirect_to_view/123?:iid=hunter2"),
			wantLog: []string{copyURL, "board (" + pages + "/#/site/nordlys/redirect_to_view/123)"}, wantNoLog: []string{"hunter2", "do not point to a workbook"},
		},
		{
			name: "redirect_with_meta", scenario: "exposures", want: "success", wantTargets: found, wantNoLog: []string{copyURL}, change: func(s *sandbox.Scenario) {
				withURL("PAGES/#/site/nordlys/redirect_to_view/123")(s)
				s.DBT.Jobs[0].Exposures[0].Tableau = map[string]any{"workbook": weeklyRevenueLUID}
			},
		},
		{
			name: "redirect_under_meta", scenario: "exposures", want: "refresh-failed", wantLog: []string{"exposure board: meta.tableau: ", copyURL}, wantNoLog: []string{"hunter2"}, change: func(s *sandbox.Scenario) {
				withURL("")(s)
				s.DBT.Jobs[0].Exposures[0].Tableau = map[string]any{"workbook": pages + "/#/site/nordlys/redirect_to_view/123?hunter2"}
			},
		},
		{
			name: "other_page", scenario: "exposures", want: "success", wantTargets: []string{}, change: withURL("PAGES/#/site/nordlys/projects/12?hunter2"),
			wantLog: []string{"a workbook or data source on this site: board (" + pages + "/#/site/nordlys/projects/12)"}, wantNoLog: []string{"hunter2"},
		},
		{
			name: "other_site", scenario: "exposures", want: "success", wantTargets: []string{}, change: withURL("PAGES/t/elsewhere/authoring/Weeklyrevenue/Overview?hunter2"),
			wantLog: []string{"board (" + pages + "/t/elsewhere/authoring/Weeklyrevenue/Overview)"}, wantNoLog: []string{"hunter2"},
		},
		{
			name: "other_host", scenario: "exposures", want: "success", wantTargets: []string{}, change: withURL("https://elsewhere.example/#/site/nordlys/views/Weeklyrevenue/Overview?:hunter2"),
			wantLog: []string{"board (https://elsewhere.example/#/site/nordlys/views/Weeklyrevenue/Overview)"}, wantNoLog: []string{"hunter2"},
		},
	})
}
