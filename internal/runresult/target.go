package runresult

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/progress"
)

// TargetFolders are the folders in which dbt commands of earlier steps left their artifacts.
type TargetFolders struct {
	// Workspace is the folder that contains them; empty is the current folder. Nothing outside it is opened.
	Workspace string
	// Paths are folders, or patterns for them, in the syntax of [io/fs].
	Paths []string
	// MaxAge is the maximum age of results.
	MaxAge time.Duration
	// Manifests is whether to read the manifests, too.
	Manifests bool
}

// EarlierRun is what dbt commands did in earlier steps. It is a [Source].
type EarlierRun struct {
	Build Build
	// Run describes the commands. Its status is "" if some results could not be read.
	Run progress.Run
	// Warnings and Notes are about uncertain results.
	Warnings, Notes []string
}

// Built implements [Source].
func (r *EarlierRun) Built(context.Context) (Build, error) { return r.Build, nil }

// RunLabel implements [Source].
func (r *EarlierRun) RunLabel() string { return r.Run.Label() }

// uuid matches an invocation ID.
var uuid = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`) })

// Read reads each file once. What could be read is returned along with the error, which joins one for each file that can't be
// used. All errors start with the name of the input.
func (f TargetFolders) Read(ctx context.Context) (*EarlierRun, error) {
	root, err := os.OpenRoot(cmp.Or(f.Workspace, "."))
	if err != nil {
		return &EarlierRun{}, fmt.Errorf("%s: failed to open the workspace: %w", targetInput, err)
	}
	defer root.Close()
	names, errs := f.find(root)
	var run EarlierRun
	var commands []command
	for _, name := range names {
		c, err := f.readCommand(ctx, root, name)
		if errs = append(errs, err); c.Manifest != nil && c.Manifest.InvocationID != c.Results.InvocationID {
			run.Notes = append(run.Notes, fmt.Sprintf("%s was written by another dbt command than %s, such as dbt parse; it is used", c.file(manifestFile), resultsFile))
		}
		if c.read {
			commands = append(commands, c)
		}
	}
	slices.SortStableFunc(commands, func(a, b command) int { return a.Results.GeneratedAt.Compare(b.Results.GeneratedAt) })
	for _, c := range commands {
		run.Run.Commands = append(run.Run.Commands, c.describe())
	}
	run.Warnings = mergeRetries(commands)
	run.combine(commands)
	if len(commands) < len(names) {
		run.Run.Status = ""
	}
	if err := errors.Join(errs...); err != nil || !f.Manifests {
		return &run, err
	}
	return &run, checkBuilds(commands)
}

// combine sets what the commands did together, from the latest one of which the run has its ID and time.
func (r *EarlierRun) combine(commands []command) {
	var steps []Step
	for _, c := range commands {
		steps = append(steps, c.Step)
		r.Run.Finished, r.Run.InvocationID = c.Results.GeneratedAt, ""
		if id := c.Results.InvocationID; uuid().MatchString(id) {
			r.Run.InvocationID = id
		}
	}
	r.Build = Combine(steps)
	r.Run.Status = progress.RunStatusSuccess
	if slices.ContainsFunc(commands, command.stoppedEarly) {
		r.Run.Status, r.Run.Message = progress.RunStatusError, "dbt stopped at the first failure (--fail-fast), which its results do not contain; see its log"
	}
	if len(r.Build.Failures()) > 0 {
		r.Run.Status = progress.RunStatusError
	}
}

// stoppedEarly reports whether dbt skipped nodes because another one had failed. The results need not contain that failure.
func (c command) stoppedEarly() bool {
	return slices.ContainsFunc(c.Results.All, func(r artifact.Result) bool {
		return r.Status == artifact.StatusSkipped && strings.HasPrefix(r.Message, "Skipping due to fail_fast")
	})
}

// checkBuilds returns an error if none of the commands can have built anything.
func checkBuilds(commands []command) error {
	if slices.ContainsFunc(commands, func(c command) bool { return !c.buildsNothing() }) {
		return nil
	}
	var texts []string
	for _, c := range commands {
		texts = append(texts, fmt.Sprintf("%q contains only %s", c.folder, c.origin()))
	}
	return fmt.Errorf(`%s: run "dbt build", or give each dbt command its own --target-path. %s, which builds nothing for tableau-discover. `+
		"Each dbt command overwrites the last results", targetInput, progress.ShortList(texts, maxNames))
}
