package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/progress"
)

// cleanupTime is for everything that is left to do with the services when the story is over. It begins when the story is
// told to stop, and what is in flight then has the first second of it: a limit holds to within two seconds.
const cleanupTime = 1900 * time.Millisecond

// cleanup leaves nothing behind: it cancels our run when the step was stopped, and signs out. It runs after ctx has ended.
func (s *story) cleanup(ctx context.Context, err error) {
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
		// Best effort: the session ends by itself.
		group.Go(func() { _ = s.tableau.SignOut(ctx) })
	}
	if stopped != nil && s.config.CancelDBTRun {
		s.follower.Cancel(ctx)
	}
	group.Wait()
	s.result.Run, s.result.Leftover = s.follower.Run(), s.follower.Leftover()
}

// stopCause is why the story was cut short; nil when it came to an end of its own.
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

// settle turns the end of the story into the result.
func (s *story) settle(ctx context.Context, err error) {
	s.result.End = time.Now()
	s.result.Outcome = s.judge(ctx, err)
	if s.result.Outcome.OK() {
		return
	}
	s.result.Err = err
	if stopped := stopCause(ctx, err); stopped != nil {
		s.result.Err = s.explain(stopped)
	}
}

func (s *story) judge(ctx context.Context, err error) progress.Outcome {
	stopped := stopCause(ctx, err)
	if _, ok := errors.AsType[*progress.LimitError](stopped); ok {
		return progress.OutcomeTimedOut
	}
	if stopped != nil {
		return progress.OutcomeCancelled
	}
	if known, ok := errors.AsType[*progress.StepError](err); ok {
		return known.Outcome
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

// explain adds to the end of a limit what was going on.
func (s *story) explain(cause error) error {
	if limit, ok := errors.AsType[*progress.LimitError](cause); ok {
		return &progress.LimitError{Input: limit.Input, After: limit.After, During: s.doing}
	}
	return &progress.CancelledError{Cause: cause, During: s.doing}
}
