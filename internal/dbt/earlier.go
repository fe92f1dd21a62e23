package dbt

import (
	"context"

	"dbt-tableau-refresh/internal/rest"
)

// maxEarlier bounds the search among the runs of a job: a workflow run can be repeated for 30 days, in which a job that
// runs every half an hour runs as often as this.
const maxEarlier = 1500

// Earlier finds the newest run of a job that the same step started in an earlier attempt of the same workflow run; the
// zero Run means that there is none.
func (c *Client) Earlier(ctx context.Context, job int64, runID, attempt, key string) (Run, error) {
	for offset := 0; offset < maxEarlier; offset += maxLimit {
		runs, err := c.Runs(ctx, RunFilter{JobID: job, Trigger: true, Offset: offset}, rest.Preflight)
		if err != nil {
			return Run{}, err
		}
		for _, run := range runs {
			if run.Trigger != nil && IsEarlier(run.Trigger.Cause, runID, attempt, key) {
				return run, nil
			}
		}
		if len(runs) < maxLimit {
			break
		}
	}
	return Run{}, nil
}

// Active finds the newest run of a job that is queued or running and was started with the same overrides; the zero Run
// means that there is none.
func (c *Client) Active(ctx context.Context, job int64, like TriggerRequest) (Run, error) {
	filter := RunFilter{JobID: job, Trigger: true, Statuses: []Status{Queued, Starting, Running}}
	runs, err := c.Runs(ctx, filter, rest.Preflight)
	for _, run := range runs {
		if !run.Ended() && run.Trigger != nil && run.Trigger.SameOverrides(like) {
			return run, err
		}
	}
	return Run{}, err
}
