package pipeline

import (
	"context"
	"fmt"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// dryRun shows which run the step would follow, and what would be refreshed after it, judging by an earlier run.
func (s *step) dryRun(ctx context.Context, checked checks) error {
	plan, err := s.follower.Plan(ctx)
	if err != nil {
		s.warn(err.Error()) // only a preview
	} else if plan != "" {
		s.result.Plan = plan
		s.note(plan)
	}
	if !s.discovers() || ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var run dbt.Run
	if s.dbt != nil {
		if run, err = s.earlierRun(ctx, checked.dbt.Attached); err != nil {
			return progress.Fail(progress.OutcomePreflightFailed, fmt.Errorf("tableau-discover: failed to find a run for the preview: %w", err))
		}
		if run.ID == 0 {
			return nil
		}
	}
	discoveryErr, err := s.discover(ctx, run, checked.earlier, nil)
	if err != nil {
		return err
	}
	if err := s.selected.Err(); err != nil && discoveryErr == nil {
		return progress.Fail(progress.OutcomePreflightFailed, err)
	}
	return preferError(ctx, discoveryErr, nil)
}

// earlierRun returns the run that a preview is based on: the attached one, or the last one of the job that succeeded. If there
// is none, it warns and returns the zero Run.
func (s *step) earlierRun(ctx context.Context, attached dbt.Run) (dbt.Run, error) {
	if attached.ID != 0 {
		if attached.Status != dbt.Success {
			s.warn(fmt.Sprintf("tableau-discover: no preview, because dbt run %d did not succeed (status: %s)", attached.ID, attached.Status))
			return dbt.Run{}, nil
		}
		return attached, nil
	}
	last, err := s.dbt.Runs(ctx, dbt.RunFilter{JobID: s.result.Job.ID, Statuses: []dbt.Status{dbt.Success}, Limit: 1}, rest.Preflight)
	if err != nil {
		return dbt.Run{}, err
	}
	if len(last) == 0 {
		s.warn("tableau-discover: no preview, because no run of the job has succeeded yet")
		return dbt.Run{}, nil
	}
	s.note(fmt.Sprintf("preview based on the last successful run, dbt run %d", last[0].ID))
	return s.dbt.FindRun(ctx, last[0].ID, rest.Preflight)
}
