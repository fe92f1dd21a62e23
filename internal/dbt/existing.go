package dbt

import (
	"context"

	"dbt-tableau-refresh/internal/rest"
)

// maxSearchedRuns limits the search among the runs of a job. A workflow run can be re-run for 30 days, in which a job that
// runs every half an hour has about this many runs.
const maxSearchedRuns = 1500

// EarlierAttempt returns the newest run of a job that the same step started in an earlier attempt of the same workflow run,
// followed by up to maxRetries retries of it. A retry has no marker, but the ID of the run that it retries. The result is
// empty if there is no such run.
func (c *Client) EarlierAttempt(ctx context.Context, jobID int64, runID, attempt, key string, maxRetries int) ([]Run, error) {
	retryOf := map[int64]Run{} // the newest retry of a run, by that run's ID
	for offset := 0; offset < maxSearchedRuns; offset += maxLimit {
		runs, err := c.Runs(ctx, RunFilter{JobID: jobID, IncludeTrigger: true, Offset: offset}, rest.Preflight)
		if err != nil {
			return nil, err
		}
		for _, run := range runs {
			if run.belongsTo(jobID) && run.Trigger != nil && IsEarlierAttempt(run.Trigger.Cause, runID, attempt, key) {
				return withRetries(run, retryOf, maxRetries), nil
			}
			if _, newer := retryOf[run.RetryingRunID]; !newer {
				retryOf[run.RetryingRunID] = run
			}
		}
		if len(runs) < maxLimit {
			break
		}
	}
	return nil, nil
}

// belongsTo reports whether the run is one of the job, or dbt did not return its job. A filter may have been ignored.
func (r Run) belongsTo(jobID int64) bool { return r.JobID == 0 || r.JobID == jobID }

// withRetries returns a run followed by its retries, each of which retries the run before it.
func withRetries(run Run, retryOf map[int64]Run, maxRetries int) []Run {
	runs := []Run{run}
	for range maxRetries {
		next, ok := retryOf[run.ID]
		if !ok {
			break
		}
		run = next
		runs = append(runs, run)
	}
	return runs
}

// ActiveRun returns the newest run of a job that is queued or running and was started with the overrides of wanted, or the
// zero Run if there is none.
func (c *Client) ActiveRun(ctx context.Context, jobID int64, wanted TriggerRequest) (Run, error) {
	filter := RunFilter{JobID: jobID, IncludeTrigger: true, Statuses: []Status{Queued, Starting, Running}}
	runs, err := c.Runs(ctx, filter, rest.Preflight)
	for _, run := range runs {
		if run.belongsTo(jobID) && !run.Ended() && run.Trigger != nil && run.Trigger.SameOverrides(wanted) {
			return run, err
		}
	}
	return Run{}, err
}
