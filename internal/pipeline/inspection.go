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

// startInspection starts the inspection of the run if it has ended. If discovery reads what a successful run built, only
// artifacts are saved.
func (s *step) startInspection(ctx context.Context) {
	if s.follower == nil {
		return // the results of an earlier step have been read
	}
	run, saving := s.follower.DBTRun(), len(s.config.DBT.Artifacts) > 0
	succeeded := run.Status == dbt.Success
	discovered := succeeded && s.discovers()
	if !run.Ended() || discovered && !saving {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, inspectionTimeout)
	i := &inspection{cancel: cancel, done: make(chan struct{})}
	s.inspection = i
	reader, c := s.reader(run), s.config
	go func() {
		defer close(i.done)
		if succeeded && !saving && rest.Sleep(ctx, artifactDelay) != nil {
			return
		}
		if !discovered {
			var build runresult.Build
			build, i.warnings = reader.Inspect(ctx)
			i.failures, i.built = build.Failures(), build.Counts()
		}
		i.warnings = append(i.warnings, reader.Save(ctx, c.Step.Workspace, c.DBT.ArtifactsPath, c.DBT.Artifacts)...)
	}()
}

// artifactDelay is how long dbt takes, at most times, to store the artifacts of a run that succeeded.
const artifactDelay = 5 * time.Second

// inspectionTimeout limits how long artifacts can delay the end of the step.
const inspectionTimeout = 2 * time.Minute

// optionalWait is how long the end of the step waits for optional details.
const optionalWait = time.Second

// awaitInspection adds what was read to the result. It only waits for the reasons of a failure and for artifacts to save.
func (s *step) awaitInspection() {
	i := s.inspection
	if i == nil {
		return
	}
	if s.follower.DBTRun().Status == dbt.Success && len(s.config.DBT.Artifacts) == 0 {
		timer := time.AfterFunc(optionalWait, i.cancel)
		defer timer.Stop()
	}
	<-i.done
	i.cancel()
	s.result.Failures = i.failures
	if len(i.built) > 0 {
		s.result.Built = i.built
	}
	s.warnAll(i.warnings)
}
