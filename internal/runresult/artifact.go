package runresult

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
)

// The names of the artifacts that are read.
// https://docs.getdbt.com/reference/artifacts/dbt-artifacts
const (
	manifestFile = "manifest.json"
	resultsFile  = "run_results.json"
)

// request returns the request for an artifact that a step of the run left; step 0 is the last one that left it.
func (r *Reader) request(run dbt.Run, path string, step int) dbt.ArtifactRequest {
	retry := r.Retry
	retry.Malformed = min(retry.Malformed, dbt.ArtifactRetry.Malformed) // one that arrives and can't be read rarely gets better
	return dbt.ArtifactRequest{RunID: run.ID, Path: path, Step: step, EndedAt: r.ended(run), Retry: retry}
}

// manifest reads the manifest of the run's last step. If that step left none, it reads that of the last one that built.
func (r *Reader) manifest(ctx context.Context, last resultsRef) (*artifact.Manifest, error) {
	request := r.request(r.Run, manifestFile, 0)
	manifest, err := r.readManifest(ctx, request)
	if rest.IsNotFound(err) && last.required() && last.run.ID == r.Run.ID {
		request.Step = last.step
		if manifest, err := r.readManifest(ctx, request); err == nil {
			return manifest, nil
		}
	}
	return manifest, err
}

func (r *Reader) readManifest(ctx context.Context, request dbt.ArtifactRequest) (*artifact.Manifest, error) {
	var manifest *artifact.Manifest
	err := r.Client.Artifact(ctx, request, func(body io.Reader) (err error) {
		manifest, err = artifact.ReadManifest(body)
		return markRetryable(err)
	})
	if err == nil && manifest.BelongsToOtherRun(request.RunID) {
		return nil, foreignArtifact(request, manifest.RunID)
	}
	return manifest, err
}

// results reads the results of one step.
func (r *Reader) results(ctx context.Context, ref resultsRef) (artifact.Results, error) {
	request := r.request(ref.run, resultsFile, ref.step)
	if !ref.awaited() {
		request.EndedAt = time.Time{}
	}
	results, err := r.readResults(ctx, request)
	if err == nil && !mayHaveWritten(ref.name, results.Command) {
		return artifact.Results{}, fmt.Errorf("the %s that dbt returned for %s is not of that step: it is of dbt %s", resultsFile, ref.label(), results.Command)
	}
	return results, err
}

func (r *Reader) readResults(ctx context.Context, request dbt.ArtifactRequest) (artifact.Results, error) {
	var results artifact.Results
	err := r.Client.Artifact(ctx, request, func(body io.Reader) (err error) {
		results, err = artifact.ReadResults(body)
		return markRetryable(err)
	})
	if err == nil && results.BelongsToOtherRun(request.RunID) {
		return artifact.Results{}, foreignArtifact(request, results.RunID)
	}
	return results, err
}

// markRetryable marks an artifact that can't be read as malformed, so that it is requested again. One of another kind will
// not change.
func markRetryable(err error) error {
	if err == nil || errors.Is(err, artifact.ErrWrongArtifact) {
		return err
	}
	return fmt.Errorf("%w: %w", rest.ErrMalformed, err)
}

// foreignArtifact returns the error for an artifact whose metadata name another run than the one that it was requested for.
func foreignArtifact(request dbt.ArtifactRequest, actual int64) error {
	return fmt.Errorf("the %s that dbt gives for run %d is one of run %d: it is not used", request.Path, request.RunID, actual)
}
