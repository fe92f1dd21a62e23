package action

import (
	"context"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/report"
	"dbt-tableau-refresh/internal/rest"
)

// postTime bounds the post step: a minute to look for a run, and some seconds to cancel it. The runner gives up on a job
// some minutes after it was cancelled.
const postTime = 75 * time.Second

// post cancels the dbt run that a step left behind when it was killed. In every other case it makes no request.
func (w *world) post(ctx context.Context, c *config.Config, r *report.Report, state report.State) int {
	if c == nil || !c.CancelDBTRun || !c.DBT.Wait || !left(state) {
		return 0
	}
	ctx, cancel := context.WithTimeoutCause(ctx, postTime, fmt.Errorf("no time left after %s", postTime))
	defer cancel()
	options := w.options(c, r)
	options.Base = c.DBT.URL
	client, err := dbt.New(options, string(c.DBT.Token), c.DBT.AccountID)
	if err != nil {
		r.Post(report.Cleanup{RunID: state.RunID, Err: err})
		return 1
	}
	defer client.Close()
	cleanup := clean(ctx, client, c.DBT.JobID, state)
	r.Post(cleanup)
	if cleanup.Err != nil {
		return 1
	}
	return 0
}

// left reports whether the state speaks of a run that is ours and may still be going.
func left(s report.State) bool {
	switch s.Phase {
	case report.PhaseStarting:
		return dbt.IsMarker(s.Marker) || s.Retry > 0
	case report.PhaseStarted:
		return s.Owned && s.RunID > 0
	}
	return false
}

func clean(ctx context.Context, client *dbt.Client, job int64, state report.State) report.Cleanup {
	run, err := leftRun(ctx, client, job, state)
	if err != nil || run.ID == 0 {
		return report.Cleanup{RunID: state.RunID, Err: err}
	}
	found := report.Cleanup{RunID: run.ID, URL: run.URL, Status: run.Status.String()}
	if run.Ended() {
		return found
	}
	run, err = client.Cancel(ctx, run.ID, rest.Cleanup)
	if err != nil {
		found.Err = err
		return found
	}
	found.Status, found.Cancelled = run.Status.String(), true
	return found
}

// leftRun finds the run by its ID, or by its marker when the step never learned the ID.
func leftRun(ctx context.Context, client *dbt.Client, job int64, state report.State) (dbt.Run, error) {
	if state.Phase == report.PhaseStarted {
		return client.Run(ctx, state.RunID, time.Time{})
	}
	return client.SearchStarted(ctx, dbt.StartRequest{JobID: job, AfterRunID: state.After, Marker: state.Marker, RetryRunID: state.Retry})
}
