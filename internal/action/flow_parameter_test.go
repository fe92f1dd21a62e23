package action_test

import (
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestFlowParameter tests that a flow with a required parameter is reported before dbt starts.
func TestFlowParameter(t *testing.T) {
	t.Parallel()
	const first, second = "f10e0000-0000-4000-8000-000000000001", "f10e0000-0000-4000-8000-000000000002"
	required := func(s *sandbox.Scenario) {
		s.Tableau.Flows[0].Parameters = []sandbox.Parameter{{LUID: taskLUID(1), Name: "Region"}, {LUID: taskLUID(2), Name: "Month", Required: true}}
		s.Tableau.Flows[1].Parameters = []sandbox.Parameter{{LUID: taskLUID(3), Name: "Region"}}
		s.Tableau.Flows[1].Refreshes = nil
	}
	problem := []string{`tableau-flows: make the parameter "Month" of flow "Clean orders" (` + first + `) optional in Tableau Prep`}
	notStarted := []string{"workbook Weekly revenue: not-started", "flow Clean orders: not-started", "flow Customers → CRM: not-started"}
	inputs := withInputs(onlyWorkbooks(weeklyRevenueLUID), "tableau-flows", "Certified data/Clean orders\nCustomers → CRM")
	runTests(t, []scenarioTest{
		{name: "by_name", scenario: "flows", change: required, inputs: inputs, want: "preflight-failed", wantLog: problem, wantTargets: notStarted},
		{
			name: "by_luid", scenario: "flows", change: required, inputs: withInputs(inputs, "tableau-flows", first+"\n"+second),
			want: "preflight-failed", wantLog: problem, wantTargets: notStarted,
		},
		{name: "dry_run", scenario: "flows", change: required, inputs: withInputs(inputs, "dry-run", "true"), want: "preflight-failed", wantLog: problem},
		{
			name: "warned", scenario: "flows", change: required, inputs: withInputs(inputs, "tableau-preflight", "warn"), want: "refresh-failed", wantLog: problem,
			wantTargets: []string{"workbook Weekly revenue: success", "flow Clean orders: failed", "flow Customers → CRM: success"},
		},
		{
			name: "excluded", scenario: "flows", change: required, inputs: withInputs(inputs, "tableau-exclude", first), want: "success",
			wantTargets: []string{"workbook Weekly revenue: success", "flow Customers → CRM: success"},
		},
		{
			name: "not_readable", scenario: "flows", want: "success", inputs: withInputs(inputs, "tableau-flows", "Certified data/Clean orders"),
			faults: []sandbox.Fault{{Service: "tableau", Operation: "get-flow", Kind: sandbox.Forbidden}},
		},
	})
}
