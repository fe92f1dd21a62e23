package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbtrun"
	"dbt-tableau-refresh/internal/preflight"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/runresult"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/targetfolder"
)

// checks are the results of the preflight.
type checks struct {
	dbt     preflight.DBTCheck
	tableau preflight.TableauCheck
	// earlier is what dbt built in an earlier step; nil for the dbt platform.
	earlier *runresult.Build
	// waived is true if dbt starts although Tableau has a problem, or if dbt has run before Tableau is checked
	// (tableau-preflight: warn).
	waived bool
}

// preflight checks both services, each whatever the other one returns.
func (s *step) preflight(ctx context.Context) (checks, error) {
	s.setActivity("checking dbt and Tableau")
	var group sync.WaitGroup
	var found checks
	group.Go(func() { found.dbt = preflight.DBT(ctx, s.dbt, s.config.DBT) })
	if s.tableau != nil {
		group.Go(func() { found.tableau = s.checkTableau(ctx) })
	}
	group.Wait()

	job := found.dbt
	s.result.Job = job.Job
	s.follower = dbtrun.New(s.dbt, s.config,
		dbtrun.Job{ID: job.Job.ID, NewestRunID: job.NewestRunID, Durations: job.Durations, Attached: job.Attached},
		dbtrun.Hooks{Observe: s.observe, Warn: s.warn, Notify: s.notify, SetActivity: func(text string) { s.activity = text }})
	if s.tableau != nil {
		s.applySelection(found.tableau)
	}
	problems := found.tableau.Problems()
	found.waived = problems != nil && s.mayWaive(ctx)
	if err := errors.Join(job.Err, problems); err != nil && (job.Err != nil || !found.waived) {
		return found, progress.Fail(progress.OutcomePreflightFailed, err)
	}
	s.observe(progress.JobFound{Job: job.Job})
	s.warnAll(job.Warnings)
	if s.tableau == nil {
		s.note("no Tableau inputs are set: this step only runs dbt")
		return found, nil
	}
	s.emitTableauReady()
	if found.waived {
		s.warn(fmt.Sprintf("Tableau preflight failed, but dbt starts anyway (tableau-preflight: warn): %v", problems))
	}
	return found, nil
}

// waivableTime is how long Tableau is tried if dbt starts without it.
const waivableTime = 10 * time.Second

func (s *step) checkTableau(ctx context.Context) preflight.TableauCheck {
	if s.mayWaive(ctx) {
		limited, cancel := context.WithTimeoutCause(ctx, waivableTime, fmt.Errorf("no response within %s", waivableTime))
		defer cancel()
		ctx = limited
	}
	return preflight.Tableau(ctx, s.tableau, s.config.Tableau)
}

// mayWaive reports whether dbt starts although Tableau has a problem. A step that is stopped starts nothing, and a dry run is
// there to find the problem.
func (s *step) mayWaive(ctx context.Context) bool {
	return s.config.Tableau != nil && s.config.Tableau.Preflight == config.PreflightWarn && !s.config.DryRun && ctx.Err() == nil
}

// noteSchedules notes the items that Tableau also refreshes on its own schedule. It returns at once, because the list of tasks
// can be long, except in a dry run. Stop ends it.
func (s *step) noteSchedules(ctx context.Context, check preflight.TableauCheck) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	if check.ScheduleNote != nil && s.config.DBT.Wait {
		group.Go(func() {
			if text := check.ScheduleNote(ctx); text != "" {
				s.note(text)
			}
		})
	}
	if s.config.DryRun {
		group.Wait()
	}
	return func() {
		cancel()
		group.Wait()
	}
}

// recheck checks Tableau again after dbt if it had a problem before. What still has one is a failed refresh; tableauErr is a
// problem of all of Tableau.
func (s *step) recheck(ctx context.Context, checked checks) (tableauErr, err error) {
	if !checked.waived {
		return nil, nil
	}
	s.setActivity("checking Tableau again")
	_ = s.tableau.SignOut(ctx) // best effort: there might be a session from before
	check := preflight.Tableau(ctx, s.tableau, s.config.Tableau)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	check.Selection.Fail(check.Err)
	s.applySelection(check)
	s.emitTableauReady()
	return check.Err, nil
}

func (s *step) applySelection(check preflight.TableauCheck) {
	s.result.Site, s.selected = &check.Site, check.Selection
	s.result.Refreshes = s.rows()
}

// rows returns the rows of the result. In a dry run nothing is skipped; the row only shows what would be.
func (s *step) rows() []progress.Refresh {
	rows := s.selected.Rows()
	for i := range rows {
		if s.config.DryRun {
			rows[i].Status = progress.StatusNotStarted
		}
	}
	return rows
}

func (s *step) emitTableauReady() {
	s.observe(progress.TableauReady{Site: *s.result.Site, Refreshes: s.result.Refreshes})
	s.report(s.selected)
}

// report reports the notes and warnings of a selection.
func (s *step) report(found selection.Selection) {
	for _, text := range found.Notes {
		s.note(text)
	}
	s.warnAll(found.Warnings)
}

// preflightTargetFolders reads what dbt left in an earlier step, and checks Tableau only if dbt succeeded there. With
// tableau-preflight: warn, recheck is the only check of Tableau, because there is no run to start before it.
func (s *step) preflightTargetFolders(ctx context.Context) (found checks, err error) {
	s.follower = dbtrun.New(nil, s.config, dbtrun.Job{}, dbtrun.Hooks{})
	s.setActivity("reading the results of dbt (dbt-target-path)")
	result, err := targetfolder.Reader{
		Workspace: s.config.Step.Workspace, Paths: s.config.DBT.TargetPaths, MaxAge: s.config.DBT.MaxAge, Manifests: s.discovers(),
	}.Read(ctx)
	if ctx.Err() != nil {
		return found, context.Cause(ctx)
	}
	found = checks{earlier: &result.Build, waived: s.mayWaive(ctx)}
	s.result.Run = result.Run
	s.setResults(result.Build)
	s.observe(progress.CommandsRead{Run: result.Run})
	for _, text := range result.Notes {
		s.note(text)
	}
	s.warnAll(result.Warnings)
	switch {
	case err != nil: // also if dbt failed
		return found, progress.Fail(progress.OutcomePreflightFailed, err)
	case result.Run.Status == progress.RunStatusError:
		return found, progress.Fail(progress.OutcomeDBTFailed, &progress.RunError{Run: result.Run})
	case found.waived:
		return found, nil
	}
	s.setActivity("checking Tableau")
	check := preflight.Tableau(ctx, s.tableau, s.config.Tableau)
	s.applySelection(check)
	if err := check.Problems(); err != nil {
		return found, progress.Fail(progress.OutcomePreflightFailed, err)
	}
	s.emitTableauReady()
	return found, nil
}
