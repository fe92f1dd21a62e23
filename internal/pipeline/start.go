package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// obtainRun comes by a run: the one that is named, one of an earlier attempt, one that is going anyway, or one of our own.
func (s *story) obtainRun(ctx context.Context) error {
	c := s.config.DBT
	s.doing = fmt.Sprintf("starting dbt job %d", s.result.Job.ID)
	if c.RunID != 0 {
		s.take(s.attached, progress.OriginAttached)
		return nil
	}
	s.start.JobID = c.JobID
	s.start.Marker = dbt.NewMarker(s.config.Step.RunID, s.config.Step.RunAttempt, s.config.Step.StepKey)
	s.start.Request = trigger(c, s.start.Marker)
	found, origin, err := s.findRun(ctx)
	if err != nil {
		return progress.Fail(progress.OutcomePreflightFailed, err)
	}
	if len(found) > 0 {
		return s.takeOver(ctx, found, origin)
	}
	return s.startRun(ctx)
}

// findRun finds a run to take over, where that is wanted: one that this step started in an earlier attempt, unless it failed,
// then one that is going anyway and does what ours would do. The runs before the last one are those that it took up again; no
// run means that a new one is to be started.
func (s *story) findRun(ctx context.Context) ([]dbt.Run, progress.Origin, error) {
	c, step := s.config.DBT, s.config.Step
	if c.Resume {
		earlier, err := s.dbt.EarlierAttempt(ctx, c.JobID, step.RunID, step.RunAttempt, step.StepKey, c.Retries)
		if err != nil {
			return nil, progress.OriginResumed, err
		}
		if n := len(earlier); n > 0 && (!earlier[n-1].Ended() || earlier[n-1].Status == dbt.Success) {
			return earlier, progress.OriginResumed, nil
		}
	}
	if c.ReuseRun {
		active, err := s.dbt.ActiveRun(ctx, c.JobID, trigger(c, ""))
		if err != nil || active.ID != 0 {
			return []dbt.Run{active}, progress.OriginAdopted, err
		}
	}
	return nil, progress.OriginStarted, nil
}

// foretell says in a dry run which run the step would follow, where that is not plain. Best effort: it is no check.
func (s *story) foretell(ctx context.Context) {
	c := s.config.DBT
	if !c.Resume && !c.ReuseRun {
		return
	}
	found, origin, err := s.findRun(ctx)
	var run dbt.Run
	if len(found) > 0 {
		run = found[len(found)-1]
	}
	switch {
	case err != nil:
		s.warn(fmt.Sprintf("which dbt run the step would follow can't be told: %v", err))
		return
	case run.ID == 0:
		s.result.Plan = "a new dbt run would be started"
	case origin == progress.OriginResumed:
		s.result.Plan = fmt.Sprintf("dbt run %d would be taken over, which an earlier attempt of this step started (%s)", run.ID, run.Status)
	default:
		s.result.Plan = fmt.Sprintf("dbt run %d would be adopted, which is going already (%s)", run.ID, run.Status)
	}
	s.observe(progress.Noted{Text: s.result.Plan})
}

// takeOver reads the whole of the last run of a chain that was found in a list.
func (s *story) takeOver(ctx context.Context, found []dbt.Run, origin progress.Origin) error {
	last := len(found) - 1
	run, err := s.dbt.FindRun(ctx, found[last].ID, rest.Preflight)
	if err != nil {
		return progress.Fail(progress.OutcomePreflightFailed, err)
	}
	for _, failed := range found[:last] {
		s.result.Retried = append(s.result.Retried, convertRun(failed))
	}
	s.take(run, origin)
	return nil
}

// startRun starts our run once.
func (s *story) startRun(ctx context.Context) error {
	s.observe(progress.RunStarting{Marker: s.start.Marker, After: s.start.AfterRunID, Retry: s.start.RetryRunID})
	s.unanswered = true
	run, sendings, err := s.dbt.Start(ctx, s.start)
	_, unknown := errors.AsType[*rest.UnknownError](err)
	s.unanswered, s.sendings = unknown, sendings
	if err != nil && s.start.RetryRunID != 0 {
		return progress.Fail(progress.OutcomeError, err) // too late for a preflight: dbt ran
	}
	if err != nil {
		return startFailure(err)
	}
	origin := progress.OriginStarted
	if s.start.RetryRunID != 0 {
		origin = progress.OriginRetried
	}
	s.take(run, origin)
	return nil
}

// take makes the run the one that counts, and tells of it before anything else can happen.
func (s *story) take(run dbt.Run, origin progress.Origin) {
	s.known, s.run = time.Now(), run
	s.seenQueued, s.seenRunning = time.Time{}, time.Time{}
	s.notice(run)
	s.result.Run = convertRun(run)
	s.result.Run.Origin = origin
	s.result.Run.Owned = origin != progress.OriginAttached && origin != progress.OriginAdopted
	s.observe(progress.RunStarted{Run: s.result.Run})
}

// startFailure tells a dbt that could not be reached, where nothing was started, from one that refused to.
func startFailure(err error) error {
	if _, ok := errors.AsType[*rest.UnknownError](err); ok {
		return progress.Fail(progress.OutcomeError, err)
	}
	_, unreachable := errors.AsType[*rest.TransportError](err)
	_, untrusted := errors.AsType[*rest.CertificateError](err)
	if unreachable || untrusted {
		return progress.Fail(progress.OutcomePreflightFailed, err)
	}
	return progress.Fail(progress.OutcomeError, err)
}

func trigger(c config.DBT, marker string) dbt.TriggerRequest {
	o := c.Overrides
	return dbt.TriggerRequest{
		Cause:                  dbt.CauseWithMarker(c.Cause, marker),
		GitSHA:                 o.GitSHA,
		GitBranch:              o.GitBranch,
		SchemaOverride:         o.Schema,
		TargetNameOverride:     o.TargetName,
		DbtVersionOverride:     o.DbtVersion,
		ThreadsOverride:        o.Threads,
		TimeoutSecondsOverride: o.TimeoutSeconds,
		GenerateDocsOverride:   o.GenerateDocs,
		GitHubPullRequestID:    o.GitHubPullRequestID,
		StepsOverride:          o.Steps,
	}
}
