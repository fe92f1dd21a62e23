package dbtrun

import (
	"context"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// cancelPollInterval is the time between two polls of a run that is being canceled.
const cancelPollInterval = 450 * time.Millisecond

// Cancel cancels the run unless it has ended or the step does not own it. If a start got no response, it searches for its run
// first, once. It then waits for the end of the run until ctx is done. [Follower.Leftover] returns what came of it.
func (f *Follower) Cancel(ctx context.Context) {
	if f.startUnknown {
		if runs, err := f.client.FindStarted(ctx, f.start, rest.Cleanup); err == nil && len(runs) > 0 {
			f.startUnknown = false
			f.track(runs[0], progress.OriginStarted)
		}
	}
	if f.run.ID == 0 || !f.origin.Owned() || f.run.Ended() {
		return
	}
	run, err := f.client.Cancel(ctx, f.run.ID, rest.Cleanup)
	f.hooks.Observe(progress.RunCancelled{ID: f.run.ID, Err: err})
	if err != nil {
		f.canceled = progress.LeftoverRunForPost
		return
	}
	f.canceled = progress.LeftoverRunCanceling
	f.update(run)
	f.waitForCancellation(ctx)
}

// waitForCancellation polls the run until it has ended. It is best effort: dbt has accepted the request.
func (f *Follower) waitForCancellation(ctx context.Context) {
	for !f.run.Ended() {
		if rest.Sleep(ctx, cancelPollInterval) != nil {
			return
		}
		run, err := f.client.Run(ctx, f.run.ID, f.idKnownAt)
		if err != nil {
			return
		}
		f.update(run)
	}
}
