package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// aftermath is what is looked up about a run that is over, beside everything else: why it failed, what it built, and the
// artifacts to save. None of it changes the verdict, or holds up a refresh.
type aftermath struct {
	cancel   context.CancelFunc
	done     chan struct{}
	failures []progress.Failure
	built    []progress.Built
	warnings []string
}

// lookBack begins to look back at the run that counts. What a successful run has built, discovery finds out by itself.
func (s *story) lookBack(ctx context.Context) {
	known := s.follower.DBTRun().Status == dbt.Success && s.discovers()
	if known && len(s.config.DBT.Artifacts) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookBackTime)
	a := &aftermath{cancel: cancel, done: make(chan struct{})}
	s.aftermath = a
	run, c := s.follower.DBTRun(), s.config
	go func() {
		defer close(a.done)
		if wanted := len(c.DBT.Artifacts) > 0; run.Status == dbt.Success && !wanted && rest.Sleep(ctx, settling) != nil {
			return
		}
		if !known {
			a.failures, a.built = s.ends(ctx, run)
		}
		a.warnings = s.saveArtifacts(ctx, run, c)
	}()
}

// settling is how long dbt is given to store what a successful run has made. Nobody waits for it meanwhile.
const settling = 5 * time.Second

// lookBackTime bounds all of it: artifacts that hang must not hold back a verdict for longer, however many there are.
const lookBackTime = 2 * time.Minute

// grace is how long the end of the step waits for what nobody asked for.
const grace = time.Second

// finishLookBack takes over what was found. Only the reasons of a failure and the artifacts to save are waited for.
func (s *story) finishLookBack() {
	a := s.aftermath
	if a == nil {
		return
	}
	if s.follower.DBTRun().Status == dbt.Success && len(s.config.DBT.Artifacts) == 0 {
		timer := time.AfterFunc(grace, a.cancel)
		defer timer.Stop()
	}
	<-a.done
	a.cancel()
	s.result.Failures = a.failures
	if len(a.built) > 0 {
		s.result.Built = a.built
	}
	for _, warning := range a.warnings {
		s.warn(warning)
	}
}

// ends are how the nodes of a run ended, in all steps that built or tested something.
func (s *story) ends(ctx context.Context, run dbt.Run) ([]progress.Failure, []progress.Built) {
	var all []artifact.Results
	for _, step := range buildSteps(run) {
		from := dbt.ArtifactRequest{RunID: run.ID, Path: resultsFile, Step: step, EndedAt: s.worthWaiting(run), Retry: dbt.ArtifactRetry}
		if results, err := s.stepResults(ctx, from); err == nil {
			all = append(all, results)
		}
	}
	results := artifact.Merge(all...)
	return failuresOf(results), builtOf(results)
}

// resultsFile is the artifact that says how each node ended.
const resultsFile = "run_results.json"

func (s *story) stepResults(ctx context.Context, from dbt.ArtifactRequest) (artifact.Results, error) {
	var results artifact.Results
	err := s.dbt.Artifact(ctx, from, func(body io.Reader) (err error) {
		results, err = artifact.ReadResults(body)
		return garbled(err)
	})
	if err == nil && results.OfOtherRun(from.RunID) {
		return artifact.Results{}, &foreignArtifactError{name: from.Path, run: from.RunID, of: results.RunID}
	}
	return results, err
}

// garbled marks what can't be read in an artifact: another attempt may bring a whole one.
func garbled(err error) error {
	if err == nil || errors.Is(err, artifact.ErrOtherArtifact) {
		return err
	}
	return fmt.Errorf("%w: %w", rest.ErrMalformed, err)
}

// worthWaiting is the time from which artifacts may be late: only the reasons of a failure are waited for.
func (s *story) worthWaiting(run dbt.Run) time.Time {
	if run.Status == dbt.Success {
		return time.Time{}
	}
	return s.ended(run)
}

func failuresOf(results artifact.Results) []progress.Failure {
	var all []progress.Failure
	for _, r := range results.Failed() {
		f := progress.Failure{Type: r.Type(), Name: r.Name(), Status: string(r.Status), Message: r.Message}
		if f.Message == "" && r.Failures != nil {
			f.Message = fmt.Sprintf("%d rows", *r.Failures)
		}
		all = append(all, f)
	}
	return all
}

// builtOf counts what ended well, models first.
func builtOf(results artifact.Results) []progress.Built {
	var all []progress.Built
	for _, kind := range []string{"model", "seed", "snapshot", "test", "unit_test"} {
		n := 0
		for _, count := range results.Counts() {
			if count.Type == kind && slices.Contains([]artifact.Status{artifact.Success, artifact.Pass, artifact.Warn}, count.Status) {
				n += count.Nodes
			}
		}
		if n > 0 {
			all = append(all, progress.Built{Type: kind, Nodes: n})
		}
	}
	return all
}
