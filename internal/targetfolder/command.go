package targetfolder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
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
func (r Reader) readCommand(ctx context.Context, root *os.Root, folder string) (c command, err error) {
	c.folder = folder
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
		err = fmt.Errorf(`%s: run "dbt build" again, and keep %s, which tableau-discover requires (%s). %w`, inputName, manifestFile, c.origin(), err)
	}
	return c, err
}

// readFile reads a regular file inside the root. It follows links, but not out of the root.
func readFile[T any](ctx context.Context, root *os.Root, name string, read func(io.Reader) (T, error)) (value T, err error) {
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // otherwise, a pipe without a writer would block
	if err != nil {
		if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
			err = pathErr.Err
		}
		return value, fmt.Errorf("%q can't be opened inside the workspace: %w", name, err)
	}
	defer file.Close()
	defer context.AfterFunc(ctx, func() { _ = file.Close() })()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return value, fmt.Errorf("%q is not a file", name)
	}
	if value, err = read(file); err != nil {
		err = fmt.Errorf("%q can't be used: %w", name, cmp.Or(errors.Unwrap(err), err)) // the name once
	}
	return value, err
}

func (c command) file(name string) string { return path.Join(c.folder, name) }

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

// name returns "dbt" with the subcommand if it is known.
func (c command) name() string {
	if c.IsRetry() {
		return "dbt retry"
	}
	return c.Results.CommandName()
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

// mergeRetries lets the results of dbt retry replace the older ones of the same nodes. The commands are in the order in which they
// ended. It returns a warning for each retry whose first command left no results.
func mergeRetries(commands []command) (warnings []string) {
	for i, c := range commands {
		if c.IsRetry() && !replaceOlder(commands[:i], c.Results.All) {
			warnings = append(warnings, fmt.Sprintf("%s: give each dbt command its own --target-path. "+
				"It is unknown what the first command built, because %q contains only what %q ran again", inputName, c.folder, "dbt retry"))
		}
	}
	return warnings
}

// replaceOlder removes the results of nodes that were retried from the newest command in which any of them failed or was skipped.
// What else was skipped there no longer counts: dbt does not repeat ephemeral models. It reports whether any of the older
// commands has results of these nodes. Hooks prove nothing, because each command runs them.
func replaceOlder(older []command, retried []artifact.Result) (known bool) {
	ids := map[string]bool{}
	for _, r := range retried {
		ids[r.UniqueID] = true
	}
	for i, c := range slices.Backward(older) {
		all := c.Results.All
		if slices.ContainsFunc(all, func(r artifact.Result) bool {
			return ids[r.UniqueID] && (r.Status.Failed() || r.Status == artifact.StatusSkipped)
		}) {
			older[i].Results.All = slices.DeleteFunc(all, func(r artifact.Result) bool { return ids[r.UniqueID] || r.Status == artifact.StatusSkipped })
			return true
		}
		known = known || len(ids) == 0 || slices.ContainsFunc(all, func(r artifact.Result) bool { return ids[r.UniqueID] && r.ResourceType() != "operation" })
	}
	return known
}
