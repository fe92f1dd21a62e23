package pipeline

import (
	"context"
	"errors"
	"fmt"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// rehearse shows in a dry run which run there would be, and what would be found after it, by one that is over.
func (s *story) rehearse(ctx context.Context) error {
	plan, err := s.follower.Plan(ctx)
	if err != nil {
		s.warn(err.Error()) // it is no check
	} else if plan != "" {
		s.result.Plan = plan
		s.observe(progress.Noted{Text: plan})
	}
	if !s.discovers() || ctx.Err() != nil {
		return context.Cause(ctx)
	}
	run, err := s.successfulRun(ctx)
	if err != nil {
		return progress.Fail(progress.OutcomePreflightFailed, fmt.Errorf("tableau-discover: failed to find a run to go by: %w", err))
	}
	if run.ID == 0 {
		return nil
	}
	unseen, err := s.discover(ctx, run)
	if err != nil {
		return err
	}
	var problems []error
	for _, e := range s.selection.Entries {
		problems = append(problems, e.Problem)
	}
	if err := errors.Join(problems...); err != nil && unseen == nil {
		return progress.Fail(progress.OutcomePreflightFailed, err)
	}
	return s.owning(ctx, unseen, nil)
}

// successfulRun is the run to go by: the one that is named, or the job's last one that succeeded. Without one, it warns.
func (s *story) successfulRun(ctx context.Context) (dbt.Run, error) {
	if named := s.attached; named.ID != 0 {
		if named.Status != dbt.Success {
			s.warn(fmt.Sprintf("tableau-discover: dbt run %d has not succeeded (%s): what it feeds can't be told from it", named.ID, named.Status))
			return dbt.Run{}, nil
		}
		return named, nil
	}
	last, err := s.dbt.Runs(ctx, dbt.RunFilter{JobID: s.result.Job.ID, Statuses: []dbt.Status{dbt.Success}, Limit: 1}, rest.Preflight)
	if err != nil {
		return dbt.Run{}, err
	}
	if len(last) == 0 {
		s.warn("tableau-discover: no run of the job has succeeded yet: what it feeds is known only after one")
		return dbt.Run{}, nil
	}
	s.observe(progress.Noted{Text: fmt.Sprintf("what the next run will feed is told by the job's last one that succeeded, dbt run %d", last[0].ID)})
	return s.dbt.FindRun(ctx, last[0].ID, rest.Preflight)
}
