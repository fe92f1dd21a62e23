package action_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestFaultPairs loses the response to a start request, and the list in which the run or job is searched has a fault as well.
func TestFaultPairs(t *testing.T) {
	t.Parallel()
	pairs := []struct{ service, start, list string }{
		{"dbt", "trigger-run", "list-runs"},
		{"tableau", "refresh-workbook", "list-jobs"},
	}
	for _, pair := range pairs {
		for _, processed := range []bool{false, true} {
			// One kind for each temporary class; see TestFaults.
			for _, kind := range []sandbox.FaultKind{sandbox.BadGateway, sandbox.Reset, sandbox.Malformed, sandbox.ThrottledFor} {
				t.Run(fmt.Sprintf("%s_processed_%t_%s_%s", pair.start, processed, pair.list, kind), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						services := newFaultySandbox(t, []sandbox.Fault{
							{Service: pair.service, Operation: pair.start, Kind: sandbox.GatewayTimeout, Times: 1, Processed: processed},
							{Service: pair.service, Operation: pair.list, Kind: kind, For: 20 * time.Second},
						})
						step := execution{services: services}.run(t)
						if got := step.outputs["result"]; got != "success" {
							t.Errorf("result is %s, want success", got)
						}
						checkRuns(t, step)
						checkRefreshes(t, step)
						if t.Failed() {
							t.Log(step.log)
						}
					})
				})
			}
		}
	}
}
