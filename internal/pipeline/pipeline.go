// Package pipeline is one step of a workflow, from the checked inputs to the result: check dbt and Tableau, run dbt, refresh
// Tableau, in this order and only if dbt succeeded.
//
// It takes the configuration and the clients of both services. It returns one [progress.Result] on every path, and sends events
// to a [progress.Observer]. Each phase is a separate package with explicit inputs and results; this one decides their order, the
// limits, the outcome, and the cleanup. It must never refresh anything after a run that did not succeed, and never return without
// a reason in the result.
package pipeline

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/dbtrun"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/tableau"
)

// Services are the clients of both services.
type Services struct {
	// DBT is nil exactly if dbt ran in an earlier step (dbt-target-path).
	DBT *dbt.Client
	// Tableau is nil exactly if the configuration has no Tableau part.
	Tableau *tableau.Client
}

// Run runs the step. It returns within two seconds after ctx is done: one for requests in flight, and one for the cleanup.
func Run(ctx context.Context, c *config.Config, services Services, observer progress.Observer) progress.Result {
	s := &step{config: c, dbt: services.DBT, tableau: services.Tableau, observer: observer}
	s.result.Began = time.Now()
	s.warnAll(c.Warnings)
	for _, text := range c.Notices {
		s.notify(text)
	}
	limited, cancel := s.limit(ctx, "timeout", c.Timeout)
	defer cancel()
	err := s.run(limited)
	s.noticeNoExtract()
	s.awaitInspection()
	stopped := s.stopError(limited, err)
	s.cleanup(limited, stopped)
	s.result.End = time.Now()
	if s.result.Outcome = s.outcome(stopped, err); !s.result.Outcome.OK() {
		s.result.Err = cmp.Or(stopped, err)
	}
	return s.result
}

type step struct {
	config   *config.Config
	dbt      *dbt.Client
	tableau  *tableau.Client
	observer progress.Observer
	result   progress.Result

	stoppedAt  atomic.Pointer[time.Time] // when the step was canceled or a limit was reached; nil before
	activity   string                    // what is in progress, for the error of a limit that is reached
	follower   *dbtrun.Follower          // nil before the preflight; it has no run if dbt ran in an earlier step
	selected   selection.Selection
	inspection *inspection // nil before the run has ended
}

// run is the order of operations.
func (s *step) run(ctx context.Context) error {
	check := s.preflight
	if s.dbt == nil {
		check = s.preflightTargetFolders
	}
	checked, err := check(ctx)
	if err != nil {
		return err
	}
	if !checked.tableauPending {
		defer s.noteSchedules(ctx, checked.tableau)()
	}
	if s.config.DryRun {
		return s.dryRun(ctx, checked)
	}
	err = s.runDBT(ctx)
	s.startInspection(ctx)
	if err != nil || !s.config.DBT.Wait {
		return err
	}
	if checked.tableauPending {
		if checked.tableau, err = s.recheckTableau(ctx); err != nil {
			return err
		}
		defer s.noteSchedules(ctx, checked.tableau)()
	}
	discoveryErr, err := s.discover(ctx, s.follower.DBTRun(), checked.earlier, checked.tableau.Err)
	if err != nil {
		return err
	}
	return s.preferError(ctx, discoveryErr, s.refresh(ctx))
}

// runDBT obtains a run and follows it to its end, within the limit for dbt.
func (s *step) runDBT(ctx context.Context) error {
	if s.dbt == nil {
		return nil // it ran in an earlier step
	}
	limited, cancel := s.limit(ctx, "dbt-timeout", s.config.DBT.Timeout)
	defer cancel()
	err := s.follower.Obtain(limited)
	if err == nil && s.config.DBT.Wait {
		err = s.follower.Follow(limited)
	}
	if limit, ok := errors.AsType[*progress.LimitError](err); ok {
		deadline, _ := limited.Deadline()
		ended, runErr := s.follower.PollLastTime(ctx, deadline.Add(time.Second)) // see cleanupTime
		if ended && limit.Input == "dbt-timeout" && ctx.Err() == nil {
			s.stoppedAt.Store(nil) // the run ended in time, so the step continues
			err = runErr
		}
	}
	s.result.Run, s.result.Retried = s.follower.Run(), s.follower.Retried()
	if s.config.DBT.Resume && s.config.Step.RunID != "" && s.result.Run.Origin.Owned() {
		s.result.ResumableFor = s.config.DBT.MaxAge
	}
	return err
}

// limit limits ctx by an input; 0 is no limit.
func (s *step) limit(ctx context.Context, input string, after time.Duration) (context.Context, context.CancelFunc) {
	var cancel context.CancelFunc
	if after == 0 {
		ctx, cancel = context.WithCancel(ctx)
	} else {
		ctx, cancel = context.WithTimeoutCause(ctx, after, &progress.LimitError{Input: input, After: after})
	}
	context.AfterFunc(ctx, func() {
		if context.Cause(ctx) != context.Canceled { // otherwise, it is only no longer needed
			s.stoppedAt.CompareAndSwap(nil, new(time.Now()))
		}
	})
	return ctx, cancel
}

func (s *step) observe(e progress.Event) { s.observer.Observe(e) }

func (s *step) note(text string) { s.observe(progress.Noted{Text: text}) }

func (s *step) noteAll(texts []string) {
	for _, text := range texts {
		s.note(text)
	}
}

func (s *step) notify(text string) {
	s.result.Notices = append(s.result.Notices, text)
	s.observe(progress.Noticed{Text: text})
}

// warn adds a warning once: Tableau can be checked twice, for example.
func (s *step) warn(text string) {
	if slices.Contains(s.result.Warnings, text) {
		return
	}
	s.result.Warnings = append(s.result.Warnings, text)
	s.observe(progress.Warned{Text: text})
}

func (s *step) warnAll(texts []string) {
	for _, text := range texts {
		s.warn(text)
	}
}
