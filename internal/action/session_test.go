package action_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestSession is what may become of the one session.
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
		{name: "lasts", wantResult: "success", wantSignIns: 1},
		{name: "ends_while_dbt_runs", idle: 2 * time.Minute, wantResult: "success", wantSignIns: 2},
		{
			name:       "ends_while_tableau_refreshes",
			fault:      &sandbox.Fault{Service: "tableau", Operation: "get-job", Kind: sandbox.Unauthorized, Times: 1},
			wantResult: "success", wantSignIns: 2,
		},
		{
			name:       "is_used_elsewhere",
			fault:      &sandbox.Fault{Service: "tableau", Operation: "get-job", Kind: sandbox.Unauthorized},
			wantResult: "error", wantSignIns: 2, wantLog: "seems to be used elsewhere",
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
				scenario := success(t)
				scenario.Tableau.IdleLimit = tc.idle
				box := sandbox.New(scenario)
				if tc.fault != nil {
					box.AddFault(*tc.fault)
				}
				done := play{box: box}.run(t)
				if got := done.outputs["result"]; got != tc.wantResult {
					t.Errorf("result is %s, want %s", got, tc.wantResult)
				}
				if got := done.operations()["sign-in"]; got != tc.wantSignIns {
					t.Errorf("signed in %d times, want %d", got, tc.wantSignIns)
				}
				if got := done.operations()["sign-out"]; got != 1 {
					t.Errorf("signed out %d times, want once", got)
				}
				if !strings.Contains(done.log, tc.wantLog) {
					t.Errorf("the log does not hold %q", tc.wantLog)
				}
				checkSecrets(t, done)
				if t.Failed() {
					t.Log(done.log)
				}
			})
		})
	}
}
