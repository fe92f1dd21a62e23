package dbt

import (
	"context"

	"dbt-tableau-refresh/internal/rest"
)

// maxEarlier bounds the search among the runs of a job: a workflow run can be repeated for 30 days, in which a job that
// runs every half an hour runs as often as this.
const maxEarlier = 1500

// Earlier finds the newest run of a job that the same step started in an earlier attempt of the same workflow run, and what
// took it up again: a retry carries no marker, but names the run that it takes up. The chain has at most that many retries, the
// oldest run first; an empty one means that there is no such run.
func (c *Client) EarlierAttempt(ctx context.Context, job int64, runID, attempt, key string, retries int) ([]Run, error) {
	retried := map[int64]Run{} // what takes up a run, by that run's ID
	for offset := 0; offset < maxEarlier; offset += maxLimit {
		runs, err := c.Runs(ctx, RunFilter{JobID: job, IncludeTrigger: true, Offset: offset}, rest.Preflight)
		if err != nil {
			return nil, err
		}
		for _, run := range runs {
			if run.of(job) && run.Trigger != nil && IsEarlierAttempt(run.Trigger.Cause, runID, attempt, key) {
				return chain(run, retried, retries), nil
			}
			if _, newer := retried[run.RetryingRunID]; !newer {
				retried[run.RetryingRunID] = run
			}
		}
		if len(runs) < maxLimit {
			break
		}
	}
	return nil, nil
}

// of reports whether the run is one of the job, as far as dbt tells: a filter may have been ignored.
func (r Run) of(job int64) bool { return r.JobID == 0 || r.JobID == job }

// chain is a run with what took it up again, and again.
func chain(run Run, retried map[int64]Run, retries int) []Run {
	all := []Run{run}
	for range retries {
		next, ok := retried[run.ID]
		if !ok {
			break
		}
		run = next
		all = append(all, run)
	}
	return all
}

// Active finds the newest run of a job that is queued or running and was started with the same overrides; the zero Run
// means that there is none.
func (c *Client) ActiveRun(ctx context.Context, job int64, like TriggerRequest) (Run, error) {
	filter := RunFilter{JobID: job, IncludeTrigger: true, Statuses: []Status{Queued, Starting, Running}}
	runs, err := c.Runs(ctx, filter, rest.Preflight)
	for _, run := range runs {
		if run.of(job) && !run.Ended() && run.Trigger != nil && run.Trigger.SameOverrides(like) {
			return run, err
		}
	}
	return Run{}, err
}
