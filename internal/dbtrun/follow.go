package dbtrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// Follow waits for the end of the obtained run and of its retries. It returns nil only if the last run succeeded.
func (f *Follower) Follow(ctx context.Context) error {
	for retries := 0; ; retries++ {
		if err := f.waitForEnd(ctx); err != nil {
			return err
		}
		if f.run.Status != dbt.Error || retries == f.config.DBT.Retries {
			return f.checkStatus()
		}
		if f.run.CanRetry != nil && !*f.run.CanRetry {
			return runError(progress.OutcomeDBTFailed, f.Run(), cmp.Or(f.run.RetryRefusal, "dbt gave no reason"))
		}
		if err := f.retryRun(ctx); err != nil {
			return err
		}
	}
}

func (f *Follower) retryRun(ctx context.Context) error {
	failed := f.Run()
	f.hooks.SetActivity(fmt.Sprintf("retrying dbt run %d", failed.ID))
	f.start.AfterRunID, f.start.RetryRunID = failed.ID, failed.ID
	err := f.startRun(ctx)
	if refusal, ok := errors.AsType[*rest.StatusError](err); ok && refusal.Status/100 == 4 {
		return runError(progress.OutcomeDBTFailed, failed, refusal.Error())
	}
	return err
}

func (f *Follower) waitForEnd(ctx context.Context) error {
	f.hooks.SetActivity(fmt.Sprintf("waiting for dbt run %d", f.run.ID))
	for !f.run.Ended() {
		if err := rest.Sleep(ctx, f.untilNextPoll()); err != nil {
			return err
		}
		f.cancelDuplicates(ctx)
		run, err := f.client.Run(ctx, f.run.ID, f.idKnownAt)
		if err != nil {
			return progress.Fail(progress.OutcomeError, err)
		}
		f.update(run)
	}
	return nil
}

// PollLastTime polls the run a last time when a limit was reached, even if ctx is done: it might have ended since the last poll. It
// reports whether the run has ended, and then returns what Follow returns without a retry.
func (f *Follower) PollLastTime(ctx context.Context, deadline time.Time) (ended bool, err error) {
	if f.run.ID == 0 || f.run.Ended() || f.startUnknown {
		return false, nil
	}
	pollCtx, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	run, err := f.client.RunWithoutSteps(pollCtx, f.run.ID)
	if err != nil {
		return false, nil
	}
	if run.Ended() {
		if detailed, err := f.client.Run(ctx, run.ID, f.idKnownAt); err == nil {
			run = detailed
		}
	}
	f.update(run)
	return run.Ended(), f.checkStatus()
}

func (f *Follower) untilNextPoll() time.Duration {
	if fixed := f.config.DBT.PollInterval; fixed > 0 {
		return fixed
	}
	if f.run.StartedAt.IsZero() {
		return pollInterval(time.Since(f.idKnownAt), nil) // the durations of earlier runs do not include the queue
	}
	return pollInterval(f.client.Now().Sub(f.run.StartedAt.Time), f.job.Durations)
}

func (f *Follower) update(run dbt.Run) {
	if len(run.Steps) == 0 {
		run.Steps = f.run.Steps // not every response has them
	}
	f.run = run
	if run.Ended() && f.endedAt.IsZero() {
		f.endedAt = time.Now()
	}
	f.hooks.Observe(progress.RunProgressed{Run: f.Run()})
}

// checkStatus returns nil only for status 10. An unknown status is not a success.
func (f *Follower) checkStatus() error {
	switch f.run.Status {
	case dbt.Success:
		return nil
	case dbt.Error:
		return runError(progress.OutcomeDBTFailed, f.Run(), "")
	case dbt.Cancelled:
		return runError(progress.OutcomeDBTCancelled, f.Run(), "")
	}
	err := fmt.Errorf("dbt run %d ended with the unknown status %d, so nothing was refreshed", f.run.ID, int(f.run.Status))
	return progress.Fail(progress.OutcomeError, err)
}

func runError(o progress.Outcome, run progress.Run, retryRefusal string) error {
	return progress.Fail(o, &progress.RunError{Run: run, RetryRefusal: retryRefusal})
}

const cancelPollInterval = 450 * time.Millisecond

