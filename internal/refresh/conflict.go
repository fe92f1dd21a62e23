package refresh

import (
	"errors"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// handleConflict handles a start that was rejected because a refresh of the same item is queued or running. That refresh may
// have read the tables before dbt had built them. What counts is a refresh that starts after.
func (s *scheduler) handleConflict(t *targetState, rejection *tableau.QueuedError) {
	t.mayOwnBlocker = t.mayOwnBlocker || rejection.MaybeOwn
	policy := s.options.OnConflict
	if t.mayOwnBlocker || t.sameItemRunning() {
		policy = config.ConflictWait
	}
	switch policy {
	case config.ConflictSkip:
		t.Row.SetSkipped(progress.SkipConflict, rejection.Error())
	case config.ConflictFail:
		t.Row.Status, t.Row.Error = progress.StatusFailed, rejection.Error()
	default:
		s.enter(t, phaseFindingBlocker)
	}
}

// handleFindBlocker adopts a job that reads the same as the target's own would, waits for one that started too early, and otherwise
// tries to start again later.
func (s *scheduler) handleFindBlocker(t *targetState, r taskResult) error {
	switch {
	case r.err != nil && !tableau.IsItemError(r.err) && !errors.Is(r.err, tableau.ErrJobListDenied):
		return progress.Fail(progress.OutcomeError, r.err)
	case r.err != nil || r.job.ID == "":
		s.retryStart(t)
	case t.startedAfterData(r.job):
		s.note("%q: a refresh that is queued already will read what dbt built: it counts as ours (job %s)", t.Row.Name, r.job.ID)
		s.accept(t, r.job)
	case r.job.ID == t.blocker:
		s.retryStart(t) // it has ended, and the list does not show that yet
	default:
		s.note("%q: a refresh that began before what it reads was ready is waited out (job %s)", t.Row.Name, r.job.ID)
		t.blocker = r.job.ID
		s.enter(t, phaseAwaitingBlocker)
		s.poller.add(&polledJob{target: t, id: r.job.ID, createdAt: r.job.CreatedAt.Time}, time.Now())
	}
	return nil
}

// startedAfterData reports whether a job starts after everything that it reads was up to date. Tableau's times have no
// fractions of a second; where that is not enough, a job that may be the target's own counts as such.
func (t *targetState) startedAfterData(job tableau.Job) bool {
	readyAt := t.dataReadyAt
	if t.mayOwnBlocker {
		readyAt = readyAt.Truncate(time.Second).Add(-1)
	}
	return job.State() == tableau.JobPending || job.StartedAt.After(readyAt)
}

// handlePollBlocker queues the target as soon as the job in its way has ended.
func (s *scheduler) handlePollBlocker(t *targetState, r taskResult) error {
	if r.err != nil && !tableau.IsItemError(r.err) {
		return progress.Fail(progress.OutcomeError, r.err)
	}
	state := r.job.State()
	ended := r.err != nil || state != tableau.JobPending && state != tableau.JobInProgress
	if s.poller.polled(t, ended); ended {
		s.enter(t, phaseQueued)
	}
	return nil
}

// The times between tries to start while another refresh of the same item is queued or running.
const (
	minBackoff = 5 * time.Second
	maxBackoff = 5 * time.Minute
)

// retryStart sets the time of the next try to start.
func (s *scheduler) retryStart(t *targetState) {
	t.backoff = min(max(2*t.backoff, minBackoff), maxBackoff)
	t.retryAt = time.Now().Add(t.backoff)
	s.nextRetry = earlier(s.nextRetry, t.retryAt)
	s.enter(t, phaseRetryLater)
}
