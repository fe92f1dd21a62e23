package dbt

import (
	"context"
	"fmt"
	"slices"

	"dbt-tableau-refresh/internal/rest"
)

// maxSearchedRuns limits the search among the runs of a job. A workflow run can be re-run for 30 days, in which a job that
// runs every half an hour has about this many runs.
const maxSearchedRuns = 1500

// EarlierAttempt returns the newest run of a job that the same step started in an earlier attempt of the same workflow run,
// followed by up to maxRetries retries of it. A retry has no marker, but the ID of the run that it retries. The result is
// empty if there is no such run.
func (c *Client) EarlierAttempt(ctx context.Context, jobID int64, runID, attempt, key string, maxRetries int) (found []Run, err error) {
	retryOf := map[int64]Run{} // the newest retry of a run, by that run's ID
	err = c.searchRuns(ctx, jobID, maxSearchedRuns, func(run Run) bool {
		if run.Trigger == nil || !IsEarlierAttempt(run.Trigger.Cause, runID, attempt, key) {
			if _, newer := retryOf[run.RetryingRunID]; !newer {
				retryOf[run.RetryingRunID] = run
			}
			return false
		}
		found = []Run{run}
		for next, ok := retryOf[run.ID]; ok && len(found) <= maxRetries; next, ok = retryOf[next.ID] {
			found = append(found, next)
		}
		return true
	})
	return found, err
}

// maxLatestRuns limits the search for a run among those that check pull requests.
const maxLatestRuns = 500

// LatestRun returns the newest run of a job that does not check a pull request, or the zero Run if there is none. It fails if
// dbt did not return what a newer run checks.
func (c *Client) LatestRun(ctx context.Context, jobID int64) (latest Run, err error) {
	err = c.searchRuns(ctx, jobID, maxLatestRuns, func(run Run) bool {
		if run.Trigger != nil && run.Trigger.isPullRequest() {
			return false
		}
		latest = run
		return true
	})
	if err == nil && latest.ID != 0 && latest.Trigger == nil {
		err = fmt.Errorf("dbt did not return whether run %d checks a pull request", latest.ID)
	}
	return latest, err
}

// searchRuns passes runs of a job to found, the newest first, until it returns true, or until there were most runs.
func (c *Client) searchRuns(ctx context.Context, jobID int64, most int, found func(Run) bool) error {
	for offset := 0; offset < most; offset += maxLimit {
		runs, err := c.Runs(ctx, RunFilter{JobID: jobID, IncludeTrigger: true, Offset: offset}, rest.Preflight)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(runs, func(run Run) bool { return run.belongsTo(jobID) && found(run) }) || len(runs) < maxLimit {
			break
		}
	}
	return nil
}

// belongsTo reports whether the run is one of the job, or dbt did not return its job. A filter may have been ignored.
func (r Run) belongsTo(jobID int64) bool { return r.JobID == 0 || r.JobID == jobID }

// ActiveRuns returns the runs of a job that are queued or running, the newest first, if dbt returned their overrides.
func (c *Client) ActiveRuns(ctx context.Context, jobID int64) ([]Run, error) {
	filter := RunFilter{JobID: jobID, IncludeTrigger: true, Statuses: []Status{Queued, Starting, Running}}
	runs, err := c.Runs(ctx, filter, rest.Preflight)
	return slices.DeleteFunc(runs, func(run Run) bool { return !run.belongsTo(jobID) || run.Ended() || run.Trigger == nil }), err
}
