package refresh

import (
	"context"
	"errors"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// Target is one item or task to refresh.
type Target struct {
	// Row is the target's row in the result. Run updates it in place. A row that has ended already is not started.
	Row *progress.Refresh
	// Start is how the refresh is started.
	Start tableau.Target
	// After are the LUIDs, in lower case, of the data sources that have to be refreshed before it. Those that are no target
	// do not count.
	After []string
	// Listed is true for a target that was selected by name, LUID, or URL, and not by a tag, a schedule, or discovery. Without
	// an extract, such a target fails; any other is skipped.
	Listed bool
}

// Options say how targets are refreshed.
type Options struct {
	// Wait is false when only the data sources are waited for that other targets come after.
	Wait bool
	// MaxParallel is how many refreshes may be queued or running at once. Zero means no limit. It needs Wait.
	MaxParallel int
	// Retries is how often a failed refresh is started again.
	Retries int
	// OnConflict is what happens when Tableau rejects a refresh because one of the same item is queued or running. Empty is
	// [config.ConflictWait].
	OnConflict config.OnConflict
	// PollInterval is the time between two polls of a job. Zero chooses it by how long the job has been waited for.
	PollInterval time.Duration
	// DataAge is how long ago dbt finished. Zero: just now.
	DataAge time.Duration
	// Observer receives the progress.
	Observer progress.Observer
	// Warn receives each warning.
	Warn func(text string)
}

// Run refreshes the targets, as many at once as Tableau and the options permit, and returns when each has ended. When ctx ends
// by a [progress.LimitError], the jobs that are still waited for are marked as timed out. The error is the cause of ctx, a
// [progress.StepError] for a request whose failure concerns all targets, or one with a [progress.RefreshError] when targets
// were not refreshed.
func Run(ctx context.Context, client *tableau.Client, targets []Target, options Options) error {
	options.Observer.Observe(progress.RefreshesStarting{Parallel: options.MaxParallel})
	s := newScheduler(client, targets, options)
	err := s.run(ctx)
	if _, ok := errors.AsType[*progress.LimitError](err); ok {
		s.timeOut()
	}
	if err != nil {
		return err
	}
	if failed := s.countFailed(); failed > 0 {
		return progress.Fail(progress.OutcomeRefreshFailed, &progress.RefreshError{Failed: failed, All: len(targets)})
	}
	return nil
}

// timeOut ends the targets whose jobs are still polled.
func (s *scheduler) timeOut() {
	for _, t := range s.targets {
		if t.phase == phasePolling {
			t.Row.Status = progress.StatusTimedOut
			s.observeChange(t)
		}
	}
}

func (s *scheduler) countFailed() int {
	failed := 0
	for _, t := range s.targets {
		status := t.Row.Status
		started := status == progress.StatusStarted && !s.options.Wait
		if status != progress.StatusSuccess && status != progress.StatusSkipped && !started {
			failed++
		}
	}
	return failed
}
