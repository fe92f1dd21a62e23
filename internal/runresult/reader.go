// Package runresult reads what dbt runs built in the warehouse, and why they failed, and saves their artifacts.
//
// It takes a run that has ended, together with the runs that it retries. It returns a [Build] for discovery, the failures and
// counts for the report, and warnings about artifacts that were not saved. A [Build] does not depend on the service that it was
// read from.
//
// It must never decide the outcome of the step, which only the status of the run determines. It only sends GET requests, and
// writes nothing outside the workspace.
package runresult

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// Reader reads the artifacts of a run on the dbt platform. Client and Run are required. It is safe for concurrent use.
type Reader struct {
	Client *dbt.Client
	// Run is a run that has ended, with its steps as far as dbt returned them.
	Run dbt.Run
	// EndSeen is when a poll returned that Run had ended, on the clock of this machine; zero uses its FinishedAt instead.
	EndSeen time.Time
	// Retried are the IDs of the failed runs that Run is known to retry, the oldest first, in case dbt does not return them.
	Retried []int64
	// Commands is how many dbt commands Run was started with; 0 if unknown. It is only used if dbt returns no steps.
	Commands int
	// Retry is how long Built retries its requests. The zero value retries nothing.
	Retry rest.RetryTimes
}

// readTimeout limits Built: artifacts can have hundreds of megabytes, and outages are retried.
const readTimeout = 45 * time.Minute

// Read returns what the run and the runs that it retries have built. It returns what it could read along with the error.
func (r *Reader) Read(ctx context.Context) (Build, error) {
	timeoutErr := fmt.Errorf("reading dbt's artifacts took longer than %s", progress.ShortDuration(readTimeout))
	ctx, cancel := context.WithTimeoutCause(ctx, readTimeout, timeoutErr)
	defer cancel()
	runs, err := r.chain(ctx)
	if err != nil {
		return Build{}, err
	}
	var refs []resultsRef
	for _, run := range runs {
		refs = append(refs, r.resultsRefs(run)...)
	}
	if len(refs) == 0 {
		return Combine([]Step{{Manifest: &artifact.Manifest{}}}), nil
	}
	return r.build(ctx, refs)
}

// joinSentences joins errors in one line; nil if there are none.
func joinSentences(errs ...error) (joined error) {
	for _, err := range errs {
		switch {
		case joined == nil:
			joined = err
		case err != nil:
			joined = fmt.Errorf("%w; %w", joined, err)
		}
	}
	return joined
}

// maxChain limits a chain of retries, which a broken service could make endless.
const maxChain = 20

// chain returns the run, and before it those that it retries, the oldest first.
func (r *Reader) chain(ctx context.Context) ([]dbt.Run, error) {
	runs := []dbt.Run{r.Run}
	for id := r.retriedRun(r.Run); id != 0 && len(runs) < maxChain; id = r.retriedRun(runs[0]) {
		retried, err := r.Client.FindRun(ctx, id, r.Retry)
		if err != nil {
			return nil, fmt.Errorf("%w. Its results are required, because dbt run %d is a retry of it", err, runs[0].ID)
		}
		runs = slices.Insert(runs, 0, retried)
	}
	return runs, nil
}

// retriedRun returns the ID of the run that run retries; 0 if it retries none.
func (r *Reader) retriedRun(run dbt.Run) int64 {
	latest := int64(0)
	for _, id := range r.Retried {
		if id < run.ID {
			latest = id
		}
	}
	return cmp.Or(run.RetryingRunID, latest)
}

func (r *Reader) ended(run dbt.Run) time.Time {
	if run.ID == r.Run.ID && !r.EndSeen.IsZero() {
		return r.EndSeen
	}
	return run.FinishedAt.Time
}

