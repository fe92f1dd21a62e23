package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// cleanupTime is for everything that is left to do with the services when the story is over. It begins when the story is
// told to stop, and what is in flight then has the first second of it: a limit holds to within two seconds.
const cleanupTime = 1900 * time.Millisecond

// cancelInterval is the time between two looks at a run that is being cancelled.
const cancelInterval = 450 * time.Millisecond

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
		s.cancelRun(ctx)
	}
	group.Wait()
	s.result.Unanswered = s.unanswered
	s.result.Leftover = s.result.Leftover || s.unanswered && s.config.CancelDBTRun && s.config.DBT.Wait
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

// cancelRun cancels a run of ours that is not over. What it can't do is left to the post step.
func (s *story) cancelRun(ctx context.Context) {
	if s.unanswered {
		if runs, err := s.dbt.FindStarted(ctx, s.start, rest.Cleanup); err == nil && len(runs) > 0 {
			s.unanswered = false
			s.take(runs[0], progress.OriginStarted)
		}
	}
	run := &s.result.Run
	if run.ID == 0 || !run.Owned || s.run.Ended() {
		return
	}
	cancelled, err := s.dbt.Cancel(ctx, run.ID, rest.Cleanup)
	s.observe(progress.RunCancelled{ID: run.ID, Err: err})
	if err != nil {
		s.result.Leftover = true
		return
	}
	run.Cancelling = true
	s.look(cancelled)
	s.awaitCancelled(ctx)
}

// awaitCancelled looks whether dbt has done what it was asked for, as long as there is time. Best effort.
func (s *story) awaitCancelled(ctx context.Context) {
	for !s.run.Ended() {
		if rest.Sleep(ctx, cancelInterval) != nil {
			return
		}
		run, err := s.dbt.Run(ctx, s.result.Run.ID, s.known)
		if err != nil {
			return
		}
		s.look(run)
	}
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
