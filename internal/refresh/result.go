package refresh

import (
	"errors"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/tableau"
)

// handle applies the response to a task to its target. An error concerns all targets.
func (s *scheduler) handle(r taskResult) error {
	if r.kind == taskListJobs {
		return s.handleListJobs(r)
	}
	t := r.target
	before := *t.Row
	var err error
	switch t.phase {
	case phaseStarting:
		err = s.handleStart(t, r)
	case phaseFindingBlocker:
		err = s.handleFindBlocker(t, r)
	case phaseAwaitingBlocker:
		err = s.handlePollBlocker(t, r)
	case phasePolling:
		err = s.handlePollJob(t, r)
	}
	if t.Row.Status.Ended() {
		s.end(t)
	}
	if *t.Row != before {
		s.observeChange(t)
	}
	return err
}

func (s *scheduler) handleStart(t *targetState, r taskResult) error {
	for _, other := range t.item.targets {
		if other.phase == phaseSameItemStarting {
			s.enter(other, phaseQueued)
		}
	}
	if r.err == nil {
		s.accept(t, r.job)
		return nil
	}
	if rejection, ok := errors.AsType[*tableau.QueuedError](r.err); ok {
		s.handleConflict(t, rejection)
		return nil
	}
	switch {
	case tableau.IsNoExtractError(r.err) && !t.Listed && t.Start.Type != content.Task:
		t.Row.SetSkipped(progress.SkipNoExtract, progress.NoExtract)
		s.note("%q is left out: %s", t.Row.Name, progress.NoExtract)
	case rest.IsUnknown(r.err):
		t.Row.Status, t.Row.Error = progress.StatusUnknown, r.err.Error()
	case tableau.IsItemError(r.err):
		t.Row.Status, t.Row.Error = progress.StatusFailed, r.err.Error()
	default:
		return progress.Fail(progress.OutcomeError, r.err)
	}
	return nil
}

// accept makes job the target's own.
func (s *scheduler) accept(t *targetState, job tableau.Job) {
	now := time.Now()
	t.item.jobs = append(t.item.jobs, job.ID)
	t.Row.JobID, t.Row.Status, t.Row.Accepted = job.ID, progress.StatusStarted, s.requests.client.LocalTime(job.CreatedAt.Time)
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

func (s *scheduler) handlePollJob(t *targetState, r taskResult) error {
	switch {
	case r.err != nil && !tableau.IsItemError(r.err):
		return progress.Fail(progress.OutcomeError, r.err)
	case r.err != nil:
		t.Row.Status, t.Row.Error = progress.StatusUnknown, r.err.Error()
	default:
		s.conclude(t, r)
	}
	s.poller.polled(t, t.Row.Status.Ended())
	if t.Row.Status == progress.StatusFailed && t.retries < s.options.Retries {
		s.retry(t)
	}
	return nil
}

// conclude updates the row from the target's job.
func (s *scheduler) conclude(t *targetState, r taskResult) {
	if started := s.requests.client.LocalTime(r.job.StartedAt.Time); !started.IsZero() {
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
		t.Row.Ended, t.endedAt = time.Now(), s.requests.client.ServerTime()
		if at := r.job.CompletedAt.Time; !at.IsZero() {
			t.Row.Ended, t.endedAt = s.requests.client.LocalTime(at), at
		}
	}
	if r.unconfirmed != nil {
		s.options.Warn(fmt.Sprintf("%q: Tableau Bridge has the refresh, and Tableau calls it a success; whether Bridge has done it "+
			"can't be told: %s", t.Row.Name, r.unconfirmed))
	}
}

// handleListJobs applies a list of jobs to the targets. The list only saves requests: without it each job is queried itself.
func (s *scheduler) handleListJobs(r taskResult) error {
	s.poller.listInFlight = false
	if _, ok := errors.AsType[*tableau.SessionError](r.err); ok {
		return progress.Fail(progress.OutcomeError, r.err)
	}
	if r.err != nil {
		s.poller.pauseList(r.err, time.Now())
		return nil
	}
	results, queries := s.poller.read(r.listed, time.Now())
	s.taskQueue = append(s.taskQueue, queries...)
	for _, result := range results {
		if err := s.handle(result); err != nil {
			return err
		}
	}
	return nil
}

// retry queues a target whose job has failed. A canceled job is not retried: someone or a limit of the site stopped it.
func (s *scheduler) retry(t *targetState) {
	t.retries++
	s.observeChange(t)
	s.note("%q: started again, try %d of %d", t.Row.Name, t.retries+1, s.options.Retries+1)
	t.Row.Status = progress.StatusNotStarted
	s.enter(t, phaseQueued)
}

func (s *scheduler) observeChange(t *targetState) {
	s.options.Observer.Observe(progress.RefreshChanged{Index: t.index, Refresh: *t.Row})
}

func (s *scheduler) note(format string, values ...any) {
	s.options.Observer.Observe(progress.Noted{Text: fmt.Sprintf(format, values...)})
}
