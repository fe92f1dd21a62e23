package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/progress"
)

// cleanupTime is the time for the last requests to both services. It counts from when the step was stopped, and what is in
// flight then, or the last poll of the run, has the first second of it: a limit holds to within two seconds.
const cleanupTime = 1900 * time.Millisecond

// cleanup cancels the step's own run if the step was stopped, and signs out. ctx may be done.
func (s *step) cleanup(ctx context.Context, err error) {
	stopped := stopCause(ctx, err)
	if stopped != nil {
		s.observe(progress.Stopping{Cause: s.explain(stopped)})
	}
	left := cleanupTime
	if at := s.stopped.Load(); at != nil {
		left -= time.Since(*at)
	}
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), left, errors.New("no time left"))
	defer cancel()
	var group sync.WaitGroup
	if s.tableau != nil {
		// Best effort: the session also ends by itself.
		group.Go(func() { _ = s.tableau.SignOut(ctx) })
	}
	if stopped != nil && s.config.CancelDBTRun {
		s.follower.Cancel(ctx)
	}
	group.Wait()
	if s.dbt != nil {
		s.result.Run, s.result.Leftover = s.follower.Run(), s.follower.Leftover()
	}
}

// setOutcome completes the result.
func (s *step) setOutcome(ctx context.Context, err error) {
	s.result.End = time.Now()
	s.result.Outcome = s.outcome(ctx, err)
	if s.result.Outcome.OK() {
		return
	}
	s.result.Err = err
	if stopped := stopCause(ctx, err); stopped != nil {
		s.result.Err = s.explain(stopped)
	}
}

func (s *step) outcome(ctx context.Context, err error) progress.Outcome {
	stopped := stopCause(ctx, err)
	if _, ok := errors.AsType[*progress.LimitError](stopped); ok {
		return progress.OutcomeTimedOut
	}
	if stopped != nil {
		return progress.OutcomeCancelled
	}
	if failed, ok := errors.AsType[*progress.StepError](err); ok {
		return failed.Outcome
	}
	switch {
	case err != nil:
		return progress.OutcomeError
	case s.config.DryRun:
		return progress.OutcomeChecked
	case !s.config.DBT.Wait, slices.ContainsFunc(s.result.Refreshes, func(r progress.Refresh) bool { return r.Status == progress.StatusStarted }):
		return progress.OutcomeStarted
	}
	return progress.OutcomeSuccess
}

// stopCause returns why the step was stopped before its end; nil if it was not.
func stopCause(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if limit, ok := errors.AsType[*progress.LimitError](err); ok {
		return limit
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, cause) {
		return cause
	}
	return nil
}

// explain adds what was in progress to the cause of the end.
func (s *step) explain(cause error) error {
	if limit, ok := errors.AsType[*progress.LimitError](cause); ok {
		return &progress.LimitError{Input: limit.Input, After: limit.After, During: s.activity}
	}
	return &progress.CancelledError{Cause: cause, During: s.activity}
}
