package action_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sandbox"
)

// call is a call that the action makes.
type call struct{ service, operation string }

// cell is a place in the matrix of every call and every fault.
type cell struct {
	scenario sandbox.Scenario
	fault    sandbox.Fault
}

func (c cell) name() string {
	often, when := "always", "before"
	switch {
	case c.fault.Times == 1:
		often = "once"
	case c.fault.For > 0:
		often = "for_" + c.fault.For.String()
	}
	if c.fault.Processed {
		when = "after"
	}
	return fmt.Sprintf("%s/%s/%s_%s_%s", c.fault.Service, c.fault.Operation, c.fault.Kind, often, when)
}

// TestFaults crosses every call that a scenario makes with every fault: once and always, and for calls that change
// something before and after the service has acted. A call is tried in the first scenario that makes it, so that a new
// scenario brings its new calls along.
func TestFaults(t *testing.T) {
	t.Parallel()
	seen := map[call]bool{}
	for _, scenario := range sandbox.Scenarios() {
		var undisturbed played
		synctest.Test(t, func(t *testing.T) { undisturbed = play{scenario: scenario}.run(t) })
		normal := progress.Outcome(undisturbed.outputs["result"])
		for _, request := range undisturbed.box.Requests() {
			c := call{request.Service, request.Operation}
			if seen[c] {
				continue
			}
			seen[c] = true
			for _, fault := range faultsOf(c, request.Method) {
				place := cell{scenario, fault}
				t.Run(place.name(), func(t *testing.T) {
					t.Parallel()
					place.test(t, normal)
				})
			}
		}
	}
	if len(seen) < 12 {
		t.Errorf("the scenarios make only %d different calls", len(seen))
	}
}

func faultsOf(c call, method string) []sandbox.Fault {
	var faults []sandbox.Fault
	for _, kind := range sandbox.FaultKinds() {
		for _, fault := range []sandbox.Fault{{Times: 1}, {For: 5 * time.Second}, {}} {
			fault.Service, fault.Operation, fault.Kind = c.service, c.operation, kind
			faults = append(faults, fault)
			if method != http.MethodGet && !kind.IsRefusal() {
				fault.Processed = true
				faults = append(faults, fault)
			}
		}
	}
	return faults
}

func (c cell) test(t *testing.T, normal progress.Outcome) {
	synctest.Test(t, func(t *testing.T) {
		box := sandbox.New(c.scenario)
		box.AddFault(c.fault)
		done := play{box: box, inputs: map[string]string{"timeout": "2h", "dbt-poll-interval": "15s", "tableau-poll-interval": "10s"}}.run(t)
		c.check(t, done, normal)
		if t.Failed() {
			t.Log(done.log)
		}
	})
}

func (c cell) check(t *testing.T, done played, normal progress.Outcome) {
	t.Helper()
	got := progress.Outcome(done.outputs["result"])
	if want := c.want(normal); got != want {
		t.Errorf("result is %s, want %s", got, want)
	}
	if ok := got.OK(); ok != (done.code == 0) {
		t.Errorf("exit code is %d with result %s", done.code, got)
	}
	if limit := 2*time.Hour + 4*time.Second; done.took > limit {
		t.Errorf("took %s, want at most %s", done.took, limit)
	}
	c.checkRuns(t, done)
	c.checkRefreshes(t, done)
	checkSecrets(t, done)
}

// checkRuns: one run at the most, exactly one where the step succeeded, and its ID is published.
func (c cell) checkRuns(t *testing.T, done played) {
	t.Helper()
	ours := done.box.Runs()
	if len(ours) > 1 {
		t.Errorf("%d runs were started", len(ours))
	}
	if len(ours) == 1 && done.outputs["run-id"] != fmt.Sprint(ours[0].ID) {
		t.Errorf("run-id is %q, want %d", done.outputs["run-id"], ours[0].ID)
	}
	if done.code == 0 && len(ours) != 1 {
		t.Errorf("success with %d runs", len(ours))
	}
}

// checkRefreshes: nothing without a successful run, and no target twice.
func (c cell) checkRefreshes(t *testing.T, done played) {
	t.Helper()
	targets := map[string]int{}
	for _, job := range done.box.Jobs() {
		targets[job.Target]++
	}
	for luid, n := range targets {
		if n > 1 {
			t.Errorf("%s was refreshed %d times", luid, n)
		}
	}
	if len(targets) > 0 && done.outputs["run-status"] != "success" {
		t.Errorf("%d refreshes although the run is %q", len(targets), done.outputs["run-status"])
	}
	var rows []struct{ Status string }
	if err := json.Unmarshal([]byte(done.outputs["refreshes"]), &rows); err != nil {
		t.Errorf("refreshes is not JSON: %v", err)
	}
	for _, row := range rows {
		if done.code == 0 && row.Status != "success" && row.Status != "skipped" {
			t.Errorf("success with a refresh that is %s", row.Status)
		}
	}
}

