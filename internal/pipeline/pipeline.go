package pipeline

import (
	"context"
	"sync/atomic"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
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
	// start is how our run was, or would be, started.
	start dbt.StartRequest
	// sendings counts how often; after the second there may be a twin.
	sendings int
	// unanswered is true while there may be a run that nobody knows of.
	unanswered bool
	// catalog is what the preflight has read of the Tableau site; another preflight makes its own.
	catalog *tableau.Catalog
	// selection holds the targets, in the order of Result.Refreshes.
	selection selection
	// unchecked is true when dbt was started although Tableau had a problem; lost is the one that is left after the run.
	unchecked bool
	lost      error
	// aftermath is what is looked up about the run that is over; nil before.
	aftermath *aftermath
	// history is how long the job's last successful runs took.
	history []time.Duration
	// attached is the run that dbt-run-id names.
	attached dbt.Run
	// run is the run that counts, as last seen; known is when its ID became known, over when it was seen to have ended.
	run         dbt.Run
	known, over time.Time
	// seenQueued is when it was last seen not to run yet, seenRunning when it was first seen to.
	seenQueued, seenRunning time.Time
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
	if s.run.Ended() {
		s.lookBack(ctx)
	}
	if err != nil || !s.config.DBT.Wait {
		return err
	}
	if err := s.recheck(ctx); err != nil {
		return err
	}
	unseen, err := s.discover(ctx, s.run)
	if err != nil {
		return err
	}
	return s.owning(ctx, unseen, s.refresh(ctx))
}

// runDBT comes by a run and follows it, within the time for dbt.
func (s *story) runDBT(ctx context.Context) error {
	ctx, cancel := s.limit(ctx, "dbt-timeout", s.config.DBT.Timeout)
	defer cancel()
	if err := s.obtainRun(ctx); err != nil || !s.config.DBT.Wait {
		return err
	}
	return s.followRun(ctx)
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
