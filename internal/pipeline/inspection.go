package pipeline

import (
	"context"
	"time"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/runresult"
)

// inspection reads, in the background, why a run failed or what it built, and saves artifacts. It neither changes the outcome
// nor delays a refresh.
type inspection struct {
	cancel   context.CancelFunc
	done     chan struct{} // closed when the fields below are set
	failures []progress.Failure
	built    []progress.Built
	warnings []string
}

// startInspection starts the inspection of the run that ended. If discovery reads what a successful run built, only artifacts
// are saved.
func (s *story) startInspection(ctx context.Context) {
	succeeded, saving := s.run.Status == dbt.Success, len(s.config.DBT.Artifacts) > 0
	discovered := succeeded && s.discovers()
	if discovered && !saving {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, inspectionTimeout)
	i := &inspection{cancel: cancel, done: make(chan struct{})}
	s.inspection = i
	reader, c := s.runReader(s.run), s.config
	go func() {
		defer close(i.done)
		if succeeded && !saving && rest.Sleep(ctx, artifactDelay) != nil {
			return
		}
		if !discovered {
			i.failures, i.built = reader.Inspect(ctx)
		}
		i.warnings = reader.Save(ctx, c.Step.Workspace, c.DBT.ArtifactsPath, c.DBT.Artifacts)
	}()
}

// artifactDelay is how long dbt usually takes to store the artifacts of a run that succeeded.
const artifactDelay = 5 * time.Second

// inspectionTimeout limits how long artifacts can delay the end of the step.
const inspectionTimeout = 2 * time.Minute

// optionalWait is how long the end of the step waits for optional details.
const optionalWait = time.Second

// awaitInspection adds what was read to the result. Only the reasons of a failure and the artifacts to save are waited for.
func (s *story) awaitInspection() {
	i := s.inspection
	if i == nil {
		return
	}
	if s.run.Status == dbt.Success && len(s.config.DBT.Artifacts) == 0 {
		timer := time.AfterFunc(optionalWait, i.cancel)
		defer timer.Stop()
	}
	<-i.done
	i.cancel()
	s.result.Failures = i.failures
	if len(i.built) > 0 {
		s.result.Built = i.built
	}
	for _, warning := range i.warnings {
		s.warn(warning)
	}
}

// runReader returns a reader of what a run built.
func (s *story) runReader(run dbt.Run) *runresult.Reader {
	commands := max(len(s.result.Job.Steps), len(s.config.DBT.Overrides.Steps))
	reader := &runresult.Reader{Client: s.dbt, Run: run, Commands: commands, Retry: s.retryTimes()}
	if run.ID == s.run.ID {
		reader.EndSeen = s.over
	}
	for _, retried := range s.result.Retried {
		reader.Retried = append(reader.Retried, retried.ID)
	}
	return reader
}

// retryTimes returns those of requests after the run, which a restart of a service must not make fail. A dry run fails sooner.
func (s *story) retryTimes() rest.RetryTimes {
	if s.config.DryRun {
		return rest.Preflight
	}
	return rest.Waiting
}
