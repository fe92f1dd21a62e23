package refresh

import (
	"fmt"

	"dbt-tableau-refresh/internal/progress"
)

// end ends a target, and unblocks or blocks its dependents. The dependents of a target that was not refreshed are not refreshed
// either: they would show old data as if it were new. A skipped target does not block them.
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

// unblock queues t if source was the last one that it waited for. With tableau-on-conflict: skip, the other refresh of the
// source has to suffice.
func (s *scheduler) unblock(t, source *targetState) {
	if source.Row.Skip == progress.SkipConflict {
		s.note("%q: the data source %q that it reads was left to another refresh (tableau-on-conflict: skip), and may be older than dbt's run",
			t.Row.Name, source.Row.Name)
	}
	t.dataReadyAt = later(t.dataReadyAt, source.endedAt)
	if t.pendingDependencies--; t.pendingDependencies == 0 && t.phase == phaseWaiting {
		s.enter(t, phaseQueued)
	}
}

// block ends t, because source was not refreshed. Its status stays not-started.
func (s *scheduler) block(t, source *targetState) {
	t.Row.Error = fmt.Sprintf("not refreshed, because the data source %q that it reads was not: %s", source.Row.Name, source.Row.Status)
	s.enter(t, phaseBlocked)
	s.observeChange(t)
}
