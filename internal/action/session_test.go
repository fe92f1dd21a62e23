package action_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestSession tests sessions that end, and sessions that another client ends.
func TestSession(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name        string
		idle        time.Duration
		fault       *sandbox.Fault
		wantResult  string
		wantSignIns int
		wantLog     string
	}{
		{name: "stays_valid", wantResult: "success", wantSignIns: 1},
		{name: "ends_while_dbt_runs", idle: 2 * time.Minute, wantResult: "success", wantSignIns: 2},
		{
			name:       "ends_while_tableau_refreshes",
			fault:      &sandbox.Fault{Service: "tableau", Operation: "get-job", Kind: sandbox.Unauthorized, Times: 1},
			wantResult: "success", wantSignIns: 2,
		},
		{
			name:       "token_used_elsewhere",
			fault:      &sandbox.Fault{Service: "tableau", Operation: "get-job", Kind: sandbox.Unauthorized},
			wantResult: "error", wantSignIns: 2, wantLog: "appears to be in use elsewhere",
		},
		{
			name:       "sign_out_fails",
			fault:      &sandbox.Fault{Service: "tableau", Operation: "sign-out", Kind: sandbox.Hang},
			wantResult: "success", wantSignIns: 1,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario := successScenario(t)
				scenario.Tableau.IdleLimit = tc.idle
				services := sandbox.New(scenario)
				if tc.fault != nil {
					services.AddFault(*tc.fault)
				}
				step := execution{services: services}.run(t)
				if got := step.outputs["result"]; got != tc.wantResult {
					t.Errorf("result is %s, want %s", got, tc.wantResult)
				}
				if got := step.requestCounts()["sign-in"]; got != tc.wantSignIns {
					t.Errorf("signed in %d times, want %d", got, tc.wantSignIns)
				}
				if got := step.requestCounts()["sign-out"]; got != 1 {
					t.Errorf("signed out %d times, want once", got)
				}
				if !strings.Contains(step.log, tc.wantLog) {
					t.Errorf("the log does not contain %q", tc.wantLog)
				}
				checkSecrets(t, step)
				if t.Failed() {
					t.Log(step.log)
				}
			})
		})
	}
}
