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
	"dbt-tableau-refresh/internal/targetfolder"
)

// checks are the results of the preflight.
type checks struct {
	dbt     preflight.DBTCheck
	tableau preflight.TableauCheck
	earlier *runresult.Build // what dbt built in an earlier step; nil for the dbt platform
	waived  bool             // Tableau is checked after dbt, because of tableau-preflight: warn
}

// preflight checks both services in parallel, and reports all problems.
func (s *step) preflight(ctx context.Context) (checks, error) {
	s.activity = "checking dbt and Tableau"
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

func (s *step) checkTableau(ctx context.Context) preflight.TableauCheck {
	if s.mayWaive(ctx) {
		limited, cancel := context.WithTimeoutCause(ctx, 10*time.Second, errors.New("timed out after 10s"))
		defer cancel()
		ctx = limited
	}
	return preflight.Tableau(ctx, s.tableau, s.config.Tableau)
}

// mayWaive reports whether dbt starts although Tableau has a problem. A stopped step starts nothing, and a dry run has to find the
// problem.
func (s *step) mayWaive(ctx context.Context) bool {
	return s.config.Tableau != nil && s.config.Tableau.Preflight == config.PreflightWarn && !s.config.DryRun && ctx.Err() == nil
}

// noteSchedules notes, in the background, the items that Tableau also refreshes on its own schedule, because the list of tasks can
// be long. A dry run waits for it.
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

// recheck checks Tableau again after dbt if there was a problem before. A target that still has a problem is a failed refresh;
// tableauErr is a problem of all of Tableau.
func (s *step) recheck(ctx context.Context, checked checks) (tableauErr, err error) {
	if !checked.waived {
		return nil, nil
	}
	s.activity = "checking Tableau again"
	_ = s.tableau.SignOut(ctx) // best effort: there might be an earlier session
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

// rows returns the rows of the result. In a dry run, nothing is skipped.
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
	s.noteAll(s.selected.Notes)
	s.warnAll(s.selected.Warnings)
}

// preflightTargetFolders reads the results of dbt in an earlier step, and checks Tableau only if dbt succeeded there. With
// tableau-preflight: warn, only recheck checks Tableau, because there is no run to start before it.
func (s *step) preflightTargetFolders(ctx context.Context) (found checks, err error) {
	s.follower = dbtrun.New(nil, s.config, dbtrun.Job{}, dbtrun.Hooks{})
	s.activity = "reading the dbt results (dbt-target-path)"
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
	s.noteAll(result.Notes)
	s.warnAll(result.Warnings)
	switch {
	case err != nil: // also if dbt failed
		return found, progress.Fail(progress.OutcomePreflightFailed, err)
	case result.Run.Status == progress.RunStatusError:
		return found, progress.Fail(progress.OutcomeDBTFailed, &progress.RunError{Run: result.Run})
	case found.waived:
		return found, nil
	}
	s.activity = "checking Tableau"
	check := preflight.Tableau(ctx, s.tableau, s.config.Tableau)
	s.applySelection(check)
	if err := check.Problems(); err != nil {
		return found, progress.Fail(progress.OutcomePreflightFailed, err)
	}
	s.emitTableauReady()
	return found, nil
}
