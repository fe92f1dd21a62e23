package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/dbt"
)

// build is what a run has changed in the warehouse, together with the runs before it that it takes up again.
type build struct {
	manifest *artifact.Manifest
	results  artifact.Results
	nodes    []artifact.Node
}

// artifactTime bounds the reading of artifacts, which may be of hundreds of megabytes.
const artifactTime = 10 * time.Minute

// build reads what the run has changed. What could be read comes beside the error, too.
func (s *story) build(ctx context.Context, run dbt.Run) (build, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, artifactTime, fmt.Errorf("dbt's artifacts took longer than %s", plain(artifactTime)))
	defer cancel()
	runs, err := s.chain(ctx, run)
	if err != nil {
		return build{}, err
	}
	steps := changingSteps(runs)
	if len(steps) == 0 {
		return build{manifest: &artifact.Manifest{}}, nil
	}
	var made build
	var problems [2]error
	var group sync.WaitGroup
	group.Go(func() { made.manifest, problems[0] = s.manifest(ctx, run) })
	group.Go(func() { made.results, problems[1] = s.latestResults(ctx, steps) })
	group.Wait()
	if made.manifest != nil {
		made.nodes = made.manifest.Built(made.results)
	}
	return made, errors.Join(problems[:]...)
}

// mostRuns bounds what a broken service could make of a chain.
const mostRuns = 20

// chain is the run, and before it those that it takes up again, the oldest first.
func (s *story) chain(ctx context.Context, run dbt.Run) ([]dbt.Run, error) {
	runs := []dbt.Run{run}
	for id := s.takenUp(run); id != 0 && len(runs) < mostRuns; id = s.takenUp(runs[0]) {
		earlier, err := s.dbt.FindRun(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("%w; dbt run %d takes it up again, and does not build again what it has built", err, runs[0].ID)
		}
		runs = slices.Insert(runs, 0, earlier)
	}
	return runs, nil
}

// takenUp is the run that another one takes up again; 0 for none.
func (s *story) takenUp(run dbt.Run) int64 {
	before := int64(0)
	for _, failed := range s.result.Retried { // ours, in case dbt does not say
		if failed.ID < run.ID {
			before = failed.ID
		}
	}
	return cmp.Or(run.RetryingRunID, before)
}

// manifestFile is the artifact that says where each node lives, and what depends on what.
const manifestFile = "manifest.json"

func (s *story) manifest(ctx context.Context, run dbt.Run) (*artifact.Manifest, error) {
	var manifest *artifact.Manifest
	err := s.dbt.Artifact(ctx, run.ID, manifestFile, 0, s.ended(run), func(body io.Reader) (err error) {
		manifest, err = artifact.ReadManifest(body)
		return garbled(err)
	})
	if err == nil && manifest.Foreign(run.ID) {
		return nil, &foreignArtifactError{name: manifestFile, run: run.ID, of: manifest.RunID}
	}
	return manifest, err
}

// ended is when the artifacts of a run began to appear, by our clock where we have seen its end.
func (s *story) ended(run dbt.Run) time.Time {
	if run.ID == s.run.ID && !s.over.IsZero() {
		return s.over
	}
	return run.FinishedAt.Time
}

// step is a step of one of the runs.
type step struct {
	run  dbt.Run
	step dbt.RunStep
}

// latestResults are the latest ones of each node that the steps have worked on.
func (s *story) latestResults(ctx context.Context, steps []step) (artifact.Results, error) {
	results, problems := make([]artifact.Results, len(steps)), make([]error, len(steps))
	var group errgroup.Group
	group.SetLimit(parallelArtifacts)
	for i, from := range steps {
		group.Go(func() error {
			results[i], problems[i] = s.stepResults(ctx, from.run, from.step.Index, s.ended(from.run))
			if from.run.Status != dbt.Success && from.step.Status != dbt.Success && isNotFound(problems[i]) {
				problems[i] = nil // it failed before it built anything, or never came to it
			}
			return nil
		})
	}
	_ = group.Wait() // the problems are kept one by one
	return artifact.Merge(results...), errors.Join(problems...)
}

// parallelArtifacts is how many artifacts are read at once.
const parallelArtifacts = 4

// changes matches the name that dbt gives to a step that changes the warehouse in a way that its results tell.
var changes = regexp.MustCompile(`dbt (?:--?\S+ )*(?:build|run|seed|snapshot|retry)(?:[^\w-]|$)`)

// changingSteps are the steps that may have changed the warehouse, in their order. Of a run that does not tell its steps it is
// the last one, whichever that is.
func changingSteps(runs []dbt.Run) []step {
	var all []step
	for _, run := range runs {
		if len(run.Steps) == 0 {
			all = append(all, step{run, dbt.RunStep{Status: run.Status}})
		}
		for _, one := range run.Steps {
			if changes.MatchString(one.Name) && one.Status != dbt.Cancelled {
				all = append(all, step{run, one})
			}
		}
	}
	return all
}

// foreignArtifactError is an artifact that says of itself that another run has made it.
type foreignArtifactError struct {
	name    string
	run, of int64
}

func (e *foreignArtifactError) Error() string {
	return fmt.Sprintf("the %s that dbt gives for run %d is one of run %d: it is not used", e.name, e.run, e.of)
}
