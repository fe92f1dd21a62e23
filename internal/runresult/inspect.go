package runresult

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
)

// Summary is what the report shows of the results of a run.
type Summary struct {
	Failures    []progress.Failure
	Built       []progress.Built
	WarnedTests []progress.Failure
}

// Summarize returns the summary of the results of several steps, in the order of execution. A test that warned in any of them
// counts, once.
func Summarize(steps ...artifact.Results) Summary {
	build := Build{Results: artifact.MergeResults(steps...)}
	summary := Summary{Failures: build.Failures(), Built: build.Counts()}
	counted := map[string]bool{}
	for _, step := range steps {
		for _, r := range step.WithStatus(artifact.StatusWarn) {
			if t := r.ResourceType(); (t == "test" || t == "unit_test") && !counted[r.UniqueID] {
				counted[r.UniqueID] = true
				summary.WarnedTests = append(summary.WarnedTests, failure(r))
			}
		}
	}
	return summary
}

// Inspect returns the summary of the run and of those that it retries, from the results of all steps that built or tested
// something. The failures are those of the run itself. What could be read is returned along with the error; a step without
// results is none.
func (r *Reader) Inspect(ctx context.Context) (Summary, error) {
	runs, err := r.chain(ctx)
	if err != nil {
		runs = []dbt.Run{r.Run}
	}
	var results, all []artifact.Results
	for _, run := range runs {
		results, err = r.stepResults(ctx, run)
		all = append(all, results...)
	}
	summary := Summarize(all...)
	summary.Failures = Summarize(results...).Failures
	if err != nil && ctx.Err() == nil {
		return summary, fmt.Errorf("some results of dbt run %d are not shown: %w", r.Run.ID, err)
	}
	return summary, nil
}

// stepResults returns the results of each step of a run; empty ones for a step that built and tested nothing.
func (r *Reader) stepResults(ctx context.Context, run dbt.Run) ([]artifact.Results, error) {
	results := make([]artifact.Results, len(run.Steps))
	var group errgroup.Group
	group.SetLimit(maxParallel)
	for i, step := range run.Steps {
		if !slices.Contains(buildOrTestSteps(run), step.Index) {
			continue
		}
		group.Go(func() (err error) {
			request := r.request(run, resultsFile, step.Index)
			request.Retry = dbt.ArtifactRetry
			if results[i], err = r.readResults(ctx, request); rest.IsNotFound(err) {
				return nil
			}
			addReasons(results[i], step)
			return err
		})
	}
	return results, group.Wait()
}

// addReasons adds the reason from the step's log to each failure without one.
func addReasons(results artifact.Results, step dbt.RunStep) {
	var errors dbt.LogErrors
	for i := range results.All {
		node := &results.All[i]
		if !node.Status.Failed() || !lacksReason(*node) || node.Failures != nil {
			continue
		}
		if errors == nil {
			errors = step.LogErrors()
		}
		node.Message = cmp.Or(errors.First(node.Name()), node.Message)
	}
}