// Cancel cancels the run unless it has ended or the step does not own it. If a start got no response, it searches for its run
// first, once. It then waits for the end of the run until ctx is done. [Follower.Leftover] returns the result.
func (f *Follower) Cancel(ctx context.Context) {
	if f.startUnknown {
		if runs, _, err := f.client.FindStarted(ctx, f.start, rest.Cleanup); err == nil && len(runs) > 0 {
			f.startUnknown = false
			f.track(runs[0], f.startOrigin())
			f.cancelAll(ctx, runs[1:], rest.Cleanup)
		}
	}
	if f.run.ID == 0 || !f.origin.Owned() || f.run.Ended() {
		return
	}
	run, err := f.client.Cancel(ctx, f.run.ID, rest.Cleanup)
	f.hooks.Observe(progress.RunCancelled{ID: f.run.ID, Err: err})
	if err != nil && f.config.PostStepCancels() {
		f.cancelResult = progress.LeftoverRunForPost
	}
	if err != nil {
		return
	}
	f.cancelResult = progress.LeftoverRunCanceling
	// The wait is best effort, because dbt has accepted the request.
	for f.update(run); !f.run.Ended() && err == nil && rest.Sleep(ctx, cancelPollInterval) == nil; {
		if run, err = f.client.Run(ctx, f.run.ID, f.idKnownAt); err == nil {
			f.update(run)
		}
	}
}

// cancelDuplicates follows the oldest run and cancels the others if dbt started more than one: because a start without a
// response took effect, or because a proxy repeated a request. If the list of runs can't be read now, a later check can still
// find them.
func (f *Follower) cancelDuplicates(ctx context.Context) {
	if f.duplicateChecks == 0 {
		return
	}
	f.duplicateChecks--
	runs, _, err := f.client.FindStarted(ctx, f.start, rest.RetryTimes{})
	if err != nil || len(runs) < 2 {
		return
	}
	f.duplicateChecks = 0
	f.hooks.Warn(fmt.Sprintf("a start request took effect more than once, so dbt started %d runs. "+
		"Following run %d, canceling the others", len(runs), runs[0].ID))
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

const (
	minInterval = time.Second
	maxInterval = 30 * time.Second
	// firstPhase is polled at the same interval with any history, because runs that are misconfigured fail then.
	firstPhase = 10 * time.Second
	// minHistory is how many earlier runs a prediction requires.
	minHistory = 3
	// windowDeviations is how many median deviations the window of the expected end extends to each side.
	windowDeviations = 3
	// maxSpread is 1 divided by the largest part of the median duration that the window can extend to each side: a fifth.
	maxSpread = 5
)

// pollInterval returns the time until the next poll of a run that has been running for elapsed: 1 s to 30 s. The history is the
// durations of the job's recent successful runs, in any order; it can be empty.
//
// Without a history, the end of a run is noticed late by at most 3 % of its duration, or 1 s. With one, polls are rare while
// the run can't have ended yet, frequent around the time when it usually ends, and rare again when it is late.
func pollInterval(elapsed time.Duration, history []time.Duration) time.Duration {
	proportional := bounded(elapsed * 3 / 100)
	if len(history) < minHistory || elapsed < firstPhase {
		return proportional
	}
	from, to := expectedEnd(history)
	switch {
	case elapsed < from:
		return bounded(from - elapsed)
	case elapsed > to: // the later it gets, the less the history predicts
		return min(max(proportional/4, bounded((elapsed-to)/10)), maxInterval)
	case (to-from)*maxSpread > from+to:
		return proportional // frequent polls for so long would cost more than they gain
	}
	return min(max((to-from)/200, minInterval), 2*minInterval)
}

// expectedEnd returns when a run usually ends: a window around the median duration, as wide as the durations differ. Up to half
// of the durations can be outliers without effect.
func expectedEnd(history []time.Duration) (from, to time.Duration) {
	center := median(history)
	deviations := make([]time.Duration, len(history))
	for i, d := range history {
		deviations[i] = (d - center).Abs()
	}
	half := windowDeviations * max(median(deviations), center/100, minInterval/2)
	return center - half, center + half
}

func median(durations []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(durations))
	return sorted[len(sorted)/2]
}

func bounded(d time.Duration) time.Duration { return min(max(d, minInterval), maxInterval) }
