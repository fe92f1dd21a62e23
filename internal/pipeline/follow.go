package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/poll"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// followRun waits for the end of the run, and of its retries, and fails unless it is a success.
func (s *story) followRun(ctx context.Context) error {
	for try := 0; ; try++ {
		if err := s.untilEnd(ctx); err != nil {
			return err
		}
		if s.run.Status != dbt.Error || try == s.config.DBT.Retries {
			return s.verdict(s.run)
		}
		if s.run.CanRetry != nil && !*s.run.CanRetry {
			return progress.Fail(progress.OutcomeDBTFailed, &progress.RunError{Run: s.result.Run, RetryRefusal: cmp.Or(s.run.RetryRefusal, "dbt gives no reason")})
		}
		if err := s.retryRun(ctx); err != nil {
			return err
		}
	}
}

// retryRun takes the failed run up again where it failed.
func (s *story) retryRun(ctx context.Context) error {
	failed := s.result.Run
	s.doing = fmt.Sprintf("retrying dbt run %d", failed.ID)
	s.start.AfterRunID, s.start.RetryRunID = failed.ID, failed.ID
	err := s.startRun(ctx)
	if refusal, ok := errors.AsType[*rest.StatusError](err); ok && refusal.Status/100 == 4 {
		return progress.Fail(progress.OutcomeDBTFailed, &progress.RunError{Run: failed, RetryRefusal: refusal.Error()})
	}
	if err == nil {
		s.result.Retried = append(s.result.Retried, failed)
	}
	return err
}

// untilEnd looks at the run until it is over.
func (s *story) untilEnd(ctx context.Context) error {
	s.doing = fmt.Sprintf("waiting for dbt run %d", s.run.ID)
	for !s.run.Ended() {
		if err := rest.Sleep(ctx, s.untilNextLook()); err != nil {
			return err
		}
		s.settleTwins(ctx)
		run, err := s.dbt.Run(ctx, s.run.ID, s.known)
		if err != nil {
			return progress.Fail(progress.OutcomeError, err)
		}
		s.look(run)
		s.over = time.Now()
	}
	return nil
}

func (s *story) untilNextLook() time.Duration {
	if fixed := s.config.DBT.PollInterval; fixed > 0 {
		return fixed
	}
	if s.run.StartedAt.IsZero() {
		return poll.Run(time.Since(s.known), nil) // how long it queues is in no history
	}
	return poll.Run(s.running(), s.history)
}

// running is for how long the run has been running. Dbt's clock need not be ours: it started after it was last seen not to
// have, and before it was first seen to have.
func (s *story) running() time.Duration {
	elapsed := max(time.Since(s.run.StartedAt.Time), time.Since(s.seenRunning))
	if !s.seenQueued.IsZero() {
		elapsed = min(elapsed, time.Since(s.seenQueued))
	}
	return elapsed
}

// notice keeps when the run was last seen to queue, and first seen to run.
func (s *story) notice(run dbt.Run) {
	switch {
	case run.StartedAt.IsZero():
		s.seenQueued = time.Now()
	case s.seenRunning.IsZero():
		s.seenRunning = time.Now()
	}
}

// look takes over what dbt says of the run now.
func (s *story) look(run dbt.Run) {
	before := s.result.Run
	if len(run.Steps) == 0 {
		run.Steps = s.run.Steps // not every answer has them
	}
	s.notice(run)
	s.result.Run = convertRun(run)
	s.run = run
	s.result.Run.Origin, s.result.Run.Owned, s.result.Run.Cancelling = before.Origin, before.Owned, before.Cancelling
	s.observe(progress.RunProgressed{Run: s.result.Run})
}

// verdict goes by the status alone: only one number means success.
func (s *story) verdict(run dbt.Run) error {
	switch run.Status {
	case dbt.Success:
		return nil
	case dbt.Error:
		return progress.Fail(progress.OutcomeDBTFailed, &progress.RunError{Run: s.result.Run})
	case dbt.Cancelled:
		return progress.Fail(progress.OutcomeDBTCancelled, &progress.RunError{Run: s.result.Run})
	}
	return progress.Fail(progress.OutcomeError, fmt.Errorf("dbt run %d ended with status %d, which is not known: nothing is refreshed", run.ID, int(run.Status)))
}

// settleTwins makes one run out of two where a start that seemed lost took effect after all: the older one counts.
// A list that does not answer now may answer at the next look: the run that is known goes on.
func (s *story) settleTwins(ctx context.Context) {
	if s.sendings < 2 {
		return
	}
	runs, err := s.dbt.FindStarted(ctx, s.start, rest.RetryTimes{})
	if err != nil || len(runs) < 2 {
		return
	}
	s.sendings = 1
	s.warn(fmt.Sprintf("dbt started this run twice although it never answered the first start: run %d counts, its twin is cancelled", runs[0].ID))
	if runs[0].ID != s.result.Run.ID {
		s.take(runs[0], s.result.Run.Origin)
	}
	for _, twin := range runs[1:] {
		_, err := s.dbt.Cancel(ctx, twin.ID, rest.BestEffort)
		s.observe(progress.RunCancelled{ID: twin.ID, Err: err})
	}
}
