package report

import (
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// elapsed returns the time from start to end, or to now while end is zero; 0 if start is zero.
func elapsed(start, end, now time.Time) time.Duration {
	if start.IsZero() {
		return 0
	}
	if end.IsZero() {
		end = now
	}
	return max(0, end.Sub(start))
}

// queueDuration returns the time that a run was queued; 0 while it is.
func queueDuration(run progress.Run) time.Duration {
	if run.Started.IsZero() {
		return 0
	}
	return elapsed(run.Created, run.Started, run.Started)
}

// finalStatusText returns the status of a run that has ended as a predicate.
func finalStatusText(status progress.RunStatus) string {
	switch status {
	case progress.RunStatusSuccess:
		return "succeeded"
	case progress.RunStatusError:
		return "failed"
	case progress.RunStatusCancelled:
		return "was cancelled"
	}
	return "ended as " + sanitize.Truncate(string(status), 20)
}

// runningStep returns the step in progress, or nil.
func runningStep(run progress.Run) *progress.RunStep {
	for i := len(run.Steps) - 1; i >= 0; i-- {
		s := &run.Steps[i]
		if !s.Started.IsZero() && s.Finished.IsZero() && !run.Ended() {
			return s
		}
	}
	return nil
}

// failedStep returns the first step that failed, or nil.
func failedStep(run progress.Run) *progress.RunStep {
	for i, s := range run.Steps {
		if s.Status == progress.RunStatusError {
			return &run.Steps[i]
		}
	}
	return nil
}

// stepName returns the command of a step that runs dbt, and the name of any other step.
func stepName(s progress.RunStep) string {
	name, found := strings.CutPrefix(s.Name, "Invoke dbt with `")
	if found {
		name = strings.TrimSuffix(strings.TrimSpace(name), "`")
	}
	return strings.TrimSpace(name)
}
