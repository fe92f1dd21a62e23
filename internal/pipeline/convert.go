package pipeline

import (
	"strings"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
)

// convertRun keeps of a run what a reader may want to see.
func convertRun(run dbt.Run) progress.Run {
	steps := make([]progress.RunStep, len(run.Steps))
	for i, step := range run.Steps {
		steps[i] = progress.RunStep{
			Index: step.Index, Name: strings.TrimSpace(step.Name), Status: progress.RunStatus(step.Status.String()),
			Started: step.StartedAt.Time, Finished: step.FinishedAt.Time,
		}
		if step.Status == dbt.Error {
			steps[i].Log = tail(step.Logs)
		}
	}
	return progress.Run{
		ID: run.ID, URL: run.URL, Status: progress.RunStatus(run.Status.String()), Message: run.StatusMessage,
		GitSHA: run.GitSHA, Branch: run.GitBranch, BlockedBy: len(run.BlockedBy),
		Created: run.CreatedAt.Time, Started: run.StartedAt.Time, Finished: run.FinishedAt.Time,
		Steps: steps,
	}
}

// tail is the end of a log: there dbt sums up what failed.
func tail(log string) string {
	lines := strings.Split(strings.TrimRight(log, "\r\n\t "), "\n")
	return strings.Join(lines[max(0, len(lines)-progress.LogTail):], "\n")
}
