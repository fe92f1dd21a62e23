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
	// tableauPending is true if Tableau has to be checked after dbt, because of tableau-preflight: warn.
	tableauPending bool
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
	found.tableauPending = problems != nil && s.mayPostpone(ctx)
	if err := errors.Join(job.Err, problems); err != nil && (job.Err != nil || !found.tableauPending) {
		return found, progress.Fail(progress.OutcomePreflightFailed, err)
	}
	s.observe(progress.JobFound{Job: job.Job})
	s.warnAll(job.Warnings)
	if s.tableau == nil {
		s.note("no Tableau inputs are set: this step only runs dbt")
		return found, nil
	}
	s.emitTableauChecked()
	if found.tableauPending {
		s.warn(fmt.Sprintf("Tableau preflight failed, but dbt starts anyway (tableau-preflight: warn): %v", problems))
	}
	return found, nil
}

func (s *step) checkTableau(ctx context.Context) preflight.TableauCheck {
	if s.mayPostpone(ctx) {
		limited, cancel := context.WithTimeoutCause(ctx, 10*time.Second, errors.New("timed out after 10s"))
		defer cancel()
		ctx = limited
	}
	return preflight.Tableau(ctx, s.tableau, s.config.Tableau)
}

// mayPostpone reports whether dbt starts although Tableau has a problem. A stopped step starts nothing, and a dry run has to find the
// problem.
func (s *step) mayPostpone(ctx context.Context) bool {
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

// recheckTableau checks Tableau after dbt. A target that has a problem is a failed refresh. err ends the step.
func (s *step) recheckTableau(ctx context.Context) (check preflight.TableauCheck, err error) {
	s.activity = "checking Tableau again"
	_ = s.tableau.SignOut(ctx) // best effort: there might be an earlier session
	check = preflight.Tableau(ctx, s.tableau, s.config.Tableau)
	if ctx.Err() != nil {
		return check, context.Cause(ctx)
	}
	check.Selection.MarkFailed(check.Err)
	s.applySelection(check)
	s.emitTableauChecked()
	return check, nil
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

func (s *step) emitTableauChecked() {
	s.observe(progress.TableauChecked{
		Site: *s.result.Site, Refreshes: s.result.Refreshes, AfterDBT: s.result.Run.Status == progress.RunStatusSuccess,
	})
	s.noteAll(s.selected.Notes)
	s.warnAll(s.selected.Warnings)
}

// preflightTargetFolders reads the results of dbt in an earlier step, and checks Tableau only if dbt succeeded there. With
// tableau-preflight: warn, only recheckTableau checks it, because there is no run to start before it.
func (s *step) preflightTargetFolders(ctx context.Context) (found checks, err error) {
	s.follower = dbtrun.New(nil, s.config, dbtrun.Job{}, dbtrun.Hooks{})
	s.activity = "reading the dbt results (dbt-target-path)"
	result, err := targetfolder.Reader{
		Workspace: s.config.Step.Workspace, Paths: s.config.DBT.TargetPaths, MaxAge: s.config.DBT.MaxAge, Manifests: s.discovers(),
	}.Read(ctx)
	if ctx.Err() != nil {
		return found, context.Cause(ctx)
	}
	found = checks{earlier: &result.Build, tableauPending: s.mayPostpone(ctx)}
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
	case found.tableauPending:
		return found, nil
	}
	s.activity = "checking Tableau"
	found.tableau = preflight.Tableau(ctx, s.tableau, s.config.Tableau)
	s.applySelection(found.tableau)
	if err := found.tableau.Problems(); err != nil {
		return found, progress.Fail(progress.OutcomePreflightFailed, err)
	}
	s.emitTableauChecked()
	return found, nil
}
