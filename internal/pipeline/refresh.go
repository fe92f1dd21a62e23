package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/discover"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/refresh"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/runresult"
)

// discovers reports whether part of the selection follows from what the run built.
func (s *step) discovers() bool {
	return s.config.Tableau != nil && s.config.Tableau.Discover != config.Discover{}
}

// discover adds what depends on what the run built to the selection. What could not be determined is discoveryErr: the rest is
// refreshed nevertheless. err ends the step.
func (s *step) discover(ctx context.Context, run dbt.Run, earlier *runresult.Build, tableauErr error) (discoveryErr, err error) {
	if !s.discovers() {
		return nil, nil
	}
	if tableauErr != nil {
		return fmt.Errorf("tableau-discover: %w", tableauErr), nil
	}
	label := progress.Run{ID: run.ID}.Label()
	s.setActivity("finding out what %s fed", label)
	build, buildErr := s.built(ctx, run, earlier)
	if buildErr != nil {
		buildErr = fmt.Errorf("tableau-discover: failed to read what %s built: %w", label, buildErr)
	}
	if s.result.Built = build.Counts(); !s.config.DryRun {
		s.result.WarnedTests = build.WarnedTests()
	}
	found := discover.Find(ctx, discover.Options{
		Config: s.config.Tableau, Client: s.tableau, RunLabel: label, Build: build, BuildErr: buildErr,
		Excluded: s.selected.Excluded, Retry: s.retryTimes(),
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	found.Selection.Fail(nil)
	found.AddTo(&s.selected)
	s.result.Refreshes = s.rows()
	if len(build.Nodes)+build.Unchanged > 0 {
		s.result.Discovery = &found.Discovery
		s.observe(progress.Discovered{Discovery: found.Discovery, Refreshes: s.result.Refreshes})
	}
	s.report(found.Selection)
	return found.Err, nil
}

// built returns what dbt built, in an earlier step or in a run on the dbt platform.
func (s *step) built(ctx context.Context, run dbt.Run, earlier *runresult.Build) (runresult.Build, error) {
	if earlier != nil {
		return *earlier, nil
	}
	return s.reader(run).Built(ctx)
}

// reader returns a reader of what a run built.
func (s *step) reader(run dbt.Run) *runresult.Reader {
	commands := max(len(s.result.Job.Steps), len(s.config.DBT.Overrides.Steps))
	reader := &runresult.Reader{Client: s.dbt, Run: run, Commands: commands, Retry: s.retryTimes()}
	if run.ID == s.follower.DBTRun().ID {
		reader.EndSeen = s.follower.EndedAt()
	}
	for _, retried := range s.follower.Retried() {
		reader.Retried = append(reader.Retried, retried.ID)
	}
	return reader
}

// retryTimes returns how long requests after the run are retried: a restart of a service must not make them fail, but a dry run
// has to end soon.
func (s *step) retryTimes() rest.RetryTimes {
	if s.config.DryRun {
		return rest.Preflight
	}
	return rest.Polling
}

// refresh refreshes what is selected, within the limit for Tableau. It is only called after the run has succeeded.
func (s *step) refresh(ctx context.Context) error {
	if s.tableau == nil || len(s.selected.Entries) == 0 {
		return nil
	}
	s.setActivity("refreshing Tableau")
	c := s.config.Tableau
	ctx, cancel := s.limit(ctx, "tableau-timeout", c.Timeout)
	defer cancel()
	targets := make([]refresh.Target, len(s.selected.Entries))
	for i := range targets {
		e := &s.selected.Entries[i]
		targets[i] = refresh.Target{Row: &e.Row, Start: e.Target, After: e.After, Listed: e.Listed}
	}
	options := refresh.Options{
		Wait: c.Wait, MaxParallel: c.MaxParallel, Retries: c.Retries, OnConflict: c.OnConflict, PollInterval: c.PollInterval,
		Observer: s.observer, Warn: s.warn,
	}
	if s.dbt == nil {
		options.DataAge = max(0, time.Since(s.result.Run.Finished))
	}
	err := refresh.Run(ctx, s.tableau, targets, options)
	s.result.Refreshes = s.rows()
	return err
}

// preferError returns the error of the refreshes, unless something could not be discovered, which takes precedence. That the
// step was canceled takes precedence over both.
func preferError(ctx context.Context, discoveryErr, err error) error {
	_, limited := errors.AsType[*progress.LimitError](err)
	canceled := stopCause(ctx, err) != nil && !limited
	if discoveryErr == nil || canceled {
		return err
	}
	return progress.Fail(progress.OutcomeError, discoveryErr)
}
