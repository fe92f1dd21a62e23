package action_test

import (
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestEarlyFinishCode tests jobs that have the finish code of a failure or a cancellation before they have ended.
func TestEarlyFinishCode(t *testing.T) {
	t.Parallel()
	withCode := func(code sandbox.Finish, mayListJobs bool) func(*sandbox.Scenario) {
		return func(s *sandbox.Scenario) {
			s.Tableau.MayListJobs = mayListJobs
			for i := range s.Tableau.Workbooks {
				s.Tableau.Workbooks[i].EarlyCode = code
			}
		}
	}
	manyFail := func(s *sandbox.Scenario) {
		*s = scenarioWithWorkbooks(t, 8)
		withCode(sandbox.FinishFailed, true)(s)
		s.Tableau.Workbooks[3].Refreshes = []sandbox.Refresh{{Finish: sandbox.FinishFailed, Notes: "Login failed"}}
	}
	book := onlyWorkbooks(weeklyRevenueLUID)
	runTests(t, []scenarioTest{
		{name: "failed", scenario: "success", change: withCode(sandbox.FinishFailed, true), inputs: book, want: "success"},
		{name: "cancelled", scenario: "success", change: withCode(sandbox.FinishCancelled, true), inputs: book, want: "success"},
		{name: "unknown", scenario: "success", change: withCode(7, true), inputs: book, want: "success"},
		{name: "no_permission_to_list_jobs", scenario: "success", change: withCode(sandbox.FinishFailed, false), inputs: book, want: "success"},
		{name: "many_listed", scenario: "success", change: manyFail, want: "refresh-failed", wantLog: []string{"7 refreshed, 1 failed", "Login failed"}},
	})
}
