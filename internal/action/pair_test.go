package action_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestTwoFaults loses the answer to a start while the list that would tell about it is in trouble, too.
func TestTwoFaults(t *testing.T) {
	t.Parallel()
	pairs := []struct{ service, start, list string }{
		{"dbt", "trigger-run", "list-runs"},
		{"tableau", "refresh-workbook", "list-jobs"},
	}
	kinds := []sandbox.FaultKind{
		sandbox.Reset, sandbox.EmptyBody, sandbox.CutBody, sandbox.Malformed, sandbox.BadGateway, sandbox.ServerError, sandbox.ThrottledFor,
	}
	for _, pair := range pairs {
		for _, acted := range []bool{false, true} {
			for _, kind := range kinds {
				t.Run(fmt.Sprintf("%s_acted_%t_%s_%s", pair.start, acted, pair.list, kind), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						box := broken(t, []sandbox.Fault{
							{Service: pair.service, Operation: pair.start, Kind: sandbox.GatewayTimeout, Times: 1, Processed: acted},
							{Service: pair.service, Operation: pair.list, Kind: kind, For: 20 * time.Second},
						})
						done := play{box: box}.run(t)
						if got := done.outputs["result"]; got != "success" {
							t.Errorf("result is %s, want success", got)
						}
						c := cell{}
						c.checkRuns(t, done)
						c.checkRefreshes(t, done)
						if t.Failed() {
							t.Log(done.log)
						}
					})
				})
			}
		}
	}
}