// checkSecrets: a secret is on its mask line and nowhere else.
func checkSecrets(t *testing.T, done played) {
	t.Helper()
	var said strings.Builder
	said.WriteString(done.summary + fmt.Sprint(done.outputs, done.state))
	for line := range strings.Lines(done.log) {
		if !strings.HasPrefix(line, "::add-mask::") {
			said.WriteString(line)
		}
	}
	for _, secret := range []string{"sandbox-dbt-token", "sandbox-tableau-token", "sandbox-secret-value", "sandbox-session-"} {
		if strings.Contains(said.String(), secret) {
			t.Errorf("%s was said", secret)
		}
	}
}

// want is the promise: what is over in a moment is survived, what lasts ends as what it is.
func (c cell) want(normal progress.Outcome) progress.Outcome {
	f := c.fault
	always := c.always()
	switch c.role() {
	case bestEffort:
		return normal
	case preflight:
		switch {
		case always && c.throttled():
			return progress.OutcomeTimedOut
		case c.refused() || always:
			return progress.OutcomePreflightFailed
		}
	case dbtStart:
		switch {
		case c.refused():
			return progress.OutcomeError
		case always && c.throttled():
			return progress.OutcomeTimedOut
		case always && !f.Processed:
			return progress.OutcomeError
		}
	case dbtPoll:
		switch {
		case f.Kind == sandbox.NotFound && !always:
			return normal
		case always && c.throttled():
			return progress.OutcomeTimedOut
		case c.refused() || always:
			return progress.OutcomeError
		}
	case refresh, jobPoll, jobList:
		return c.wantTableau(normal)
	}
	return normal
}

func (c cell) wantTableau(normal progress.Outcome) progress.Outcome {
	f := c.fault
	always := c.always()
	switch {
	case f.Kind == sandbox.Unauthorized && !always:
		return normal
	case f.Kind == sandbox.Unauthorized, f.Kind == sandbox.Redirect && c.role() != jobList:
		return progress.OutcomeError
	case f.Kind == sandbox.NotFound && !always && c.role() == jobPoll:
		return normal
	case c.refused() && c.role() == jobList:
		return normal
	case c.refused():
		return progress.OutcomeRefreshFailed
	case always && c.throttled():
		return progress.OutcomeTimedOut
	case always && c.role() != refresh:
		return progress.OutcomeError
	case always && !f.Processed:
		return progress.OutcomeRefreshFailed
	}
	return normal
}

// always: it does not pass by itself. A session that is refused twice does not, either.
func (c cell) always() bool {
	return c.fault.Times == 0 && (c.fault.For == 0 || c.fault.Kind == sandbox.Unauthorized)
}

// refused: the service said no, and meant it.
func (c cell) refused() bool {
	switch c.fault.Kind {
	case sandbox.Unauthorized:
		return c.fault.Service == "dbt" || c.fault.Operation == "sign-in" || c.fault.Operation == "server-info"
	case sandbox.Forbidden, sandbox.NotFound, sandbox.Redirect:
		return true
	}
	return false
}

func (c cell) throttled() bool {
	return c.fault.Kind == sandbox.Throttled || c.fault.Kind == sandbox.ThrottledFor
}

// role is what a call is for.
type role int

const (
	bestEffort role = iota
	preflight
	dbtStart
	dbtPoll
	refresh
	jobPoll
	jobList
)

func (c cell) role() role {
	switch c.fault.Service + " " + c.fault.Operation {
	case "dbt get-job", "tableau server-info", "tableau sign-in", "tableau get-workbook", "tableau get-datasource":
		return preflight
	case "dbt trigger-run":
		return dbtStart
	case "dbt get-run":
		return dbtPoll
	case "tableau refresh-workbook", "tableau refresh-datasource":
		return refresh
	case "tableau get-job":
		return jobPoll
	case "tableau list-jobs":
		return jobList
	case "dbt get-account", "dbt list-runs", "dbt get-artifact", "dbt retry-run", "dbt cancel-run",
		"tableau list-workbooks", "tableau list-datasources", "tableau query-metadata", "tableau sign-out":
		return bestEffort
	}
	panic("the matrix does not know what " + c.fault.Operation + " of " + c.fault.Service + " is for")
}
