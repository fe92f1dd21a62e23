package runresult

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path"

	"dbt-tableau-refresh/internal/dbt"
)

// Save writes the artifacts of these names into the folder, which is relative to the workspace; an empty workspace is the
// current folder. It returns a warning for each artifact that was not saved.
func (r *Reader) Save(ctx context.Context, workspace, folder string, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	root, err := os.OpenRoot(cmp.Or(workspace, ".")) // no name or link leads out of a root
	if err != nil {
		return []string{fmt.Sprintf("failed to save the dbt artifacts: %v", err)}
	}
	defer root.Close()
	var warnings []string
	for _, name := range names {
		if err := r.saveArtifact(ctx, root, name, path.Join(folder, name)); err != nil {
			warnings = append(warnings, fmt.Sprintf("failed to save the dbt artifact %s: %v", name, err))
		}
	}
	return warnings
}

// saveArtifact streams an artifact into a file that gets its name when it is complete.
func (r *Reader) saveArtifact(ctx context.Context, root *os.Root, name, file string) error {
	step := 0
	if steps := buildOrTestSteps(r.Run); name == resultsFile && len(steps) > 0 {
		step = steps[len(steps)-1].Index // the last step that has results can be dbt docs generate
	}
	if err := root.MkdirAll(path.Dir(file), 0o755); err != nil {
		return err
	}
	partial := file + ".part"
	request := dbt.ArtifactRequest{RunID: r.Run.ID, Path: name, Step: step, EndedAt: r.ended(r.Run), Retry: dbt.ArtifactRetry}
	err := r.Client.Artifact(ctx, request, func(body io.Reader) error { return writeFile(root, partial, body, maxArtifactSize) })
	if err == nil {
		err = root.Rename(partial, file)
	}
	if err != nil {
		_ = root.Remove(partial)
		return err
	}
	return chownLikeRoot(root, file)
}

// maxArtifactSize is far more than dbt writes, in bytes: an endless response would fill the runner's disk.
const maxArtifactSize = 2 << 30

// writeFile writes body into a file, and fails if there are more than limit bytes.
func writeFile(root *os.Root, name string, body io.Reader, limit int64) error {
	file, err := root.Create(name)
	if err != nil {
		return err
	}
	n, err := io.Copy(file, io.LimitReader(body, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("it is larger than %d MiB, the maximum for a saved artifact", limit>>20)
	}
	if err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
