package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// build is what a run has changed in the warehouse, together with the runs before it that it takes up again.
type build struct {
	manifest *artifact.Manifest
	results  artifact.Results
	nodes    []artifact.Node
}

// artifactTime bounds the reading of artifacts, which may be of hundreds of megabytes, and late by a service that is away.
const artifactTime = 45 * time.Minute

// build reads what the run has changed. What could be read comes beside the error, too.
func (s *story) build(ctx context.Context, run dbt.Run) (build, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, artifactTime, fmt.Errorf("dbt's artifacts took longer than %s", progress.ShortDuration(artifactTime)))
	defer cancel()
	runs, err := s.chain(ctx, run)
	if err != nil {
		return build{}, err
	}
	var sources []source
	for _, run := range runs {
		sources = append(sources, s.sources(run)...)
	}
	if len(sources) == 0 {
		return build{manifest: &artifact.Manifest{}}, nil
	}
	var made build
	var problems [2]error
	var group sync.WaitGroup
	group.Go(func() { made.manifest, problems[0] = s.manifest(ctx, run, sources) })
	group.Go(func() { made.results, problems[1] = s.latestResults(ctx, sources) })
	group.Wait()
	if made.manifest != nil {
		made.nodes = made.manifest.Built(made.results)
	}
	return made, together(problems[:]...)
}

// together makes one sentence of the problems that there are; nil if there are none.
func together(problems ...error) (all error) {
	for _, problem := range problems {
		switch {
		case all == nil:
			all = problem
		case problem != nil:
			all = fmt.Errorf("%w; %w", all, problem)
		}
	}
	return all
}

// mostRuns bounds what a broken service could make of a chain.
const mostRuns = 20

// chain is the run, and before it those that it takes up again, the oldest first.
func (s *story) chain(ctx context.Context, run dbt.Run) ([]dbt.Run, error) {
	runs := []dbt.Run{run}
	for id := s.takenUp(run); id != 0 && len(runs) < mostRuns; id = s.takenUp(runs[0]) {
		earlier, err := s.dbt.FindRun(ctx, id, s.patience())
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

// patience is for what is asked after the run, which must not be lost to a restart of a service. In a dry run somebody waits.
func (s *story) patience() rest.RetryTimes {
	if s.config.DryRun {
		return rest.Preflight
	}
	return rest.Polling
}

// artifactPatience does not wait for long for an artifact that comes, and can't be read.
func (s *story) artifactPatience() rest.RetryTimes {
	patience := s.patience()
	patience.Malformed = min(patience.Malformed, dbt.ArtifactRetry.Malformed)
	return patience
}

// manifestFile is the artifact that says where each node lives, and what depends on what.
const manifestFile = "manifest.json"

// manifest is that of the last step, or of the last one that changed anything: the last of all may have none.
func (s *story) manifest(ctx context.Context, run dbt.Run, sources []source) (*artifact.Manifest, error) {
	from := dbt.ArtifactRequest{RunID: run.ID, Path: manifestFile, EndedAt: s.ended(run), Retry: s.artifactPatience()}
	manifest, err := s.readManifest(ctx, from)
	if last := sources[len(sources)-1]; rest.IsNotFound(err) && last.sure && last.run.ID == run.ID {
		from.Step, from.EndedAt = last.step, time.Time{}
		if manifest, again := s.readManifest(ctx, from); again == nil {
			return manifest, nil
		}
	}
	return manifest, err
}

func (s *story) readManifest(ctx context.Context, from dbt.ArtifactRequest) (*artifact.Manifest, error) {
	var manifest *artifact.Manifest
	err := s.dbt.Artifact(ctx, from, func(body io.Reader) (err error) {
		manifest, err = artifact.ReadManifest(body)
		return garbled(err)
	})
	if err == nil && manifest.OfOtherRun(from.RunID) {
		return nil, &foreignArtifactError{name: from.Path, run: from.RunID, of: manifest.RunID}
	}
	return manifest, err
}

// ended is when the artifacts of a run began to appear, by our clock where we have seen its end.
func (s *story) ended(run dbt.Run) time.Time {
	if seen := s.follower.EndedAt(); run.ID == s.follower.DBTRun().ID && !seen.IsZero() {
		return seen
	}
	return run.FinishedAt.Time
}

// latestResults are the latest ones of each node that the sources tell of.
func (s *story) latestResults(ctx context.Context, sources []source) (artifact.Results, error) {
	results, problems := make([]artifact.Results, len(sources)), make([]error, len(sources))
	for _, guess := range []bool{false, true} { // what is only guessed is not waited for: it comes when the rest is there
		var group errgroup.Group
		group.SetLimit(parallelArtifacts)
		for i, from := range sources {
			if from.guess() == guess {
				group.Go(func() error {
					results[i], problems[i] = s.sourceResults(ctx, from)
					return nil
				})
			}
		}
		_ = group.Wait() // the problems are kept one by one
	}
	return artifact.Merge(results...), together(append(problems, silent(sources, results))...)
}

// parallelArtifacts is how many artifacts are read at once.
const parallelArtifacts = 4

func (s *story) sourceResults(ctx context.Context, from source) (artifact.Results, error) {
	request := dbt.ArtifactRequest{RunID: from.run.ID, Path: resultsFile, Step: from.step, EndedAt: s.ended(from.run), Retry: s.artifactPatience()}
	if from.guess() {
		request.EndedAt = time.Time{}
	}
	results, err := s.stepResults(ctx, request)
	switch {
	case from.sure && err == nil && results.CompiledOnly:
		return results, fmt.Errorf("the %s that dbt gives for step %d of run %d is not of that step: it tells of nothing that was built", resultsFile, from.step, from.run.ID)
	case !from.sure && rest.IsNotFound(err):
		return artifact.Results{}, nil
	}
	return results, err
}

// silent finds a run that neither tells its steps nor has results of any that built something.
func silent(sources []source, results []artifact.Results) error {
	told := map[int64]bool{}
	for i, from := range sources {
		told[from.run.ID] = told[from.run.ID] || from.sure || len(results[i].All) > 0 && !results[i].CompiledOnly
	}
	for _, from := range sources {
		if !told[from.run.ID] {
			return fmt.Errorf("dbt does not tell the steps of run %d, and has no results of any", from.run.ID)
		}
	}
	return nil
}

// foreignArtifactError is an artifact that says of itself that another run has made it.
type foreignArtifactError struct {
	name    string
	run, of int64
}

func (e *foreignArtifactError) Error() string {
	return fmt.Sprintf("the %s that dbt gives for run %d is one of run %d: it is not used", e.name, e.run, e.of)
}
