// Package refresh starts refreshes in Tableau and follows each of them to its end.
//
// It takes a signed-in client and the targets, each with its row of the result. It returns when every target has ended, or
// with an error that concerns all of them. The outcome of each target is in its row; an observer receives the progress.
//
// It must never start a refresh before those that it depends on. It must never start a target again unless Tableau
// rejected its start or its job failed. It must never forget a job that Tableau accepted, and never report success for a
// refresh that might have read old data. It does not repeat requests: package rest does.
//
// One goroutine owns all state and decides what is next. The others only wait for responses. A target is always in exactly
// one phase. The normal path is at the top:
//
//	waiting ──> queued ──> starting ──> polling ──> done
//	   │         │  ^         │            ^
//	   v         v  │         v            │
//	blocked  sameItem-   findingBlocker ───┘
//	         Starting       │       │
//	                        v       v
//	            awaitingBlocker   retryLater
//	                        │       │
//	                        └───┬───┘
//	                            v
//	                          queued
//
// All transitions, and when they happen:
//
//	waiting          -> queued           all data sources that it depends on were refreshed
//	                 -> blocked          one of them was not
//	                 -> done             its row had already ended
//	queued           -> starting         a request is free, and MaxParallel permits one more refresh
//	                 -> sameItemStarting another start of the same item is in flight
//	sameItemStarting -> queued           that start received a response
//	starting         -> polling          accepted
//	                 -> done             rejected, or accepted without waiting for it
//	                 -> findingBlocker   rejected because of another refresh of the same item
//	findingBlocker   -> polling          that refresh reads all new data and is adopted
//	                 -> done             it is adopted without waiting for it
//	                 -> awaitingBlocker  it started too early
//	                 -> retryLater       it was not found
//	awaitingBlocker  -> queued           that refresh has ended
//	retryLater       -> queued           retryAt has come
//	polling          -> done             the job has ended
//	                 -> queued           it failed, and retries are left
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
	// Row is the target's row in the result. Run updates it in place. A row that has already ended is not started.
	Row *progress.Refresh
	// Start is how the refresh is started.
	Start tableau.Target
	// After contains the LUIDs, in lower case, of the data sources to refresh before. Those that are not targets are ignored.
	After []string
	// Listed is true for a target that was selected by name, LUID, or URL, and not by a tag, a schedule, or discovery. Without
	// an extract, such a target fails; any other is skipped.
	Listed bool
}

// Options control how targets are refreshed.
type Options struct {
	// Wait is false to wait only for data sources that other targets depend on.
	Wait bool
	// MaxParallel is the maximum number of refreshes that are queued or running at once; zero is no limit. It requires Wait.
	MaxParallel int
	// Retries is how many times a failed refresh is started again.
	Retries int
	// OnConflict is what to do if Tableau rejects a refresh because another one of the same item is queued or running. Empty
	// is [config.ConflictWait].
	OnConflict config.OnConflict
	// PollInterval is the time between two polls of a job. Zero: it depends on how long the job has been in progress.
	PollInterval time.Duration
	// DataAge is how long ago dbt finished. Zero: just now.
	DataAge time.Duration
	// Observer receives the progress.
	Observer progress.Observer
	// Warn receives each warning.
	Warn func(text string)
}

// Run refreshes the targets, as many at once as Tableau and the options permit, and returns when each has ended. If ctx ends
// with a [progress.LimitError], the jobs that are still in progress are marked as timed out. The error is the cause of ctx, a
// [progress.StepError] for a failed request that concerns all targets, or one with a [progress.RefreshError] if targets were
// not refreshed.
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

func (s *scheduler) timeOut() {
	for _, t := range s.targets {
		if t.phase == phasePolling {
			t.Row.Status = progress.StatusTimedOut
			s.observeChange(t)
		}
	}
}

func (s *scheduler) countFailed() (failed int) {
	for _, t := range s.targets {
		switch t.Row.Status {
		case progress.StatusSuccess, progress.StatusSkipped:
		case progress.StatusStarted:
			if s.options.Wait {
				failed++
			}
		default:
			failed++
		}
	}
	return failed
}
