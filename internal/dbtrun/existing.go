package dbtrun

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// findRun finds a run to use instead of a new one, if the inputs ask for that: one that an earlier attempt of this step started,
// unless it failed, or else an active one with the same overrides. The runs before the last one are those that it retries. The
// chain is empty when a run has to be started.
func (f *Follower) findRun(ctx context.Context) (chain []dbt.Run, origin progress.Origin, err error) {
	if f.isLaterAttempt() {
		if chain, err = f.findEarlierAttempt(ctx); err != nil || len(chain) > 0 {
			return chain, progress.OriginResumed, err
		}
	}
	if !f.config.DBT.ReuseRun {
		return nil, "", nil
	}
	runs, err := f.client.ActiveRuns(ctx, f.config.DBT.JobID)
	for _, run := range runs {
		different := run.Trigger.DifferentOverrides(f.start.Request)
		if len(different) == 0 {
			return []dbt.Run{run}, progress.OriginAdopted, nil
		}
		text := fmt.Sprintf("dbt run %d is active, but not adopted: it differs in %s", run.ID, strings.Join(different, ", "))
		f.hooks.Observe(progress.Noted{Text: text})
	}
	return nil, "", err
}

// isLaterAttempt reports whether an earlier attempt of the workflow run may have started a run to resume.
func (f *Follower) isLaterAttempt() bool {
	attempt, err := strconv.Atoi(f.config.Step.RunAttempt)
	return err == nil && attempt > 1 && f.config.DBT.Resume
}

// findEarlierAttempt returns the run that an earlier attempt started, after the runs that it retries. The chain is empty if
// there is none, or if the run failed or succeeded too long ago.
func (f *Follower) findEarlierAttempt(ctx context.Context) ([]dbt.Run, error) {
	c, step := f.config.DBT, f.config.Step
	chain, err := f.client.EarlierAttempt(ctx, c.JobID, step.RunID, step.RunAttempt, step.StepKey, c.Retries)
	if refusal, ok := errors.AsType[*rest.StatusError](err); ok && refusal.Status/100 == 4 {
		f.hooks.Warn(fmt.Sprintf("dbt-resume: a new dbt run is needed, because dbt refused the list of runs with that of an earlier attempt: %v", err))
		return nil, nil
	}
	if err != nil || len(chain) == 0 {
		return nil, err
	}
	run := chain[len(chain)-1]
	if run.Ended() && run.Status != dbt.Success {
		return nil, nil
	}
	if err := f.client.CheckAge(run, c.MaxAge); err != nil && run.Ended() {
		f.hooks.Observe(progress.Noted{Text: fmt.Sprintf("the run of an earlier attempt is not resumed: %v", err)})
		return nil, nil
	}
	return chain, nil
}

// resume tracks the last run of a chain. A list of runs has no steps, so the run is read again.
func (f *Follower) resume(ctx context.Context, chain []dbt.Run, origin progress.Origin) error {
	last := len(chain) - 1
	run, err := f.client.FindRun(ctx, chain[last].ID, rest.Preflight)
	if err != nil {
		return progress.Fail(progress.OutcomePreflightFailed, err)
	}
	for _, failed := range chain[:last] {
		f.retried = append(f.retried, convertRun(failed, ""))
	}
	f.track(run, origin)
	if origin == progress.OriginResumed && run.Status == dbt.Success {
		f.hooks.Notify(fmt.Sprintf("To run dbt again, start a new workflow run: a re-run uses the workflow file of its first attempt. "+
			"dbt did not run again, because run %d of an earlier attempt succeeded within dbt-max-age", run.ID))
	}
	return nil
}
