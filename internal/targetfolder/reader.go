// Package targetfolder reads the artifacts of dbt commands in earlier steps, which dbt Core or Fusion wrote to target folders.
//
// It takes folders in the workspace, and returns the same [runresult.Build] as package runresult does for a run on the dbt
// platform. A file that is missing, too old, or unreadable is an error with its name and the fix. The package must never open
// anything outside the workspace, wait for a file, or show a command line, which can contain secrets.
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
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/runresult"
)

// Reader reads the artifacts in target folders.
type Reader struct {
	// Workspace is the folder that contains all others; empty is the current folder.
	Workspace string
	// Paths are folders, or patterns for them in the syntax of [path.Match], relative to the workspace.
	Paths []string
	// MaxAge is the maximum age of results, by their own time.
	MaxAge time.Duration
	// Manifests is whether to read the manifests, too.
	Manifests bool
}

// Result is what dbt commands did in earlier steps.
type Result struct {
	Build runresult.Build
	// Run describes the commands. Its status is "" if some results could not be read.
	Run             progress.Run
	Warnings, Notes []string
}

// Read reads each file once. It returns what it could read along with the error, which joins one for each file that can't be
// used. Each error starts with the name of the input.
func (r Reader) Read(ctx context.Context) (*Result, error) {
	root, err := os.OpenRoot(cmp.Or(r.Workspace, "."))
	if err != nil {
		return &Result{}, fmt.Errorf("%s: failed to open the workspace: %w", inputName, err)
	}
	defer root.Close()
	folders, errs := r.find(root)
	complete := len(errs) == 0
	var commands []command
	for _, folder := range folders {
		c, err := r.readCommand(ctx, root, folder)
		errs = append(errs, err)
		if complete = complete && c.read; c.read {
			commands = append(commands, c)
		}
	}
	slices.SortStableFunc(commands, func(a, b command) int { return a.Results.GeneratedAt.Compare(b.Results.GeneratedAt) })
	result := combine(commands)
	if !complete {
		result.Run.Status = ""
	}
	if err := errors.Join(errs...); err != nil || !r.Manifests {
		return result, err
	}
	return result, checkBuilds(commands)
}

// find returns the target folders, each once. A pattern matches only folders that contain run_results.json.
func (r Reader) find(root *os.Root) (folders []string, errs []error) {
	for _, pattern := range r.Paths {
		matches := []string{pattern}
		if strings.ContainsAny(pattern, `*?[\`) {
			matches, _ = fs.Glob(root.FS(), pattern) // config rejects a bad pattern
			matches = slices.DeleteFunc(matches, func(folder string) bool {
				_, err := root.Lstat(path.Join(folder, resultsFile))
				return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) // another error is reported when it is read
			})
		}
		if len(matches) == 0 {
			errs = append(errs, fmt.Errorf(`%s: run "dbt build" before this step, or correct the pattern. No folder that matches %q contains %s`,
				inputName, pattern, resultsFile))
		}
		folders = append(folders, matches...)
	}
	slices.Sort(folders)
	return slices.Compact(folders), errs
}

var uuid = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`) })

// combine returns what the commands did together. The ID and the time are those of the last one.
func combine(commands []command) *Result {
	r := &Result{Run: progress.Run{Status: progress.RunStatusSuccess}}
	for _, c := range commands {
		r.Run.Commands = append(r.Run.Commands, progress.Command{ // before a retry replaces some of its results
			Name: c.name(), Target: c.Results.Target, Folder: c.folder, Finished: c.Results.GeneratedAt,
			Built: runresult.Build{Steps: []runresult.Step{c.Step}}.Counts(),
		})
		r.Run.Finished, r.Run.InvocationID = c.Results.GeneratedAt, c.Results.InvocationID
		if c.Manifest != nil && c.Manifest.InvocationID != c.Results.InvocationID {
			r.Notes = append(r.Notes, fmt.Sprintf("using %q, although it is from a different dbt command than %s, such as %q",
				c.file(manifestFile), resultsFile, "dbt parse"))
		}
	}
	if !uuid().MatchString(r.Run.InvocationID) {
		r.Run.InvocationID = ""
	}
	r.Warnings = mergeRetries(commands)
	var steps []runresult.Step
	for _, c := range commands {
		steps = append(steps, c.Step)
	}
	r.Build = runresult.Combine(steps)
	if slices.ContainsFunc(commands, command.stoppedEarly) {
		r.Run.Status = progress.RunStatusError
		r.Run.Message = "check the dbt log. dbt stopped at the first failure (--fail-fast), which its results do not contain"
	}
	if len(r.Build.Failures()) > 0 {
		r.Run.Status = progress.RunStatusError
	}
	return r
}

// checkBuilds returns an error if none of the commands can have built anything.
func checkBuilds(commands []command) error {
	var texts []string
	for _, c := range commands {
		if !c.buildsNothing() {
			return nil
		}
		texts = append(texts, fmt.Sprintf("%q contains only %s", c.folder, c.origin()))
	}
	return fmt.Errorf(`%s: run "dbt build", or give each dbt command its own --target-path. Nothing was built for tableau-discover: %s. `+
		"Each dbt command overwrites the previous results", inputName, progress.ShortList(texts, 5))
}

// https://docs.getdbt.com/reference/artifacts/dbt-artifacts
const (
	inputName    = "dbt-target-path"
	manifestFile = "manifest.json"
	resultsFile  = "run_results.json"
)

// command is a dbt command with the artifacts in its target folder.
type command struct {
	runresult.Step
	folder string
	// read is whether the results were read, usable or not.
	read bool
}

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
		return value, fmt.Errorf("%q is not a regular file", name)
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

// origin returns which command wrote the results, and how long ago if that is known.
func (c command) origin() string {
	text := fmt.Sprintf("results of %q", c.name())
	if at := c.Results.GeneratedAt; !at.IsZero() {
		text += fmt.Sprintf(" from %s ago", progress.ShortDuration(max(0, time.Since(at)).Truncate(time.Second)))
	}
	return text
}

// mergeRetries replaces older results with those of dbt retry for the same nodes. The commands are in the order in which they
// ended. It returns a warning for each retry without older results.
func mergeRetries(commands []command) (warnings []string) {
	for i, c := range commands {
		if c.IsRetry() && !replaceOlder(commands[:i], c.Results.All) {
			warnings = append(warnings, fmt.Sprintf("%s: give each dbt command its own --target-path. "+
				"It is unknown what the first command built, because %q contains only what %q ran again", inputName, c.folder, "dbt retry"))
		}
	}
	return warnings
}

// replaceOlder removes the results of retried nodes from the newest command in which any of them failed or was skipped. What else
// was skipped there no longer counts: dbt does not repeat ephemeral models. It reports whether any of the older commands has
// results of these nodes, except hooks, which each command runs.
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
