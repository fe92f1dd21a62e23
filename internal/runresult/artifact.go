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
	return dbt.ArtifactRequest{RunID: run.ID, Path: path, Step: step, EndedAt: r.ended(run), Retry: r.Retry}
}

// results reads the results of one step.
func (r *Reader) results(ctx context.Context, ref resultsRef) (artifact.Results, error) {
	request := r.request(ref.run, resultsFile, ref.step)
	if !ref.awaited() {
		request.EndedAt = time.Time{}
	}
	results, err := r.readResults(ctx, request)
	if err == nil && !mayHaveWritten(ref.name, results.Command) {
		return artifact.Results{}, fileError{fmt.Errorf("the %s that dbt returned for %s belongs to another command: dbt %s", resultsFile, ref.label(), results.Command)}
	}
	return results, err
}

func (r *Reader) readResults(ctx context.Context, request dbt.ArtifactRequest) (results artifact.Results, err error) {
	err = r.read(ctx, request, func(body io.Reader) (err error) {
		results, err = artifact.ReadResults(body)
		return err
	})
	if err == nil && results.BelongsToOtherRun(request.RunID) {
		return artifact.Results{}, foreignArtifact(request, results.RunID)
	}
	return results, err
}

// maxReads is how often an artifact is requested that arrives and can't be read. Another request rarely helps.
const maxReads = 3

// read requests an artifact and parses it.
func (r *Reader) read(ctx context.Context, request dbt.ArtifactRequest, parse func(io.Reader) error) error {
	reads := 0
	return r.Client.Artifact(ctx, request, func(body io.Reader) error {
		reads++
		switch err := parse(body); {
		case err == nil:
			return nil
		case reads == maxReads || errors.Is(err, artifact.ErrWrongArtifact):
			return fileError{err}
		default:
			return fmt.Errorf("%w: %w", rest.ErrMalformed, err)
		}
	})
}

// fileError is about an artifact that arrived, but can't be used.
type fileError struct{ error }

func (e fileError) Unwrap() error { return e.error }

// foreignArtifact returns the error for an artifact that another run wrote than the one that it was requested for.
func foreignArtifact(request dbt.ArtifactRequest, actual int64) error {
	return fileError{fmt.Errorf("the %s that dbt returned for run %d belongs to run %d, so it is not used", request.Path, request.RunID, actual)}
}
