package refresh

import (
	"errors"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// handle applies a response. Its error concerns all targets.
func (s *scheduler) handle(r callResult) error {
	if r.kind == callListJobs {
		return s.handleList(r)
	}
	if r.err != nil && !tableau.IsItemError(r.err) && !rest.IsUnknown(r.err) && !errors.Is(r.err, tableau.ErrJobListDenied) {
		return progress.Fail(progress.OutcomeError, r.err)
	}
	t := r.target
	before := *t.Row
	switch t.phase {
	case phaseStarting:
		s.handleStart(t, r)
	case phaseFindingBlocker:
		s.handleBlocker(t, r)
	case phaseAwaitingBlocker:
		s.handleBlockerPoll(t, r)
	case phasePolling:
		s.handlePoll(t, r)
	}
	if t.Row.Status.Ended() {
		s.end(t)
	}
	if *t.Row != before {
		s.observeChange(t)
	}
	return nil
}

func (s *scheduler) handleStart(t *targetState, r callResult) {
	for _, other := range t.item.targets {
		if other.phase == phaseSameItemStarting {
			s.enter(other, phaseQueued)
		}
	}
	rejection, isConflict := errors.AsType[*tableau.QueuedError](r.err)
	switch {
	case r.err == nil:
		s.accept(t, r.job)
	case isConflict:
		s.handleConflict(t, rejection)
	case tableau.IsNoExtractError(r.err) && !t.Listed && t.Start.Type != content.Task:
		t.Row.SetSkipped(progress.SkipNoExtract, progress.NoExtract)
		s.note("%q was skipped: %s", t.Row.Name, progress.NoExtract)
	case rest.IsUnknown(r.err):
		t.Row.Status, t.Row.Error = progress.StatusUnknown, r.err.Error()
	default:
		t.Row.Status, t.Row.Error = progress.StatusFailed, r.err.Error()
	}
}

// accept makes job the target's own.
func (s *scheduler) accept(t *targetState, job tableau.Job) {
	now := time.Now()
	t.item.jobs = append(t.item.jobs, job.ID)
	t.Row.JobID, t.Row.Status, t.Row.Accepted = job.ID, progress.StatusStarted, s.client.LocalTime(job.CreatedAt.Time)
	t.Row.Running, t.Row.Ended, t.Row.Error = time.Time{}, time.Time{}, ""
	if t.Row.Accepted.IsZero() {
		t.Row.Accepted = now
	}
	if !s.options.Wait && len(t.dependents) == 0 {
		s.enter(t, phaseDone)
		return
	}
	s.enter(t, phasePolling)
	s.poller.add(&polledJob{target: t, id: job.ID, createdAt: job.CreatedAt.Time, acceptedAt: now, bridge: t.Start.UsesBridge}, now)
}

// handleConflict handles a start that was rejected because a refresh of the same item is queued or running. That refresh might
// have read the tables before dbt built them, so only one that starts afterwards counts.
func (s *scheduler) handleConflict(t *targetState, rejection *tableau.QueuedError) {
	t.blockerMightBeOwn = t.blockerMightBeOwn || rejection.MaybeOwn
	policy := s.options.OnConflict
	if t.blockerMightBeOwn || t.sameItemRunning() {
		policy = config.ConflictWait
	}
	switch policy {
	case config.ConflictSkip:
		t.Row.SetSkipped(progress.SkipConflict, "another refresh was already queued or running")
	case config.ConflictFail:
		t.Row.Status, t.Row.Error = progress.StatusFailed, rejection.Error()
	default:
		s.enter(t, phaseFindingBlocker)
	}
}

// handleBlocker adopts a job that reads all new data, waits for one that started too early, and otherwise starts again later.
func (s *scheduler) handleBlocker(t *targetState, r callResult) {
	switch {
	case r.err != nil || r.job.ID == "":
		s.retryStart(t)
	case t.startedAfterData(r.job):
		s.note("%q: already queued and starts after dbt finished; using that refresh (job %s)", t.Row.Name, r.job.ID)
		s.accept(t, r.job)
	case r.job.ID == t.blocker:
		s.retryStart(t) // it has ended, but the list is not up to date
	default:
		s.note("%q: an earlier refresh is running; waiting, then refreshing again (job %s)", t.Row.Name, r.job.ID)
		t.blocker = r.job.ID
		s.enter(t, phaseAwaitingBlocker)
		s.poller.add(&polledJob{target: t, id: r.job.ID, createdAt: r.job.CreatedAt.Time}, time.Now())
	}
}

// startedAfterData reports whether a job starts after all its data was up to date. Tableau's times have no fractions of a
// second. If that is not enough to decide, a job that might be the target's own counts.
func (t *targetState) startedAfterData(job tableau.Job) bool {
	readyAt := t.dataReadyAt
	if t.blockerMightBeOwn {
		readyAt = readyAt.Truncate(time.Second).Add(-1)
	}
	return job.State() == tableau.JobPending || job.StartedAt.After(readyAt)
}

func (s *scheduler) handleBlockerPoll(t *targetState, r callResult) {
	state := r.job.State()
	ended := r.err != nil || state != tableau.JobPending && state != tableau.JobInProgress
	if s.poller.polled(t, ended); ended {
		s.enter(t, phaseQueued)
	}
}

// The backoff while another refresh of the same item is queued or running.
const (
	minBackoff = 5 * time.Second
	maxBackoff = 5 * time.Minute
)

func (s *scheduler) retryStart(t *targetState) {
	t.backoff = min(max(2*t.backoff, minBackoff), maxBackoff)
	t.retryAt = time.Now().Add(t.backoff)
	s.enter(t, phaseRetryLater)
}

func (s *scheduler) handlePoll(t *targetState, r callResult) {
	if r.err != nil {
		t.Row.Status, t.Row.Error = progress.StatusUnknown, r.err.Error()
	} else {
		s.updateRow(t, r)
	}
	if r.unconfirmed != nil {
		s.options.Warn(fmt.Sprintf("%q: handed to Tableau Bridge; its result can't be confirmed: %s", t.Row.Name, r.unconfirmed))
	}
	s.poller.polled(t, t.Row.Status.Ended())
	if t.Row.Status == progress.StatusFailed && t.retries < s.options.Retries { // a canceled job was stopped on purpose
		t.retries++
		s.observeChange(t)
		s.note("%q: retrying (attempt %d of %d)", t.Row.Name, t.retries+1, s.options.Retries+1)
		t.Row.Status = progress.StatusNotStarted
		s.enter(t, phaseQueued)
	}
}

func (s *scheduler) updateRow(t *targetState, r callResult) {
	if started := s.client.LocalTime(r.job.StartedAt.Time); !started.IsZero() {
		t.Row.Running = started
	}
	switch r.job.State() {
	case tableau.JobSucceeded:
		t.Row.Status = progress.StatusSuccess
	case tableau.JobFailed:
		t.Row.Status, t.Row.Error = progress.StatusFailed, r.job.FailureReason()
	case tableau.JobCancelled:
		t.Row.Status, t.Row.Error = progress.StatusCancelled, r.job.FailureReason()
	}
	if t.Row.Status.Ended() {
		t.Row.Ended, t.endedAt = time.Now(), s.client.ServerTime()
		if at := r.job.CompletedAt.Time; !at.IsZero() {
			t.Row.Ended, t.endedAt = s.client.LocalTime(at), at
		}
	}
}

// handleList applies a list of jobs. The list only saves requests: without it, each job is queried.
func (s *scheduler) handleList(r callResult) error {
	s.poller.listInFlight = false
	if _, ok := errors.AsType[*tableau.SessionError](r.err); ok {
		return progress.Fail(progress.OutcomeError, r.err)
	}
	if r.err != nil {
		s.poller.pauseList(r.err, time.Now())
		return nil
	}
	results, queries := s.poller.read(r.listed, time.Now())
	s.callQueue = append(s.callQueue, queries...)
	for _, result := range results {
		if err := s.handle(result); err != nil {
			return err
		}
	}
	return nil
}

func (s *scheduler) observeChange(t *targetState) {
	s.options.Observer.Observe(progress.RefreshChanged{Index: t.index, Refresh: *t.Row})
}

func (s *scheduler) note(format string, values ...any) {
	s.options.Observer.Observe(progress.Noted{Text: fmt.Sprintf(format, values...)})
}
