package dbtrun

import (
	"cmp"
	"strings"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
)

// convertRun returns what the result shows of a run. Of the logs, it keeps only the ends of those of failed steps.
func convertRun(run dbt.Run, origin progress.Origin) progress.Run {
	steps := make([]progress.RunStep, len(run.Steps))
	for i, step := range run.Steps {
		steps[i] = progress.RunStep{
			Index: step.Index, Name: strings.TrimSpace(step.Name), Status: progress.RunStatus(step.Status.String()),
			Started: step.StartedAt.Time, Finished: step.FinishedAt.Time,
		}
		if step.Status == dbt.Error {
			steps[i].Log = lastLines(step.Logs)
			steps[i].Error = cmp.Or(step.LogErrors().First(""), strings.Trim(run.StatusMessage+"; "+step.LastLine(), "; "))
		}
	}
	return progress.Run{
		ID: run.ID, URL: run.URL, Status: progress.RunStatus(run.Status.String()), Message: run.StatusMessage, Origin: origin,
		GitSHA: run.GitSHA, Branch: run.GitBranch, BlockedBy: len(run.BlockedBy),
		Created: run.CreatedAt.Time, Started: run.StartedAt.Time, Finished: run.FinishedAt.Time,
		Steps: steps,
	}
}

// lastLines returns the end of a log, where dbt lists what failed.
func lastLines(log string) string {
	lines := strings.Split(strings.TrimRight(log, "\r\n\t "), "\n")
	return strings.Join(lines[max(0, len(lines)-progress.LogTail):], "\n")
}
