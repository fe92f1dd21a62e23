package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// retryCommand is what a retry runs instead of the command that failed.
const retryCommand = "dbt retry"

// retryable are the commands that can be retried, each between spaces.
const retryable = " build compile clone docs retry run run-operation seed snapshot test "

// retryRefusal returns dbt's reason why a run can't be retried, or "" if it can.
func (c *dbtCloud) retryRefusal(r *run, now time.Time) string {
	if r.timeline.status(now) != statusError {
		return "RETRY_NOT_FAILED_RUN"
	}
	for _, other := range c.runs {
		if other.job == r.job && other.id > r.id {
			return "RETRY_NOT_LATEST_RUN"
		}
	}
	words := strings.Fields(r.outcome.FailedCommand)
	if len(words) < 2 || !strings.Contains(retryable, " "+words[1]+" ") {
		return "RETRY_UNSUPPORTED_CMD"
	}
	if len(r.outcome.Nodes) == 0 {
		return "RETRY_NO_RUN_RESULTS"
	}
	return ""
}

func (answer *runJSON) setRetry(c *dbtCloud, r *run, now time.Time) {
	if r.retryOf != 0 {
		answer.RetryingRunID = &r.retryOf
	}
	reason := c.retryRefusal(r, now)
	answer.CanRetry = reason == ""
	if reason != "" {
		answer.RetryNotSupportedReason = &reason
	}
}

// getRetry handles Get Run Retry Details of the dbt Administrative API v2.
func (c *dbtCloud) getRetry(r *http.Request, now time.Time) reply {
	found := c.runByID(r.PathValue("run"))
	if found == nil {
		return dbtNotFound()
	}
	if reason := c.retryRefusal(found, now); reason != "" {
		return dbtError(http.StatusBadRequest, "This run can't be retried: "+reason)
	}
	failed := len(found.timeline.steps) - 1
	skipped := []string{}
	for _, step := range found.steps[failed+1:] {
		skipped = append(skipped, step.title())
	}
	return dbtData(map[string]any{"failed_step": found.steps[failed].title(), "skipped_steps": skipped})
}

// retryRun handles Retry Run of the dbt Administrative API v2. It creates a new run that starts where this one failed.
// The new run does not have the cause of the first.
func (c *dbtCloud) retryRun(r *http.Request, now time.Time) reply {
	found := c.runByID(r.PathValue("run"))
	if found == nil {
		return dbtNotFound()
	}
	if reason := c.retryRefusal(found, now); reason != "" {
		return dbtError(http.StatusBadRequest, "This run can't be retried: "+reason)
	}
	again := &run{
		job: found.job, created: now, byClient: true, retryOf: found.id, retriedCommand: found.failedCommand(),
		trigger: trigger{Cause: "Retried from point of failure", category: "rerun"},
		steps:   found.retrySteps(), outcome: c.nextOutcome(found.job),
	}
	if again.outcome.FailedCommand == again.retriedCommand {
		again.outcome.FailedCommand = retryCommand
		again.outcome.Nodes = keep(again.outcome.Nodes, func(n Node) bool { return !found.hasBuilt(n) })
		again.outcome.Log = buildLog(again.outcome.Nodes)
	}
	c.startRun(again)
	return dbtData(c.runJSON(again, now, baseURL(r), []string{"trigger", "job"}))
}

// failedCommand returns the command that failed, by its name in the job.
func (r *run) failedCommand() string {
	if r.outcome.FailedCommand == retryCommand {
		return r.retriedCommand
	}
	return r.outcome.FailedCommand
}

// retrySteps returns the steps of a retry: the setup, dbt retry in place of the command that failed, and the skipped
// steps.
func (r *run) retrySteps() []Step {
	failed := len(r.timeline.steps) - 1
	steps := slices.Concat(r.job.Setup, r.steps[failed:])
	again := &steps[len(r.job.Setup)]
	again.Command = retryCommand
	again.Duration /= 2
	again.Nodes = keep(again.Nodes, func(n Node) bool { return !r.hasBuilt(n) })
	again.Log = buildLog(again.Nodes)
	return steps
}

// hasBuilt reports whether the failed run built the node, so that a retry skips it.
func (r *run) hasBuilt(n Node) bool {
	return slices.ContainsFunc(r.outcome.Nodes, func(done Node) bool {
		return done.UniqueID == n.UniqueID && (done.Status == "success" || done.Status == "pass")
	})
}
