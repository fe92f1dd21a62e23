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
			return runError(progress.OutcomeDBTFailed, f.Run(), cmp.Or(f.run.RetryRefusal, "dbt gives no reason"))
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
		if run.Ended() {
			f.endedAt = time.Now()
		}
	}
	return nil
}

// untilNextPoll returns the time until the next poll of the run.
func (f *Follower) untilNextPoll() time.Duration {
	if fixed := f.config.DBT.PollInterval; fixed > 0 {
		return fixed
	}
	if f.run.StartedAt.IsZero() {
		return pollInterval(time.Since(f.idKnownAt), nil) // the durations of earlier runs leave out the queue
	}
	return pollInterval(f.elapsed(), f.job.Durations)
}

// elapsed returns how long the run has been running. dbt's clock can differ from the one here, so what was seen here bounds
// the result: the run started after lastQueued and before firstStarted.
func (f *Follower) elapsed() time.Duration {
	elapsed := max(time.Since(f.run.StartedAt.Time), time.Since(f.firstStarted))
	if !f.lastQueued.IsZero() {
		elapsed = min(elapsed, time.Since(f.lastQueued))
	}
	return elapsed
}

// recordTimes sets lastQueued or firstStarted to now, according to the run as just seen.
func (f *Follower) recordTimes() {
	switch {
	case f.run.StartedAt.IsZero():
		f.lastQueued = time.Now()
	case f.firstStarted.IsZero():
		f.firstStarted = time.Now()
	}
}

// update replaces what is known of the run by a newer response, and reports it.
func (f *Follower) update(run dbt.Run) {
	if len(run.Steps) == 0 {
		run.Steps = f.run.Steps // not every response has them
	}
	f.run = run
	f.recordTimes()
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

// cancelDuplicates keeps the older of two runs, and cancels the other, if a start that got no response took effect after all.
// It is best effort: if the list of runs can't be read now, the next poll tries again.
func (f *Follower) cancelDuplicates(ctx context.Context) {
	if f.startAttempts < 2 {
		return
	}
	runs, err := f.client.FindStarted(ctx, f.start, rest.RetryTimes{})
	if err != nil || len(runs) < 2 {
		return
	}
	f.startAttempts = 1
	f.hooks.Warn(fmt.Sprintf("dbt started this run twice although it never answered the first start: run %d counts, its twin is cancelled", runs[0].ID))
	if runs[0].ID != f.run.ID {
		f.track(runs[0], f.origin)
	}
	for _, duplicate := range runs[1:] {
		_, err := f.client.Cancel(ctx, duplicate.ID, rest.BestEffort)
		f.hooks.Observe(progress.RunCancelled{ID: duplicate.ID, Err: err})
	}
}
