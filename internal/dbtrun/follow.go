package dbtrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

// retryRun retries the failed run from its point of failure.
func (f *Follower) retryRun(ctx context.Context) error {
	failed := f.Run()
	f.hooks.SetActivity(fmt.Sprintf("retrying dbt run %d", failed.ID))
	f.start.AfterRunID, f.start.RetryRunID = failed.ID, failed.ID
	err := f.startRun(ctx)
	if refusal, ok := errors.AsType[*rest.StatusError](err); ok && refusal.Status/100 == 4 {
		return runError(progress.OutcomeDBTFailed, failed, refusal.Error())
	}
	if err == nil {
		f.retried = append(f.retried, failed)
	}
	return err
}

// waitForEnd polls the run until it has ended.
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

// Recheck polls the run a last time when a limit was reached, also if ctx is done: it may have ended since the poll before. It
// reports whether the run has ended, and then returns what Follow returns if nothing is retried.
func (f *Follower) Recheck(ctx context.Context, deadline time.Time) (ended bool, err error) {
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

// untilNextPoll returns the time until the next poll of the run.
func (f *Follower) untilNextPoll() time.Duration {
	if fixed := f.config.DBT.PollInterval; fixed > 0 {
		return fixed
	}
	if f.run.StartedAt.IsZero() {
		return pollInterval(time.Since(f.idKnownAt), nil) // the durations of earlier runs leave out the queue
	}
	return pollInterval(f.client.Now().Sub(f.run.StartedAt.Time), f.job.Durations)
}

// update replaces what is known of the run by a newer response, and reports it.
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

// checkStatus returns nil only for status 10. A status that is unknown here is no success.
func (f *Follower) checkStatus() error {
	switch f.run.Status {
	case dbt.Success:
		return nil
	case dbt.Error:
		return runError(progress.OutcomeDBTFailed, f.Run(), "")
	case dbt.Cancelled:
		return runError(progress.OutcomeDBTCancelled, f.Run(), "")
	}
	err := fmt.Errorf("dbt run %d ended with status %d, which is not known: nothing is refreshed", f.run.ID, int(f.run.Status))
	return progress.Fail(progress.OutcomeError, err)
}

func runError(o progress.Outcome, run progress.Run, retryRefusal string) error {
	return progress.Fail(o, &progress.RunError{Run: run, RetryRefusal: retryRefusal})
}
