// Package targetfolder reads what dbt commands of earlier steps left in their target folders: for dbt Core, or Fusion on the
// command line.
//
// It takes the folders below the workspace, and returns the same [runresult.Build] as package runresult does for a run on the dbt
// platform. A file that is missing, too old, or unreadable is an error with its name and the fix. The package must never open
// anything outside the workspace, wait for a file, or show a command line, which can contain secrets.
package targetfolder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

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

// Read reads each file once. What could be read is returned along with the error, which joins one for each file that can't be
// used. All errors start with the name of the input.
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

// find returns the target folders, each once. A pattern matches only folders that contain something by the name of results.
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
			errs = append(errs, fmt.Errorf(`%s: run "dbt build" before this step, or correct the pattern. No folder that matches %q contains %s`, inputName, pattern, resultsFile))
		}
		folders = append(folders, matches...)
	}
	slices.Sort(folders)
	return slices.Compact(folders), errs
}

// uuid matches an invocation ID.
var uuid = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`) })

// combine returns what the commands did together. The ID and the time are those of the last one.
func combine(commands []command) *Result {
	r := &Result{Run: progress.Run{Status: progress.RunStatusSuccess}}
	for _, c := range commands {
		r.Run.Commands = append(r.Run.Commands, c.describe()) // before a retry replaces some of its results
		r.Run.Finished, r.Run.InvocationID = c.Results.GeneratedAt, c.Results.InvocationID
		if c.Manifest != nil && c.Manifest.InvocationID != c.Results.InvocationID {
			r.Notes = append(r.Notes, fmt.Sprintf("%s was written by another dbt command than %s, such as dbt parse; it is used", c.file(manifestFile), resultsFile))
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
		r.Run.Status, r.Run.Message = progress.RunStatusError, "dbt stopped at the first failure (--fail-fast), which its results do not contain; see its log"
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
	return fmt.Errorf(`%s: run "dbt build", or give each dbt command its own --target-path. %s, which builds nothing for tableau-discover. `+
		"Each dbt command overwrites the last results", inputName, progress.ShortList(texts, 5))
}
