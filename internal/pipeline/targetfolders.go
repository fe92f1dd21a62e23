package pipeline

import (
	"context"

	"dbt-tableau-refresh/internal/dbtrun"
	"dbt-tableau-refresh/internal/preflight"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/targetfolder"
)

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
