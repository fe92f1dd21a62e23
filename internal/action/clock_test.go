package action_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestClockSkew asserts that the delay after dbt is measured with the local clock, and that the times of jobs are compared
// on Tableau's clock.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		t.Run(by.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario := successScenario(t)
				scenario.Tableau.ClockOffset = by
				book := &scenario.Tableau.Workbooks[0]
				book.OtherRefreshes = []sandbox.OtherRefresh{*runningRefresh()}
				e := execution{scenario: scenario, inputs: map[string]string{"tableau-workbooks": book.LUID, "tableau-datasources": ""}}
				step := e.run(t)
				// The other refresh ends at 6m00s; the step's own takes 47 s, after 2 s in the queue.
				if want := "the data was fresh in Tableau 3m 0"; !strings.Contains(step.outputs["message"], want) || len(step.services.Jobs()) != 1 {
					t.Errorf("message is %q after %d refreshes, want %q\n%s", step.outputs["message"], len(step.services.Jobs()), want, step.log)
				}
			})
		})
	}
}

// TestClockSkew_connectedApp asserts that the JWT is valid by Tableau's clock, and that the error reports a wrong clock.
func TestClockSkew_connectedApp(t *testing.T) {
	t.Parallel()
	offset := func(by time.Duration) func(*sandbox.Scenario) {
		return func(s *sandbox.Scenario) { s.Tableau.ClockOffset = by }
	}
	refused := []sandbox.Fault{{Service: "tableau", Operation: "server-info", Kind: sandbox.Forbidden}}
	wrongSecret := map[string]string{"tableau-connected-app-secret-value": "mistyped"}
	const hint = "Correct the clock of this runner, which differs from Tableau's clock by"
	runTests(t, []scenarioTest{
		{name: "behind", scenario: "connected-app", change: offset(-20 * time.Second), want: "success", wantRequests: map[string]int{"sign-in": 1}},
		{name: "ahead", scenario: "connected-app", change: offset(400 * time.Second), want: "success", wantRequests: map[string]int{"sign-in": 1}},
		{
			name: "version_refused", scenario: "connected-app", change: offset(-time.Hour), faults: refused, want: "success",
			inputs: map[string]string{"tableau-api-version": "3.26"},
		},
		{
			name: "wrong_secret", scenario: "connected-app", change: offset(400 * time.Second), want: "preflight-failed", inputs: wrongSecret,
			wantLog: []string{hint + " 6m40s"},
		},
		{name: "wrong_secret_and_the_right_time", scenario: "connected-app", want: "preflight-failed", inputs: wrongSecret, wantNoLog: []string{hint}},
	})
}
