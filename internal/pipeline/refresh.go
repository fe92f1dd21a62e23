package pipeline

import (
	"context"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/discover"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/refresh"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/runresult"
)

func (s *step) discovers() bool {
	return s.config.Tableau != nil && s.config.Tableau.Discover.Enabled()
}

// discover adds content that depends on what the run built to the selection. If something could not be determined, discoveryErr is
// set, and the rest is refreshed nevertheless. err ends the step.
func (s *step) discover(ctx context.Context, run dbt.Run, earlier *runresult.Build, tableauErr error) (discoveryErr, err error) {
	if !s.discovers() {
		return nil, nil
	}
	if tableauErr != nil {
		return fmt.Errorf("tableau-discover: %w", tableauErr), nil
	}
	label := progress.Run{ID: run.ID}.Label()
	s.activity = "finding content that depends on " + label
	var build runresult.Build
	var buildErr error
	if earlier != nil {
		build = *earlier
	} else if build, buildErr = s.reader(run).Read(ctx); buildErr != nil {
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
	found.Selection.MarkFailed(nil)
	found.AddTo(&s.selected)
	s.result.Refreshes = s.rows()
	if len(build.Nodes)+build.Unchanged > 0 {
		s.result.Discovery = &found.Discovery
		s.observe(progress.Discovered{Discovery: found.Discovery, Refreshes: s.result.Refreshes})
	}
	s.noteAll(found.Selection.Notes)
	s.warnAll(found.Selection.Warnings)
	return found.Err, nil
}

// reader reads what a run built.
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

// retryTimes returns how long requests after the run are retried. A dry run has to end soon.
func (s *step) retryTimes() rest.RetryTimes {
	if s.config.DryRun {
		return rest.Preflight
	}
	return rest.Polling
}

// refresh refreshes what is selected. Call it only after the run has succeeded.
func (s *step) refresh(ctx context.Context) error {
	if s.tableau == nil || len(s.selected.Entries) == 0 {
		return nil
	}
	s.activity = "refreshing Tableau"
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

// noticeNoExtract adds one notice about all items without an extract. They are found before dbt starts, by the discovery, or only
// when Tableau rejects the refresh.
func (s *step) noticeNoExtract() {
	skipped := 0
	for _, r := range s.result.Refreshes {
		if r.Skip == progress.SkipNoExtract {
			skipped++
		}
	}
	switch items := progress.Count(skipped, "item"); {
	case skipped == 0:
	case s.config.DryRun:
		s.notify(items + " would be skipped: no extract to refresh")
	case s.result.Run.Status == progress.RunStatusSuccess:
		s.notify(items + " skipped: no extract to refresh")
	}
}

// dryRun shows which run the step would follow, and what would be refreshed after it, based on an earlier run.
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
	return s.preferError(ctx, discoveryErr, nil)
}

// earlierRun returns the run that a preview is based on: the attached one, or the job's last successful run. If there is none, it
// warns and returns the zero Run.
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
