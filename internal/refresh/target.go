package refresh

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// phase is how far a target has come; see the package comment for the transitions.
type phase int

const (
	phaseWaiting          phase = iota // for the data sources that it comes after
	phaseBlocked                       // is never started, because one of those was not refreshed
	phaseQueued                        // can be started
	phaseSameItemStarting              // another target's start of the same item is in flight
	phaseStarting                      // its start is in flight
	phaseFindingBlocker                // searching for the job that Tableau rejected the start for
	phaseAwaitingBlocker               // polling that job until it ends
	phaseRetryLater                    // waiting until retryAt for another try to start
	phasePolling                       // polling its own job until that ends
	phaseDone
	phaseCount
)

// targetState is a target with its state. Only the scheduler's goroutine uses it.
type targetState struct {
	Target
	index int
	phase phase
	item  *item
	// pendingDependencies counts the targets that have to be refreshed before; dependents are those that wait for this one.
	pendingDependencies int
	dependents          []*targetState
	// dataReadyAt is when everything that the target reads was up to date, and endedAt when its job ended, both on Tableau's
	// clock. A refresh that started before dataReadyAt may have read old data.
	dataReadyAt, endedAt time.Time
	// job is polled in the phases polling and awaitingBlocker; nil in all others.
	job *polledJob
	// blocker is the LUID of the last job that was waited for before another try to start; "" before.
	blocker string
	// mayOwnBlocker is true when the job in its way may come from its own start, whose response was lost.
	mayOwnBlocker bool
	// backoff is the last time between two tries to start; retryAt is when the next one is due.
	backoff time.Duration
	retryAt time.Time
	retries int // after failures, so far
}

// item is a workbook, data source, or flow, with its targets. Only tasks can have an item in common.
type item struct {
	targets []*targetState
	// jobs are the LUIDs of the jobs that came from starts of these targets.
	jobs []string
}

// isStarting reports whether the start of one of the item's targets is in flight. A second one could not be told apart from
// it in a conflict.
func (i *item) isStarting() bool {
	return slices.ContainsFunc(i.targets, func(t *targetState) bool { return t.phase == phaseStarting })
}

// sameItemRunning reports whether another target has started a refresh of the same item, so that the job in the way is the
// step's own.
func (t *targetState) sameItemRunning() bool {
	return slices.ContainsFunc(t.item.targets, func(other *targetState) bool {
		return other != t && other.Row.JobID != "" && !other.Row.Status.Ended()
	})
}

// newTargets returns the state of the targets, each with its item and its dependents.
func newTargets(targets []Target, dataReadyAt time.Time) []*targetState {
	states := make([]*targetState, len(targets))
	items := map[string]*item{}
	for i, target := range targets {
		luid := itemLUID(target.Start)
		if items[luid] == nil {
			items[luid] = &item{}
		}
		states[i] = &targetState{Target: target, index: i, item: items[luid], dataReadyAt: dataReadyAt}
		items[luid].targets = append(items[luid].targets, states[i])
	}
	for _, t := range states {
		if t.Row.Status.Ended() {
			continue
		}
		for _, luid := range t.After {
			if source := items[luid]; source != nil {
				t.dependOn(source)
			}
		}
	}
	return states
}

// itemLUID returns the LUID of what the target refreshes, in lower case. A task whose item is unknown stands for itself.
func itemLUID(target tableau.Target) string {
	return strings.ToLower(cmp.Or(target.ItemID, target.ID))
}

func (t *targetState) dependOn(source *item) {
	for _, s := range source.targets {
		if s.Row.Status != progress.StatusSkipped {
			t.pendingDependencies++
			s.dependents = append(s.dependents, t)
		}
	}
}
