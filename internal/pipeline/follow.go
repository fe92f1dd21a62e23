package pipeline

import (
	"context"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/poll"
)

// followRun waits for the end of the run, and fails unless it is a success.
func (s *story) followRun(ctx context.Context) error {
	s.doing = fmt.Sprintf("waiting for dbt run %d", s.result.Run.ID)
	ctx, cancel := limit(ctx, "dbt-timeout", s.config.DBT.Timeout)
	defer cancel()
	for {
		if err := sleep(ctx, s.untilNextLook()); err != nil {
			return err
		}
		if err := s.settleTwins(ctx); err != nil {
			return err
		}
		run, err := s.dbt.Run(ctx, s.result.Run.ID, s.known)
		if err != nil {
			return outcome(OutcomeError, err)
		}
		s.look(run)
		if run.Ended() {
			return s.verdict(run)
		}
	}
}

func (s *story) untilNextLook() time.Duration {
	if fixed := s.config.DBT.PollInterval; fixed > 0 {
		return fixed
	}
	return poll.Run(time.Since(s.known))
}

// look takes over what dbt says of the run now.
func (s *story) look(run dbt.Run) {
	before := s.result.Run
	s.result.Run = convertRun(run)
	s.result.Run.Owned, s.result.Run.Cancelling = before.Owned, before.Cancelling
	s.observe(RunProgressed{Run: s.result.Run})
}

// verdict goes by the status alone: only one number means success.
func (s *story) verdict(run dbt.Run) error {
	switch run.Status {
	case dbt.Success:
		return nil
	case dbt.Error:
		return outcome(OutcomeDBTFailed, &RunError{Run: s.result.Run})
	case dbt.Cancelled:
		return outcome(OutcomeDBTCancelled, &RunError{Run: s.result.Run})
	}
	return outcome(OutcomeError, fmt.Errorf("dbt run %d ended with status %d, which is not known: nothing is refreshed", run.ID, int(run.Status)))
}

// settleTwins makes one run out of two where a start that seemed lost took effect after all: the older one counts.
func (s *story) settleTwins(ctx context.Context) error {
	if s.sendings < 2 {
		return nil
	}
	runs, err := s.dbt.Find(ctx, s.start.JobID, s.start.After, s.start.Marker)
	if err != nil {
		return outcome(OutcomeError, err)
	}
	if len(runs) < 2 {
		return nil
	}
	s.sendings = 1
	s.warn(fmt.Sprintf("dbt started this run twice although it never answered the first start: run %d counts, its twin is cancelled", runs[0].ID))
	if runs[0].ID != s.result.Run.ID {
		s.adopt(runs[0])
	}
	for _, twin := range runs[1:] {
		_, err := s.dbt.Cancel(ctx, twin.ID)
		s.observe(RunCancelled{ID: twin.ID, Err: err})
	}
	return nil
}

// sleep waits, or returns the cause of the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
