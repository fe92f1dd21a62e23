package action_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sandbox"
)

// faultClasses are the kinds of faults, grouped as internal/rest classifies them. The first kind represents its class.
var faultClasses = [][]sandbox.FaultKind{
	// The service failed, or the response is incomplete: retried, or unknown where a request must be sent once.
	{
		sandbox.GatewayTimeout, sandbox.BadGateway, sandbox.Unavailable, sandbox.ServerError, sandbox.HugeError,
		sandbox.Reset, sandbox.Hang, sandbox.CutBody, sandbox.Endless,
	},
	// A success status with the body of another server: the same, with its own retry times.
	{sandbox.Malformed, sandbox.EmptyBody, sandbox.WebPage, sandbox.OtherJSON},
	{sandbox.ThrottledFor, sandbox.Throttled},
	// Refusals are final, but their status matters to the callers: a session is renewed, and a new resource might not be visible
	// yet.
	{sandbox.Forbidden},
	{sandbox.Unauthorized, sandbox.UnauthorizedPage},
	{sandbox.NotFound},
	// A proxy or a load balancer responds: final while the URL might be wrong, and otherwise retried.
	{sandbox.Redirect, sandbox.TemporaryRedirect, sandbox.ForbiddenPage, sandbox.NotFoundPage},
	{sandbox.ForbiddenCharacters}, // of XML
}

// apiCall is a call that the action makes.
type apiCall struct{ service, operation string }

// callsWithAllFaults are one GET and one POST of each service.
var callsWithAllFaults = []apiCall{{"dbt", "get-run"}, {"dbt", "trigger-run"}, {"tableau", "get-job"}, {"tableau", "refresh-workbook"}}

// faultCase is one cell in the matrix of calls and faults.
type faultCase struct {
	scenario sandbox.Scenario
	fault    sandbox.Fault
}

func (c faultCase) name() string {
	frequency, effect := "always", "not_processed"
	switch {
	case c.fault.Times == 1:
		frequency = "once"
	case c.fault.For > 0:
		frequency = "for_" + c.fault.For.String()
	}
	if c.fault.Processed {
		effect = "processed"
	}
	return fmt.Sprintf("%s/%s/%s_%s_%s", c.fault.Service, c.fault.Operation, c.fault.Kind, frequency, effect)
}

// TestFaults crosses every call that a scenario makes with every class of faults, and one GET and one POST of each service
// with every kind of fault: once, for five seconds, and always; and for calls that change something, both before and after
// the service has processed the call. A call is tested in the first scenario that makes it, so that a new scenario adds
// its new calls.
//
// This is equivalent to every kind of fault on every call. The program only uses the class of a failed request and, if it was
// refused, its status: two faults of a class differ only in the text of the error. All kinds of a class are tested for each
// sort of request: with JSON and XML, repeatable and sent once, and, in TestDiscover_faults, streamed. Each call is tested with
// the kind that represents the class.
func TestFaults(t *testing.T) {
	t.Parallel()
	classified := slices.Sorted(slices.Values(slices.Concat(faultClasses...)))
	if diff := cmp.Diff(slices.Sorted(slices.Values(sandbox.FaultKinds())), classified); diff != "" {
		t.Errorf("kinds of faults in the classes (-want +got):\n%s", diff)
	}
	seen := map[apiCall]bool{}
	for _, scenario := range sandbox.Scenarios() {
		var faultless outcome
		synctest.Test(t, func(t *testing.T) { faultless = execution{scenario: scenario}.run(t) })
		baseline := progress.Outcome(faultless.outputs["result"])
		for _, request := range faultless.services.Requests() {
			c := apiCall{request.Service, request.Operation}
			if seen[c] {
				continue
			}
			seen[c] = true
			for _, fault := range faultsOn(c, request.Method) {
				tc := faultCase{scenario, fault}
				t.Run(tc.name(), func(t *testing.T) {
					t.Parallel()
					tc.run(t, baseline)
				})
			}
		}
	}
	for _, c := range callsWithAllFaults {
		if !seen[c] {
			t.Errorf("no scenario makes the call %v", c)
		}
	}
}

func faultsOn(c apiCall, method string) []sandbox.Fault {
	var faults []sandbox.Fault
	for _, class := range faultClasses {
		if class[0] == sandbox.ForbiddenCharacters && c.service == "dbt" {
			continue
		}
		kinds := class[:1]
		if slices.Contains(callsWithAllFaults, c) {
			kinds = class
		}
		for _, kind := range kinds {
			faults = append(faults, faultsOfKind(c, method, kind)...)
		}
	}
	return faults
}

func faultsOfKind(c apiCall, method string, kind sandbox.FaultKind) []sandbox.Fault {
	var faults []sandbox.Fault
	frequencies := []sandbox.Fault{{Times: 1}, {}, {For: 5 * time.Second}}
	if kind == sandbox.Forbidden || kind == sandbox.Redirect {
		frequencies = frequencies[:2] // the first one is final, so five seconds are equivalent to once
	}
	for _, fault := range frequencies {
		fault.Service, fault.Operation, fault.Kind = c.service, c.operation, kind
		faults = append(faults, fault)
		if method != http.MethodGet && !kind.IsRefusal() {
			fault.Processed = true
			faults = append(faults, fault)
		}
	}
	return faults
}

// faultTimeout is longer than the half hour for which a poll is retried.
const faultTimeout = 45 * time.Minute

func (c faultCase) run(t *testing.T, baseline progress.Outcome) {
	synctest.Test(t, func(t *testing.T) {
		services := sandbox.New(c.scenario)
		services.AddFault(c.fault)
		// Few polls, because the time between the faults is not tested.
		inputs := map[string]string{"timeout": faultTimeout.String(), "dbt-poll-interval": "1m", "tableau-poll-interval": "30s"}
		step := execution{services: services, inputs: inputs}.run(t)
		c.check(t, step, baseline)
		if t.Failed() {
			t.Log(step.log)
		}
	})
}
