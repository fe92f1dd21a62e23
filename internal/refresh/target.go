package refresh

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
)

// phase is the state of a target; see the package comment for the transitions.
type phase int

const (
	phaseWaiting          phase = iota // for its data sources
	phaseBlocked                       // never starts, because one of those was not refreshed
	phaseQueued                        // can be started
	phaseSameItemStarting              // another target's start of the same item is in flight
	phaseStarting                      // its start is in flight
	phaseFindingBlocker                // searching for the job because of which the start was rejected
	phaseAwaitingBlocker               // polling that job until it ends
	phaseRetryLater                    // waiting until retryAt to start again
	phasePolling                       // polling its own job until that ends
	phaseDone
	phaseCount
)

// targetState is a target with its state. Only the scheduler's goroutine changes it.
type targetState struct {
	Target
	index int
	phase phase
	item  *item
	// pendingDependencies is the number of targets to refresh before this one.
	pendingDependencies int
	dependents          []*targetState
	// dataReadyAt is when all data of the target was up to date, and endedAt when its job ended, both on Tableau's clock. A
	// refresh that started before dataReadyAt might have read old data.
	dataReadyAt, endedAt time.Time
	job                  *polledJob // in the phases polling and awaitingBlocker
	blocker              string     // the LUID of the last job in phase awaitingBlocker
	// blockerMightBeOwn is true if the blocker might come from the target's own start, whose response was lost.
	blockerMightBeOwn bool
	backoff           time.Duration
	retryAt           time.Time
	retries           int // after failures, so far
}

// item is a workbook, data source, or flow. Only tasks can have an item in common.
type item struct {
	targets []*targetState
	jobs    []string // the LUIDs of all jobs that these targets started
}

// isStarting reports whether a start of the item is in flight. In a conflict, a second one could not be distinguished from it.
func (i *item) isStarting() bool {
	return slices.ContainsFunc(i.targets, func(t *targetState) bool { return t.phase == phaseStarting })
}

// sameItemRunning reports whether a job of another target of the same item is in progress: a conflict is then the step's own.
func (t *targetState) sameItemRunning() bool {
	return slices.ContainsFunc(t.item.targets, func(other *targetState) bool {
		return other != t && other.Row.JobID != "" && !other.Row.Status.Ended()
	})
}

func newTargets(targets []Target, dataReadyAt time.Time) []*targetState {
	states := make([]*targetState, len(targets))
	items := map[string]*item{}
	for i, target := range targets {
		luid := strings.ToLower(cmp.Or(target.Start.ItemID, target.Start.ID)) // of a task whose item is unknown: its own
		if items[luid] == nil {
			items[luid] = &item{}
		}
		states[i] = &targetState{Target: target, index: i, item: items[luid], dataReadyAt: dataReadyAt}
		items[luid].targets = append(items[luid].targets, states[i])
	}
	for _, t := range states {
		for _, luid := range t.After {
			if source := items[luid]; source != nil && !t.Row.Status.Ended() {
				t.dependOn(source)
			}
		}
	}
	return states
}

func (t *targetState) dependOn(source *item) {
	for _, s := range source.targets {
		if s.Row.Status != progress.StatusSkipped {
			t.pendingDependencies++
			s.dependents = append(s.dependents, t)
		}
	}
}

// end ends a target, and unblocks or blocks its dependents. Dependents of a target that was not refreshed would present old
// data as new. A skipped target does not block them.
func (s *scheduler) end(t *targetState) {
	s.enter(t, phaseDone)
	refreshed := t.Row.Status == progress.StatusSuccess || t.Row.Status == progress.StatusSkipped
	for _, dependent := range t.dependents {
		if refreshed {
			s.unblock(dependent, t)
		} else if dependent.phase == phaseWaiting {
			s.block(dependent, t)
		}
	}
}

func (s *scheduler) unblock(t, source *targetState) {
	if source.Row.Skip == progress.SkipConflict {
		s.note("%q might show old data: its data source %q was skipped, because another refresh of it was in progress "+
			"(tableau-on-conflict: skip)", t.Row.Name, source.Row.Name)
	}
	t.dataReadyAt = later(t.dataReadyAt, source.endedAt)
	if t.pendingDependencies--; t.pendingDependencies == 0 && t.phase == phaseWaiting {
		s.enter(t, phaseQueued)
	}
}

// block leaves the status not-started.
func (s *scheduler) block(t, source *targetState) {
	t.Row.Error = fmt.Sprintf("not refreshed, because its data source %q was not refreshed (status: %s)",
		source.Row.Name, source.Row.Status)
	s.enter(t, phaseBlocked)
	s.observeChange(t)
}
