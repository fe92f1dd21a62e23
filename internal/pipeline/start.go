package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
)

// startRun starts our run once, and publishes it at once.
func (s *story) startRun(ctx context.Context) error {
	s.doing = fmt.Sprintf("starting dbt job %d", s.config.DBT.JobID)
	step := s.config.Step
	s.start.JobID = s.config.DBT.JobID
	s.start.Marker = dbt.NewMarker(step.RunID, step.RunAttempt, step.Key)
	s.start.Request = trigger(s.config.DBT, s.start.Marker)
	s.observe(RunStarting{Marker: s.start.Marker, After: s.start.After})

	s.unanswered = true
	run, sendings, err := s.dbt.Start(ctx, s.start)
	_, unknown := errors.AsType[*rest.UnknownError](err)
	s.unanswered, s.sendings = unknown, sendings
	if err != nil {
		return startFailure(err)
	}
	s.adopt(run)
	return nil
}

// adopt makes the run ours and tells of it before anything else can happen.
func (s *story) adopt(run dbt.Run) {
	s.known = time.Now()
	s.result.Run = convertRun(run)
	s.result.Run.Owned = true
	s.observe(RunStarted{Run: s.result.Run})
}

// startFailure tells a dbt that could not be reached, where nothing was started, from one that refused to.
func startFailure(err error) error {
	if _, ok := errors.AsType[*rest.UnknownError](err); ok {
		return outcome(OutcomeError, err)
	}
	_, unreachable := errors.AsType[*rest.TransportError](err)
	_, untrusted := errors.AsType[*rest.CertificateError](err)
	if unreachable || untrusted {
		return outcome(OutcomePreflightFailed, err)
	}
	return outcome(OutcomeError, err)
}

func trigger(c config.DBT, marker string) dbt.TriggerRequest {
	o := c.Overrides
	return dbt.TriggerRequest{
		Cause:                  dbt.Cause(c.Cause, marker),
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
