package runresult

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/dbt"
)

// Inspect returns the results of all steps of the run that built or tested something, without their locations, and a warning for
// each file that can't be used. Results that are missing are left out. Only after a failure is it worth waiting for results that
// dbt stores late.
func (r *Reader) Inspect(ctx context.Context) (Build, []string) {
	var ended time.Time
	if r.Run.Status != dbt.Success {
		ended = r.ended(r.Run)
	}
	var steps []Step
	var warnings []string
	for _, step := range buildOrTestSteps(r.Run) {
		request := dbt.ArtifactRequest{RunID: r.Run.ID, Path: resultsFile, Step: step.Index, EndedAt: ended, Retry: dbt.ArtifactRetry}
		results, err := r.readResults(ctx, request)
		if _, unusable := errors.AsType[fileError](err); unusable {
			warnings = append(warnings, fmt.Sprintf("no results of step %d: %v", step.Index, err))
		} else if err == nil {
			steps = append(steps, Step{Results: results})
		}
	}
	return Build{Steps: steps}, warnings
}
