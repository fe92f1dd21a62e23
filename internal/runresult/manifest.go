package runresult

import (
	"context"
	"fmt"
	"io"
	"slices"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
)

// lastManifest reads the manifest of the run's last step. If that step left none, it reads that of the last one that built.
func (r *Reader) lastManifest(ctx context.Context, last resultsRef) (*artifact.Manifest, error) {
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

func (r *Reader) readManifest(ctx context.Context, request dbt.ArtifactRequest) (manifest *artifact.Manifest, err error) {
	err = r.read(ctx, request, func(body io.Reader) (err error) {
		manifest, err = artifact.ReadManifest(body)
		return err
	})
	return manifest, err
}

// checkManifest returns an error if the manifest is of another run than the one that it was requested for. With partial parsing,
// the manifest names an earlier run; then the command that wrote it shows where it belongs, or else the time.
func checkManifest(m *artifact.Manifest, run dbt.Run, steps []Step) error {
	if !m.BelongsToOtherRun(run.ID) || slices.ContainsFunc(steps, func(s Step) bool { return s.wroteManifest(m) }) {
		return nil
	}
	// Both are times of dbt, whatever the clock of this machine shows.
	if begin := run.StartedAt; !begin.IsZero() && !m.GeneratedAt.Before(begin.Time) && (run.FinishedAt.IsZero() || !m.GeneratedAt.After(run.FinishedAt.Time)) {
		return nil
	}
	return foreignArtifact(dbt.ArtifactRequest{RunID: run.ID, Path: manifestFile}, m.RunID)
}

// wroteManifest reports whether the step's command is known to have written the manifest.
func (s Step) wroteManifest(m *artifact.Manifest) bool {
	return m.InvocationID != "" && m.InvocationID == s.Results.InvocationID
}

// addManifests reads the manifests of steps that built something of which neither the results nor the last manifest contain the
// location. It returns a warning for each step without such a manifest.
func (r *Reader) addManifests(ctx context.Context, refs []resultsRef, steps []Step, last *artifact.Manifest) (warnings []string, err error) {
	otherOptions := slices.ContainsFunc(refs, resultsRef.mayUseOtherOptions)
	for i, ref := range refs {
		if steps[i].wroteManifest(last) || !lacksLocation(steps[i], last, otherOptions) {
			continue
		}
		manifest, readErr := r.readManifest(ctx, r.request(ref.run, manifestFile, ref.step))
		switch {
		case readErr == nil && steps[i].wroteManifest(manifest):
			steps[i].Manifest = manifest
		case readErr == nil || rest.IsNotFound(readErr):
			warnings = append(warnings, fmt.Sprintf("the locations of seeds and views might be wrong, because dbt has no manifest.json of %s", ref.label()))
		default:
			err = joinSentences(err, readErr)
		}
	}
	return warnings, err
}

// lacksLocation reports whether the step might have built a node in a location that only its own manifest contains. That
// requires that the step built elsewhere than the last manifest shows, or might have, and that there is a node without a relation
// name in the results: a seed, or a view downstream of what was built.
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
