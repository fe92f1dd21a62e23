package action_test

import (
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestExposures: what the project's exposures name is refreshed, where they read what was built.
func TestExposures(t *testing.T) {
	t.Parallel()
	three := []string{"datasource Orders: success", "workbook 売上ダッシュボード: success", "workbook Weekly revenue: success"}
	pointing := func(under map[string]any) func(*sandbox.Scenario) {
		return func(s *sandbox.Scenario) {
			s.DBT.Jobs[0].Exposures = append(s.DBT.Jobs[0].Exposures, sandbox.Exposure{Name: "extra", DependsOn: []string{"model.nordlys.stg_orders"}, Tableau: under})
		}
	}
	tell(t, []tale{
		{name: "found", scenario: "exposures", want: "success", rows: three, requests: map[string]int{"query-metadata": 0}},
		{
			name: "not_found", scenario: "exposures", want: "refresh-failed", change: pointing(map[string]any{"workbook": "No such thing"}),
			rows: []string{three[0], three[1], "workbook No such thing: failed", three[2]}, says: []string{`exposure extra: "No such thing" means no workbook`},
		},
		{
			name: "ambiguous", scenario: "exposures", want: "refresh-failed", change: pointing(map[string]any{"workbook": "Weekly revenue"}),
			says: []string{`exposure extra: "Weekly revenue" means 2 workbooks`},
		},
		{
			name: "mistyped", scenario: "exposures", want: "refresh-failed", change: pointing(map[string]any{"workbooks": []string{weeklyRevenue[:35]}}),
			says: []string{"exposure extra: meta.tableau: "},
		},
		{
			name: "of_another_kind", scenario: "exposures", want: "refresh-failed", change: pointing(map[string]any{"workbook": pages + "datasources/31807"}),
			says: []string{"it is the address of a datasource"},
		},
		{
			name: "an_unknown_key", scenario: "exposures", want: "success", rows: three, change: pointing(map[string]any{"dashboard": "Weekly revenue"}),
			says: []string{"meta.tableau.dashboard of extra"},
		},
		{
			name: "silent", scenario: "exposures", want: "success", rows: three, change: pointing(nil), says: []string{"exposures with neither a url nor meta.tableau: extra"},
		},
		{
			name: "live", scenario: "exposures", want: "success", change: pointing(map[string]any{"workbook": storeScorecard}),
			rows: []string{three[0], three[1], "workbook Store scorecard: skipped", three[2]},
		},
		{
			name: "by_tag", scenario: "exposures", want: "success", change: pointing(map[string]any{"datasource": "tag:certified"}),
			rows: []string{three[0], "datasource Kundenstammdaten – täglich: success", three[1], three[2]},
		},
		{
			name: "with_their_sources", scenario: "exposures", want: "success", inputs: map[string]string{"tableau-include-datasources": "true"}, check: inTheirOrder, rows: three,
			change: func(s *sandbox.Scenario) { s.Tableau.Workbooks[0].Reads = []string{orders} },
		},
		{
			name: "none", scenario: "exposures", want: "success", rows: []string{}, change: func(s *sandbox.Scenario) { s.DBT.Jobs[0].Exposures = nil },
			says: []string{"none of the dbt project's exposures (0) depends on what the run has built"},
		},
		{
			name: "all_elsewhere", scenario: "exposures", want: "success", rows: []string{}, change: func(s *sandbox.Scenario) { s.DBT.Jobs[0].Exposures = s.DBT.Jobs[0].Exposures[2:4] },
			says: []string{"leads to anything on this site"},
		},
		{
			name: "a_flow", scenario: "exposures", want: "success", rows: []string{}, says: []string{"exposures that lead to no workbook or data source of this site: clean"},
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Exposures = []sandbox.Exposure{{Name: "clean", URL: s.Tableau.PageURL + "/#/site/nordlys/flows/7101", DependsOn: []string{"model.nordlys.stg_orders"}}}
			},
		},
		{
			name: "with_a_password", scenario: "exposures", want: "success", rows: []string{}, says: []string{"clean (https://elsewhere.example/x)"}, never: []string{"hunter2"},
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Exposures = []sandbox.Exposure{{Name: "clean", URL: "https://me:hunter2@elsewhere.example/x?token=hunter2#token=hunter2", DependsOn: []string{"model.nordlys.stg_orders"}}}
			},
		},
		{
			name: "both_ways", scenario: "exposures", want: "success", inputs: map[string]string{"tableau-discover": "exposures\nlineage"},
			says: []string{`"Weekly revenue": exposure weekly_revenue, ANALYTICS.MARTS.MART_WEEKLY_REVENUE`}, requests: map[string]int{"refresh-datasource": 2},
		},
		{
			name: "dry_run", scenario: "exposures", want: "checked", inputs: map[string]string{"dry-run": "true"}, check: harmless,
			rows: []string{"datasource Orders: not-started", "workbook 売上ダッシュボード: not-started", "workbook Weekly revenue: not-started"},
		},
		{
			name: "dry_run_not_found", scenario: "exposures", want: "preflight-failed", inputs: map[string]string{"dry-run": "true"}, change: pointing(map[string]any{"workbook": "No such thing"}),
			says: []string{`exposure extra: "No such thing" means no workbook`},
		},
	})
}
