package pipeline

import (
	"context"

	"dbt-tableau-refresh/internal/preflight"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/targetfolder"
)

// preflightTargetFolders reads what dbt left in an earlier step, and checks Tableau only if dbt succeeded there. With
// tableau-preflight: warn, recheck is the only check of Tableau, because there is no run to start before it.
func (s *step) preflightTargetFolders(ctx context.Context) (checks, error) {
	source, err := s.readTargetFolders(ctx)
	found := checks{source: source, waived: s.mayWaive(ctx)}
	if err != nil || found.waived {
		return found, err
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

// readTargetFolders reads what dbt left in an earlier step. The error of a file that can't be used has precedence over that of a
// failure in dbt.
func (s *step) readTargetFolders(ctx context.Context) (*targetfolder.Result, error) {
	s.setActivity("reading the results of dbt (dbt-target-path)")
	earlier, err := targetfolder.Reader{
		Workspace: s.config.Step.Workspace, Paths: s.config.DBT.TargetPaths, MaxAge: s.config.DBT.MaxAge, Manifests: s.discovers(),
	}.Read(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s.result.Run = earlier.Run
	s.setResults(earlier.Build)
	s.observe(progress.CommandsRead{Run: earlier.Run})
	for _, text := range earlier.Notes {
		s.note(text)
	}
	s.warnAll(earlier.Warnings)
	switch {
	case err != nil:
		return nil, progress.Fail(progress.OutcomePreflightFailed, err)
	case earlier.Run.Status == progress.RunStatusError:
		return nil, progress.Fail(progress.OutcomeDBTFailed, &progress.RunError{Run: earlier.Run})
	}
	return earlier, nil
}
