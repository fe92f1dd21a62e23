package runresult

import (
	"context"
	"time"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
)

// Inspect returns the nodes that failed, and the number of those that were built or passed, from the results of all steps of
// the run that built or tested something. Results that can't be read are left out. Only after a failure is it worth waiting
// for results that dbt stores late.
func (r *Reader) Inspect(ctx context.Context) ([]progress.Failure, []progress.Built) {
	var ended time.Time
	if r.Run.Status != dbt.Success {
		ended = r.ended(r.Run)
	}
	var steps []Step
	for _, step := range buildOrTestSteps(r.Run) {
		request := dbt.ArtifactRequest{RunID: r.Run.ID, Path: resultsFile, Step: step.Index, EndedAt: ended, Retry: dbt.ArtifactRetry}
		if results, err := r.readResults(ctx, request); err == nil {
			steps = append(steps, Step{Results: results})
		}
	}
	build := Build{Steps: steps}
	return build.Failures(), build.Counts()
}
