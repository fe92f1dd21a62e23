package dbtrun

import (
	"context"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/dbt"
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
			f.cancelAll(ctx, runs[1:], rest.Cleanup)
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

// cancelDuplicates keeps the oldest run, and cancels the others, if dbt started more than one: because a start without a
// response took effect after all, or because a proxy repeated a single request. It is best effort: if the list of runs can't
// be read now, a later check can still find them.
func (f *Follower) cancelDuplicates(ctx context.Context) {
	if f.duplicateChecks == 0 {
		return
	}
	f.duplicateChecks--
	runs, err := f.client.FindStarted(ctx, f.start, rest.RetryTimes{})
	if err != nil || len(runs) < 2 {
		return
	}
	f.duplicateChecks = 0
	f.hooks.Warn(fmt.Sprintf("dbt started %d runs for this step, because a start request was repeated. Following run %d, canceling the others", len(runs), runs[0].ID))
	if runs[0].ID != f.run.ID {
		f.track(runs[0], f.origin)
	}
	f.cancelAll(ctx, runs[1:], rest.BestEffort)
}

func (f *Follower) cancelAll(ctx context.Context, duplicates []dbt.Run, retry rest.RetryTimes) {
	for _, duplicate := range duplicates {
		_, err := f.client.Cancel(ctx, duplicate.ID, retry)
		f.hooks.Observe(progress.RunCancelled{ID: duplicate.ID, Err: err})
	}
}
