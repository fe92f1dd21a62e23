package pipeline

import (
	"context"
	"time"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/runresult"
)

// inspection reads, in the background, why a run failed, what it built, and which tests warned, and saves artifacts. It neither
// changes the outcome nor delays a refresh.
type inspection struct {
	start, cancel context.CancelFunc // start ends the wait before the first request
	done          chan struct{}      // closed when the fields below are set
	build         runresult.Build
	warnings      []string
}

// startInspection starts the inspection of the run if it has ended. If discovery reads what a successful run built, only
// artifacts are saved.
func (s *step) startInspection(ctx context.Context) {
	run, saving := s.follower.DBTRun(), len(s.config.DBT.Artifacts) > 0
	succeeded := run.Status == dbt.Success
	discovered := succeeded && s.discovers()
	if !run.Ended() || discovered && !saving {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, inspectionTimeout)
	delay, start := context.WithTimeout(ctx, artifactDelay)
	if !succeeded || saving {
		start()
	}
	i := &inspection{start: start, cancel: cancel, done: make(chan struct{})}
	s.inspection = i
	reader, c := s.reader(run), s.config
	go func() {
		defer close(i.done)
		<-delay.Done()
		if !discovered {
			i.build, i.warnings = reader.Inspect(ctx)
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

// awaitInspection adds what was read to the result. It waits longer than optionalWait only for the reasons of a failure and for
// artifacts to save.
func (s *step) awaitInspection() {
	i := s.inspection
	if i == nil {
		return
	}
	i.start()
	if s.follower.DBTRun().Status == dbt.Success && len(s.config.DBT.Artifacts) == 0 {
		timer := time.AfterFunc(optionalWait, i.cancel)
		defer timer.Stop()
	}
	<-i.done
	i.cancel()
	if len(i.build.Steps) > 0 {
		s.setResults(i.build)
	}
	s.warnAll(i.warnings)
}

func (s *step) setResults(build runresult.Build) {
	s.result.Failures, s.result.Built, s.result.WarnedTests = build.Failures(), build.Counts(), build.WarnedTests()
}
