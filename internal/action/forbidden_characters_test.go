package action_test

import (
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestForbiddenCharacters tests texts with characters that XML 1.0 forbids.
func TestForbiddenCharacters(t *testing.T) {
	t.Parallel()
	const lineBreak = "&#11;"
	runTests(t, []scenarioTest{
		{
			name: "description_of_another_item", scenario: "success", want: "success", inputs: onlyWorkbooks("Margin | P&L <EMEA>"),
			change: func(s *sandbox.Scenario) {
				s.Tableau.Workbooks[0].Description = "Q3" + sandbox.RawXML(lineBreak+"\x0b&#0;\x00&#xFFFF;\xff") + "targets"
			},
			wantTargets: []string{"workbook Margin | P&L <EMEA>: success"},
		},
		{
			name: "name", scenario: "success", want: "success", inputs: onlyWorkbooks("Q3 targets \U0001F60A"),
			change: func(s *sandbox.Scenario) {
				s.Tableau.Workbooks[0].Name = "Q3" + sandbox.RawXML(lineBreak+"targets &#55357;&#56842;")
			},
			wantTargets: []string{"workbook Q3 targets \U0001F60A: success"},
		},
		{
			name: "notes_of_a_failure", scenario: "refresh-fails", want: "refresh-failed",
			change: func(s *sandbox.Scenario) {
				s.Tableau.Workbooks[1].Refreshes[0].Notes = sandbox.RawXML("&#x1B;[31mORA-01017&#x1B;[0m:\x00 logon denied")
			},
			wantLog: []string{"ORA-01017", ": logon denied"},
			check: func(t *testing.T, step outcome) {
				if strings.ContainsAny(step.log+step.summary+step.outputs["refreshes"], "\x00\x1b") {
					t.Error("the output contains a control character")
				}
			},
		},
		{
			name: "conflict", scenario: "success", want: "success", inputs: onlyWorkbooks(weeklyRevenueLUID),
			change: func(s *sandbox.Scenario) {
				s.Tableau.Workbooks[0].Name = "Weekly" + sandbox.RawXML(lineBreak) + "revenue"
				s.Tableau.Workbooks[0].OtherRefreshes = []sandbox.OtherRefresh{*runningRefresh()}
			},
			wantTargets: []string{"workbook Weekly revenue: success"}, wantRequests: map[string]int{"refresh-workbook": 2},
		},
	})
}