func (r *Reader) build(ctx context.Context, refs []resultsRef) (Build, error) {
	steps, errs := make([]Step, len(refs)), make([]error, len(refs))
	manifest, manifestErr := r.readAll(ctx, refs, steps, errs)
	if manifestErr == nil {
		manifestErr = checkManifest(manifest, r.Run, steps)
	} else if rest.IsNotFound(manifestErr) && !slices.ContainsFunc(steps, Step.hasNodes) {
		manifest, manifestErr = &artifact.Manifest{}, nil
	}
	var warnings, notes []string
	if manifestErr == nil {
		warnings, manifestErr = r.addManifests(ctx, refs, steps, manifest)
		steps = append(steps, Step{Manifest: manifest})
	}
	for i, ref := range refs {
		if rest.IsNotFound(errs[i]) && !ref.required() {
			errs[i] = nil
			if ref.name != "" {
				notes = append(notes, ref.label()+" has no results")
			}
		}
	}
	build := Combine(steps)
	build.Warnings, build.Notes = append(build.Warnings, warnings...), append(build.Notes, notes...)
	return build, joinSentences(append([]error{manifestErr, missingResults(refs, steps)}, errs...)...)
}

// readAll reads the results of all steps, and the last manifest. Results that might not exist are read last and without a wait,
// because dbt has had time to store them by then.
func (r *Reader) readAll(ctx context.Context, refs []resultsRef, steps []Step, errs []error) (manifest *artifact.Manifest, err error) {
	for _, awaited := range []bool{true, false} {
		var group errgroup.Group
		group.SetLimit(4)
		if awaited {
			group.Go(func() error {
				manifest, err = r.lastManifest(ctx, refs[len(refs)-1])
				return nil
			})
		}
		for i, ref := range refs {
			if ref.awaited() == awaited {
				group.Go(func() error {
					steps[i].Results, errs[i] = r.results(ctx, ref)
					return nil
				})
			}
		}
		_ = group.Wait() // each error is returned on its own
	}
	return manifest, err
}

// missingResults returns an error for a run whose steps are unknown and that has no results of a command that builds.
func missingResults(refs []resultsRef, steps []Step) error {
	complete := map[int64]bool{}
	for i, ref := range refs {
		results := steps[i].Results
		complete[ref.run.ID] = complete[ref.run.ID] || ref.name != "" || len(results.All) > 0 && !results.BuildsNothing()
	}
	for _, ref := range refs {
		if !complete[ref.run.ID] {
			return fmt.Errorf("dbt returned neither steps nor results for run %d", ref.run.ID)
		}
	}
	return nil
}

// Inspect returns the results of all steps that built or tested something, of the run and of those that it retries, without the
// locations of nodes, and a warning for each file that can't be used. It omits results that are missing, and failures that were
// retried.
func (r *Reader) Inspect(ctx context.Context) (Build, []string) {
	runs, err := r.chain(ctx)
	if err != nil {
		runs = []dbt.Run{r.Run}
	}
	var build Build
	var warnings []string
	for _, run := range runs {
		steps := buildOrTestSteps(run)
		read, texts := make([]Step, len(steps)), make([]string, len(steps))
		var group sync.WaitGroup
		for i, step := range steps {
			group.Go(func() { read[i].Results, texts[i] = r.inspectStep(ctx, run, step) })
		}
		group.Wait()
		build.Steps, warnings = append(build.Steps, read...), append(warnings, texts...)
	}
	return build, slices.DeleteFunc(warnings, func(text string) bool { return text == "" })
}

// inspectStep returns the results of a step, with reasons from its log, or a warning.
func (r *Reader) inspectStep(ctx context.Context, run dbt.Run, step dbt.RunStep) (results artifact.Results, warning string) {
	request := r.request(run, resultsFile, step.Index)
	request.Retry = dbt.ArtifactRetry
	results, err := r.readResults(ctx, request)
	if _, unusable := errors.AsType[fileError](err); unusable {
		warning = fmt.Sprintf("the results of step %d can't be used: %v", step.Index, err)
	}
	if run.ID != r.Run.ID {
		results.All = slices.DeleteFunc(results.All, func(node artifact.Result) bool { return node.Status.Failed() })
	}
	logged := sync.OnceValue(step.LogErrors)
	for i, node := range results.All {
		if node.Status.Failed() && lacksReason(node) && node.Failures == nil {
			results.All[i].Message = cmp.Or(logged().First(node.Name()), node.Message)
		}
	}
	return results, warning
}

// lacksReason reports whether a result has no message except its status, such as "ERROR" for a microbatch model.
func lacksReason(r artifact.Result) bool {
	return r.Message == "" || strings.EqualFold(r.Message, string(r.Status))
}
