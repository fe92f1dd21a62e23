package pipeline

import (
	"context"
	"sync/atomic"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/dbtrun"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/tableau"
)

// Services are the two sides of the step.
type Services struct {
	DBT *dbt.Client
	// Tableau is nil exactly when the config has no Tableau half.
	Tableau *tableau.Client
}

// Execute is the step, from the checked inputs to the result. It never fails without saying why in the result, and it returns
// within two seconds after ctx ends: one for what is in flight, the rest for cleaning up.
func Execute(ctx context.Context, c *config.Config, services Services, observer progress.Observer) progress.Result {
	s := &story{config: c, dbt: services.DBT, tableau: services.Tableau, observer: observer}
	s.result.Began = time.Now()
	for _, warning := range c.Warnings {
		s.warn(warning)
	}
	limited, cancel := s.limit(ctx, "timeout", c.Timeout)
	defer cancel()
	err := s.tell(limited)
	s.finishLookBack()
	s.cleanup(limited, err)
	s.settle(limited, err)
	return s.result
}

// story is one step on its way.
type story struct {
	config   *config.Config
	dbt      *dbt.Client
	tableau  *tableau.Client
	observer progress.Observer
	result   progress.Result

	// stopped is when the step was cancelled or a limit ran out; nil before.
	stopped atomic.Pointer[time.Time]
	// doing says what is going on, for the error of a limit that runs out.
	doing string
	// follower obtains the run that counts, and follows it; nil before the preflight.
	follower *dbtrun.Follower
	// selection holds the targets, in the order of Result.Refreshes.
	selection selection.Selection
	// unchecked is true when dbt was started although Tableau had a problem; lost is the one that is left after the run.
	unchecked bool
	lost      error
	// aftermath is what is looked up about the run that is over; nil before.
	aftermath *aftermath
	// attached is the run that dbt-run-id names.
	attached dbt.Run
}

// tell is the order of things.
func (s *story) tell(ctx context.Context) error {
	if err := s.preflight(ctx); err != nil {
		return err
	}
	if s.config.DryRun {
		return s.rehearse(ctx)
	}
	err := s.runDBT(ctx)
	if s.follower.DBTRun().Ended() {
		s.lookBack(ctx)
	}
	if err != nil || !s.config.DBT.Wait {
		return err
	}
	if err := s.recheck(ctx); err != nil {
		return err
	}
	unseen, err := s.discover(ctx, s.follower.DBTRun())
	if err != nil {
		return err
	}
	return s.owning(ctx, unseen, s.refresh(ctx))
}

// runDBT comes by a run and follows it, within the time for dbt.
func (s *story) runDBT(ctx context.Context) error {
	ctx, cancel := s.limit(ctx, "dbt-timeout", s.config.DBT.Timeout)
	defer cancel()
	err := s.follower.Obtain(ctx)
	if err == nil && s.config.DBT.Wait {
		err = s.follower.Follow(ctx)
	}
	s.result.Run, s.result.Retried = s.follower.Run(), s.follower.Retried()
	return err
}

// limit bounds ctx by the input of that name; a zero limit is none.
func (s *story) limit(ctx context.Context, input string, after time.Duration) (context.Context, context.CancelFunc) {
	var cancel context.CancelFunc
	if after == 0 {
		ctx, cancel = context.WithCancel(ctx)
	} else {
		ctx, cancel = context.WithTimeoutCause(ctx, after, &progress.LimitError{Input: input, After: after})
	}
	context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); cause != context.Canceled { // else it is only not needed any more
			s.stopped.CompareAndSwap(nil, new(time.Now()))
		}
	})
	return ctx, cancel
}

func (s *story) observe(e progress.Event) { s.observer.Observe(e) }

func (s *story) warn(text string) {
	s.result.Warnings = append(s.result.Warnings, text)
	s.observe(progress.Warned{Text: text})
}
