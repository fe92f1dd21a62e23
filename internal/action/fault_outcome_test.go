package action_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sandbox"
)

func (c faultCase) check(t *testing.T, step outcome, baseline progress.Outcome) {
	t.Helper()
	got := progress.Outcome(step.outputs["result"])
	if want := c.wantOutcome(baseline); got != want {
		t.Errorf("result is %s, want %s", got, want)
	}
	if ok := got.OK(); ok != (step.exitCode == 0) {
		t.Errorf("exit code is %d with result %s", step.exitCode, got)
	}
	if limit := faultTimeout + 4*time.Second; step.duration > limit {
		t.Errorf("took %s, want at most %s", step.duration, limit)
	}
	checkRuns(t, step)
	checkRefreshes(t, step)
	checkSecrets(t, step)
}

// checkRuns asserts that at most one run was started, exactly one if the step succeeded, and that its ID is an output.
func checkRuns(t *testing.T, step outcome) {
	t.Helper()
	runs := step.services.Runs()
	if len(runs) > 1 {
		t.Errorf("%d runs were started", len(runs))
	}
	if len(runs) == 1 && step.outputs["run-id"] != fmt.Sprint(runs[0].ID) {
		t.Errorf("run-id is %q, want %d", step.outputs["run-id"], runs[0].ID)
	}
	if step.exitCode == 0 && len(runs) != 1 {
		t.Errorf("success with %d runs", len(runs))
	}
}

// checkRefreshes asserts that nothing was refreshed without a successful run, and no item twice.
func checkRefreshes(t *testing.T, step outcome) {
	t.Helper()
	refreshes := map[string]int{}
	for _, job := range step.services.Jobs() {
		refreshes[job.Target]++
	}
	for luid, n := range refreshes {
		if n > 1 {
			t.Errorf("%s was refreshed %d times", luid, n)
		}
	}
	if len(refreshes) > 0 && step.outputs["run-status"] != "success" {
		t.Errorf("%d refreshes although the run is %q", len(refreshes), step.outputs["run-status"])
	}
	for _, target := range parseTargets(t, step) {
		if step.exitCode == 0 && target.Status != "success" && target.Status != "skipped" {
			t.Errorf("success with a refresh that is %s", target.Status)
		}
	}
}

// checkSecrets asserts that a secret is on the line that masks it and nowhere else.
func checkSecrets(t *testing.T, step outcome) {
	t.Helper()
	var visible strings.Builder
	visible.WriteString(step.summary + fmt.Sprint(step.outputs, step.state))
	for line := range strings.Lines(step.log) {
		if !strings.HasPrefix(line, "::add-mask::") {
			visible.WriteString(line)
		}
	}
	for _, secret := range []string{"sandbox-dbt-token", "sandbox-tableau-token", "sandbox-secret-value", "sandbox-session-"} {
		if strings.Contains(visible.String(), secret) {
			t.Errorf("%s is visible", secret)
		}
	}
}

// wantOutcome returns the expected result: a temporary fault changes nothing, and a permanent one ends the step.
func (c faultCase) wantOutcome(baseline progress.Outcome) progress.Outcome {
	f := c.fault
	permanent := c.isPermanent()
	if f.Kind == sandbox.ForbiddenCharacters || c.isFromProxy() && c.isURLProved() && !permanent {
		return baseline
	}
	switch c.role() {
	case bestEffort:
		return baseline
	case preflight:
		switch {
		case permanent && c.isThrottled():
			return progress.OutcomeTimedOut
		case c.isRefused() || permanent:
			return progress.OutcomePreflightFailed
		}
	case dbtStart:
		switch {
		case c.isRefused():
			return progress.OutcomeError
		case permanent && c.isThrottled():
			return progress.OutcomeTimedOut
		case permanent && !f.Processed:
			return progress.OutcomeError
		}
	case dbtPoll:
		switch {
		case f.Kind == sandbox.NotFound && !permanent:
			return baseline
		case permanent && c.isThrottled():
			return progress.OutcomeTimedOut
		case c.isRefused() || permanent:
			return progress.OutcomeError
		}
	case refresh, jobPoll, jobList:
		return c.wantTableauOutcome(baseline)
	}
	return baseline
}

func (c faultCase) wantTableauOutcome(baseline progress.Outcome) progress.Outcome {
	f := c.fault
	permanent := c.isPermanent()
	isUnauthorized := f.Kind == sandbox.Unauthorized || f.Kind == sandbox.UnauthorizedPage
	isRedirect := f.Kind == sandbox.Redirect || f.Kind == sandbox.TemporaryRedirect
	switch {
	case isUnauthorized && !permanent:
		return baseline
	case isUnauthorized, isRedirect && c.role() != jobList:
		return progress.OutcomeError
	case f.Kind == sandbox.NotFound && !permanent && c.role() == jobPoll:
		return baseline
	case c.isRefused() && c.role() == jobList:
		return baseline
	case c.isRefused():
		return progress.OutcomeRefreshFailed
	case permanent && c.isThrottled():
		return progress.OutcomeTimedOut
	case permanent && c.role() != refresh:
		return progress.OutcomeError
	case permanent && !f.Processed:
		return progress.OutcomeRefreshFailed
	}
	return baseline
}

// isPermanent also returns true for a session that is refused twice.
func (c faultCase) isPermanent() bool {
	return c.fault.Times == 0 && (c.fault.For == 0 || c.fault.Kind == sandbox.Unauthorized || c.fault.Kind == sandbox.UnauthorizedPage)
}

// isFromProxy reports whether a proxy responds, and not the service.
func (c faultCase) isFromProxy() bool {
	switch c.fault.Kind {
	case sandbox.Redirect, sandbox.TemporaryRedirect, sandbox.ForbiddenPage, sandbox.NotFoundPage:
		return true
	}
	return false
}

// isURLProved reports whether the service responded before the call.
func (c faultCase) isURLProved() bool {
	switch c.fault.Operation {
	case "server-info", "sign-in", "trigger-run":
		return false
	}
	return c.fault.Service == "tableau" || c.role() == dbtPoll
}

// isRefused reports whether the service permanently refuses the call.
func (c faultCase) isRefused() bool {
	switch c.fault.Kind {
	case sandbox.Unauthorized, sandbox.UnauthorizedPage:
		return c.fault.Service == "dbt" || c.fault.Operation == "sign-in" || c.fault.Operation == "server-info"
	case sandbox.Forbidden, sandbox.NotFound:
		return true
	}
	return c.isFromProxy()
}

func (c faultCase) isThrottled() bool {
	return c.fault.Kind == sandbox.Throttled || c.fault.Kind == sandbox.ThrottledFor
}

// role is the purpose of a call.
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

func (c faultCase) role() role {
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
		"tableau list-workbooks", "tableau list-datasources", "tableau list-tasks", "tableau query-metadata", "tableau sign-out":
		return bestEffort
	}
	panic("no role is known for " + c.fault.Operation + " of " + c.fault.Service)
}
