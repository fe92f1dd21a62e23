package refresh

import (
	"fmt"

	"dbt-tableau-refresh/internal/progress"
)

// end ends a target, and unblocks or blocks those that come after it. What comes after a target that was not refreshed is not
// refreshed either: it would show old data as if it were new. Who skips conflicts accepts the other refresh, and is told so.
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

// unblock queues the dependent of a source that was refreshed, if that was the last one it waited for.
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

// block ends the dependent of a source that was not refreshed. Its status stays not-started.
func (s *scheduler) block(t, source *targetState) {
	t.Row.Error = fmt.Sprintf("not refreshed, because the data source %q that it reads was not: %s", source.Row.Name, source.Row.Status)
	s.enter(t, phaseBlocked)
	s.observeChange(t)
}
