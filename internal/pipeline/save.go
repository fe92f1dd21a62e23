package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
)

// saveArtifacts writes the wanted artifacts into the workspace. What can't be had is a warning.
func (s *story) saveArtifacts(ctx context.Context, run dbt.Run, c *config.Config) []string {
	if len(c.DBT.Artifacts) == 0 {
		return nil
	}
	// A root keeps every name inside, whatever links there are.
	root, err := os.OpenRoot(cmp.Or(c.Step.Workspace, "."))
	if err != nil {
		return []string{fmt.Sprintf("failed to save the dbt artifacts: %v", err)}
	}
	defer root.Close()
	var warnings []string
	for _, name := range c.DBT.Artifacts {
		if err := s.save(ctx, root, run, name, path.Join(c.DBT.ArtifactsPath, name)); err != nil {
			warnings = append(warnings, fmt.Sprintf("failed to save the dbt artifact %s: %v", name, err))
		}
	}
	return warnings
}

// save streams one artifact into a file that gets its name only when it is whole.
func (s *story) save(ctx context.Context, root *os.Root, run dbt.Run, name, to string) error {
	step := 0
	if steps := buildSteps(run); name == resultsFile && len(steps) > 0 {
		step = steps[len(steps)-1] // the last step of all may only have made documentation
	}
	if err := root.MkdirAll(path.Dir(to), 0o755); err != nil {
		return err
	}
	part := to + ".part"
	err := s.dbt.Artifact(ctx, dbt.ArtifactRequest{RunID: run.ID, Path: name, Step: step, EndedAt: s.ended(run), Retry: dbt.ArtifactRetry}, func(body io.Reader) error {
		return writeFile(root, part, body, largestArtifact)
	})
	if err != nil {
		_ = root.Remove(part)
		return err
	}
	if err := root.Rename(part, to); err != nil {
		_ = root.Remove(part)
		return err
	}
	return giveToOwner(root, to)
}

// largestArtifact is far beyond what dbt makes: without an end, an answer would fill the runner's disk.
const largestArtifact = 2 << 30

// writeFile writes all that comes, at most limit bytes.
func writeFile(root *os.Root, name string, body io.Reader, limit int64) error {
	file, err := root.Create(name)
	if err != nil {
		return err
	}
	n, err := io.Copy(file, io.LimitReader(body, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("it is larger than %d MiB, the most that is saved of one artifact", limit>>20)
	}
	if err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
