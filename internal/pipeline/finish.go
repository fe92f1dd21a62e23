package pipeline

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/runresult"
)

// cleanupTime is the time for the last requests to both services. It counts from when the step was stopped. Requests in flight, or
// the last poll of the run, can use the first second of it: a limit holds to within two seconds.
const cleanupTime = 1900 * time.Millisecond

// cleanup cancels the step's own run if the step was stopped, and signs out. ctx may be done.
func (s *step) cleanup(ctx context.Context, stopped error) {
	if stopped != nil {
		s.observe(progress.Stopping{Cause: stopped})
	}
	since := cmp.Or(s.stoppedAt.Load(), new(time.Now()))
	ctx, cancel := context.WithDeadlineCause(context.WithoutCancel(ctx), since.Add(cleanupTime), errors.New("timed out during cleanup"))
	defer cancel()
	var group sync.WaitGroup
	if s.tableau != nil {
		group.Go(func() { _ = s.tableau.SignOut(ctx) }) // best effort: the session also ends by itself
	}
	if stopped != nil && s.config.CancelDBTRun {
		s.follower.Cancel(ctx)
	}
	group.Wait()
	if s.dbt != nil {
		s.result.Run, s.result.Leftover = s.follower.Run(), s.follower.Leftover()
	}
}

func (s *step) outcome(stopped, err error) progress.Outcome {
	if _, ok := stopped.(*progress.LimitError); ok {
		return progress.OutcomeTimedOut
	}
	if stopped != nil {
		return progress.OutcomeCancelled
	}
	if failed, ok := errors.AsType[*progress.StepError](err); ok {
		return failed.Outcome
	}
	switch {
	case err != nil:
		return progress.OutcomeError
	case s.config.DryRun:
		return progress.OutcomeChecked
	case !s.config.DBT.Wait, slices.ContainsFunc(s.result.Refreshes, func(r progress.Refresh) bool { return r.Status == progress.StatusStarted }):
		return progress.OutcomeStarted
	}
	return progress.OutcomeSuccess
}

// stopError returns why the step was stopped before its end, with what was in progress: a [progress.LimitError] or a
// [progress.CancelledError]; nil if it was not stopped.
func (s *step) stopError(ctx context.Context, err error) error {
	if limit, ok := errors.AsType[*progress.LimitError](err); ok {
		return &progress.LimitError{Input: limit.Input, After: limit.After, During: s.activity}
	}
	if cause := context.Cause(ctx); cause != nil && err != nil && errors.Is(err, cause) {
		return &progress.CancelledError{Cause: cause, During: s.activity}
	}
	return nil
}

// preferError returns the error of a discovery that failed, unless the step was canceled, and the error of the refreshes otherwise.
func (s *step) preferError(ctx context.Context, discoveryErr, err error) error {
	if _, canceled := s.stopError(ctx, err).(*progress.CancelledError); canceled || discoveryErr == nil {
		return err
	}
	return progress.Fail(progress.OutcomeError, discoveryErr)
}

// inspection reads, in the background, why a run failed, what it built, and which tests warned, and saves artifacts. It changes
// no outcome and delays no refresh.
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

const (
	artifactDelay     = 5 * time.Second // dbt usually stores the artifacts of a successful run within this time
	inspectionTimeout = 2 * time.Minute // limits how long artifacts can delay the end of the step
	optionalWait      = time.Second     // how long the end of the step waits for optional details
)

// awaitInspection adds what was read to the result. It waits longer than optionalWait only for the reasons of a failure, and for
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
