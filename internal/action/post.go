package action

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/report"
	"dbt-tableau-refresh/internal/rest"
)

// postTimeout limits the post step: a minute to search for a run, and some seconds to cancel it. The runner kills a canceled job
// after some minutes.
const postTimeout = 75 * time.Second

// runPost cancels the dbt run that a step started before it was killed. In every other case, it sends no request.
func runPost(ctx context.Context, opts *clientOptions, c *config.Config, r *report.Report, state report.State) int {
	if c == nil || !c.PostStepCancels() || !mayHaveRun(state) {
		return 0
	}
	ctx, cancel := context.WithTimeoutCause(ctx, postTimeout, fmt.Errorf("timed out after %s", postTimeout))
	defer cancel()
	client, err := dbt.New(opts.restOptions(c, r, c.DBT.URL), string(c.DBT.Token), c.DBT.AccountID)
	if err != nil {
		r.Post(report.Cleanup{RunID: state.RunID, Err: err})
		return 1
	}
	defer client.Close()
	cleanup := cancelRun(ctx, client, c.DBT.JobID, state)
	r.Post(cleanup)
	if cleanup.Err != nil {
		return 1
	}
	return 0
}

// mayHaveRun reports whether the step may have started a run that has not ended.
func mayHaveRun(s report.State) bool {
	switch s.Phase {
	case report.PhaseStarting:
		return dbt.IsMarker(s.Marker) || s.Retry > 0
	case report.PhaseStarted:
		return s.Owned && s.RunID > 0
	}
	return false
}

func cancelRun(ctx context.Context, client *dbt.Client, jobID int64, state report.State) report.Cleanup {
	runs, err := findRuns(ctx, client, jobID, state)
	if err != nil || len(runs) == 0 {
		return report.Cleanup{RunID: state.RunID, Err: err}
	}
	cleanup := report.Cleanup{RunID: runs[0].ID, URL: runs[0].URL, Status: runs[0].Status.String()}
	for i, run := range runs { // several if a proxy repeated the start request
		if run.Ended() {
			continue
		}
		canceled, err := client.Cancel(ctx, run.ID, rest.Cleanup)
		cleanup.Err = errors.Join(cleanup.Err, err)
		if i == 0 && err == nil {
			cleanup.Status, cleanup.Cancelled = canceled.Status.String(), true
		}
	}
	return cleanup
}

// findRuns finds the run by its ID, or by its marker if the step did not receive the ID. The oldest run comes first.
func findRuns(ctx context.Context, client *dbt.Client, jobID int64, state report.State) ([]dbt.Run, error) {
	if state.Phase == report.PhaseStarted {
		run, err := client.Run(ctx, state.RunID, time.Time{})
		return []dbt.Run{run}, err
	}
	return client.AwaitStarted(ctx, dbt.StartRequest{JobID: jobID, AfterRunID: state.After, Marker: state.Marker, RetryRunID: state.Retry})
}
