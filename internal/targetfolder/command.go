package targetfolder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/runresult"
)

// inputName is the input of target folders.
const inputName = "dbt-target-path"

// The files that are read.
// https://docs.getdbt.com/reference/artifacts/dbt-artifacts
const (
	manifestFile = "manifest.json"
	resultsFile  = "run_results.json"
)

// command is a dbt command with the artifacts in its target folder.
type command struct {
	runresult.Step
	folder string
	// read is whether the results were read. They might be unusable nevertheless.
	read bool
}

// readCommand reads the artifacts in a target folder.
func (r Reader) readCommand(ctx context.Context, root *os.Root, folder string) (command, error) {
	c := command{folder: folder}
	var err error
	if c.Results, err = readFile(ctx, root, c.file(resultsFile), artifact.ReadResults); err != nil {
		return c, fmt.Errorf(`%s: run "dbt build" before this step, or correct the path, which is relative to the workspace. %w`, inputName, err)
	}
	c.read = true
	switch generatedAt := c.Results.GeneratedAt; {
	case generatedAt.IsZero():
		return c, fmt.Errorf(`%s: run "dbt build" again. %q has no metadata.generated_at, so its age is unknown (%s)`, inputName, c.file(resultsFile), c.origin())
	case time.Since(generatedAt) > r.MaxAge:
		return c, fmt.Errorf(`%s: run "dbt build" again, or raise dbt-max-age (%s). %q is older (%s)`,
			inputName, progress.ShortDuration(r.MaxAge), c.file(resultsFile), c.origin())
	case !r.Manifests:
		return c, nil
	}
	if c.Manifest, err = readFile(ctx, root, c.file(manifestFile), artifact.ReadManifest); err != nil {
		return c, fmt.Errorf(`%s: run "dbt build" again, and keep %s, which tableau-discover requires (%s). %w`, inputName, manifestFile, c.origin(), err)
	}
	return c, nil
}

func (c command) file(name string) string { return path.Join(c.folder, name) }

// isRetry reports whether the command is dbt retry, whose results contain only what it ran again.
func (c command) isRetry() bool {
	return runresult.IsRetry(c.Results.Invocation) || c.Results.Command == "retry"
}

// buildsNothing reports whether the command can't have built anything. dbt test builds tables if it stores failures.
func (c command) buildsNothing() bool {
	switch c.Results.Command {
	case "run-operation":
		return true
	case "test":
		return !slices.ContainsFunc(c.Results.All, func(r artifact.Result) bool { return r.Effect() == artifact.Built })
	}
	return c.Results.BuildsNothing()
}

// stoppedEarly reports whether dbt skipped nodes because another one had failed. The results need not contain that failure.
func (c command) stoppedEarly() bool {
	return slices.ContainsFunc(c.Results.All, func(r artifact.Result) bool {
		return r.Status == artifact.StatusSkipped && strings.HasPrefix(r.Message, "Skipping due to fail_fast")
	})
}

// hasOtherManifest reports whether the manifest is that of another invocation.
func (c command) hasOtherManifest() bool {
	return c.Manifest != nil && c.Manifest.InvocationID != "" && c.Results.InvocationID != "" && c.Manifest.InvocationID != c.Results.InvocationID
}

// name returns "dbt" with the subcommand if it is known.
func (c command) name() string {
	switch {
	case c.isRetry():
		return "dbt retry"
	case c.Results.Command == "generate":
		return "dbt docs generate"
	case c.Results.Command == "":
		return "dbt"
	}
	return "dbt " + c.Results.Command
}

// origin returns what wrote the results, and how long ago if that is known.
func (c command) origin() string {
	text := fmt.Sprintf("results of %q", c.name())
	if at := c.Results.GeneratedAt; !at.IsZero() {
		text += fmt.Sprintf(" from %s ago", progress.ShortDuration(max(0, time.Since(at)).Truncate(time.Second)))
	}
	return text
}

func (c command) describe() progress.Command {
	return progress.Command{
		Name: c.name(), Target: c.Results.Target, Folder: c.folder, Finished: c.Results.GeneratedAt, Built: runresult.Build{Steps: []runresult.Step{c.Step}}.Counts(),
	}
}

// readFile reads a file of the workspace.
func readFile[T any](ctx context.Context, root *os.Root, name string, read func(io.Reader) (T, error)) (T, error) {
	file, err := openFile(root, name)
	if err != nil {
		var zero T
		return zero, err
	}
	defer file.Close()
	value, err := read(contextReader{ctx, file})
	if err != nil {
		return value, fmt.Errorf("%q can't be used: %w", name, cmp.Or(errors.Unwrap(err), err)) // the name once
	}
	return value, nil
}

// contextReader stops reading when its context is done.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
