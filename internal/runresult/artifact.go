package runresult

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
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

// request returns the request for an artifact of a step; step 0 is the last one that wrote it.
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
		return artifact.Results{}, fileError{fmt.Errorf("the %s that dbt returned for %s belongs to another command: %q",
			resultsFile, ref.label(), results.CommandName())}
	}
	return results, err
}

func (r *Reader) readResults(ctx context.Context, request dbt.ArtifactRequest) (artifact.Results, error) {
	results, err := read(ctx, r.Client, request, artifact.ReadResults)
	if err == nil && results.BelongsToOtherRun(request.RunID) {
		return artifact.Results{}, foreignArtifact(request, results.RunID)
	}
	return results, err
}

// maxReads is how often an artifact is requested that can't be parsed. Another request rarely helps.
const maxReads = 3

// read requests an artifact and parses it.
func read[T any](ctx context.Context, c *dbt.Client, a dbt.ArtifactRequest, parse func(io.Reader) (T, error)) (value T, err error) {
	reads := 0
	err = c.Artifact(ctx, a, func(body io.Reader) (err error) {
		reads++
		value, err = parse(body)
		switch {
		case err == nil:
			return nil
		case reads == maxReads || errors.Is(err, artifact.ErrWrongArtifact):
			return fileError{err}
		}
		return fmt.Errorf("%w: %w", rest.ErrMalformed, err)
	})
	return value, err
}

// fileError is about an artifact that arrived, but can't be used.
type fileError struct{ error }

func (e fileError) Unwrap() error { return e.error }

func foreignArtifact(request dbt.ArtifactRequest, actual int64) error {
	return fileError{fmt.Errorf("the %s that dbt returned for run %d belongs to run %d, so it is not used", request.Path, request.RunID, actual)}
}

// lastManifest reads the manifest of the run's last step, or of the last step that built nodes if the last one wrote none.
func (r *Reader) lastManifest(ctx context.Context, last resultsRef) (*artifact.Manifest, error) {
	request := r.request(r.Run, manifestFile, 0)
	manifest, err := read(ctx, r.Client, request, artifact.ReadManifest)
	if rest.IsNotFound(err) && last.required() && last.run.ID == r.Run.ID {
		request.Step = last.step
		if manifest, err := read(ctx, r.Client, request, artifact.ReadManifest); err == nil {
			return manifest, nil
		}
	}
	return manifest, err
}

// checkManifest returns an error if the manifest belongs to another run. With partial parsing, the manifest of a run contains the
// ID of an earlier one; then the command that wrote it shows where it belongs, or else the time.
func checkManifest(m *artifact.Manifest, run dbt.Run, steps []Step) error {
	if !m.BelongsToOtherRun(run.ID) || slices.ContainsFunc(steps, func(s Step) bool { return s.wroteManifest(m) }) {
		return nil
	}
	// All these times are on dbt's clock.
	if begin := run.StartedAt; !begin.IsZero() && !m.GeneratedAt.Before(begin.Time) && (run.FinishedAt.IsZero() || !m.GeneratedAt.After(run.FinishedAt.Time)) {
		return nil
	}
	return foreignArtifact(dbt.ArtifactRequest{RunID: run.ID, Path: manifestFile}, m.RunID)
}

// wroteManifest reports whether the step's command is known to have written the manifest.
func (s Step) wroteManifest(m *artifact.Manifest) bool {
	return m.InvocationID != "" && m.InvocationID == s.Results.InvocationID
}

// addManifests reads the manifests of steps that built nodes whose location neither the results nor the last manifest contain. It
// returns a warning for each step without such a manifest.
func (r *Reader) addManifests(ctx context.Context, refs []resultsRef, steps []Step, last *artifact.Manifest) (warnings []string, err error) {
	otherOptions := slices.ContainsFunc(refs, resultsRef.mayUseOtherOptions)
	for i, ref := range refs {
		if steps[i].wroteManifest(last) || !lacksLocation(steps[i], last, otherOptions) {
			continue
		}
		manifest, readErr := read(ctx, r.Client, r.request(ref.run, manifestFile, ref.step), artifact.ReadManifest)
		switch {
		case readErr == nil && steps[i].wroteManifest(manifest):
			steps[i].Manifest = manifest
		case readErr == nil || rest.IsNotFound(readErr):
			warnings = append(warnings, "the schemas and names of seeds and views might be wrong, because dbt returned no manifest.json for "+ref.label())
		default:
			err = joinSentences(err, readErr)
		}
	}
	return warnings, err
}

// lacksLocation reports whether the step might have built a node in a location that only its own manifest contains: if the step
// might have built elsewhere than the last manifest shows, and if the results contain no relation name for a node, which is a
// seed, or a view downstream of what was built.
func lacksLocation(step Step, last *artifact.Manifest, elsewhere bool) bool {
	l := newLocator([]Step{step, {Manifest: last}})
	named := map[string]bool{}
	for _, r := range step.Results.Executed() {
		if r.Effect() == artifact.NotBuilt {
			continue
		}
		named[r.UniqueID] = r.RelationName != ""
		relation, located := l.locate(step, r)
		if !located {
			return true
		}
		expected, _ := last.Relation(r.UniqueID)
		elsewhere = elsewhere || r.IsBuildable() && relation != expected
	}
	return elsewhere && slices.ContainsFunc(l.nodes(artifact.Unchanged), func(n artifact.Node) bool { return !named[n.UniqueID] })
}
