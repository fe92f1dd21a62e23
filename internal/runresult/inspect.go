package runresult

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/dbt"
)

// Inspect returns the results of all steps that built or tested something, of the run and of those that it retries, without their
// locations, and a warning for each file that can't be used. Results that are missing are left out, and so are the failures that
// were retried.
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
		warning = fmt.Sprintf("no results of step %d: %v", step.Index, err)
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
