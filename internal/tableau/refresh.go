package tableau

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// startTimeout leaves a busy server time to answer: giving up early only makes the outcome unknown.
const startTimeout = time.Minute

// QueuedError means that Tableau did not take a refresh because one of the same item is queued or running.
type QueuedError struct {
	// Ours is true when that one may well be ours: the answer to an earlier start was lost.
	MaybeOwn bool
	Err      error
}

func (e *QueuedError) Error() string { return e.Err.Error() }

func (e *QueuedError) Unwrap() error { return e.Err }

// The times between sendings of a refresh of which no answer comes back: Tableau may be away for as long as a look may wait.
const (
	firstWait = 5 * time.Second
	lastWait  = 5 * time.Minute
)

// Start starts a refresh or a run. When the answer gets lost, it looks for the job, and sends the start again only if there
// is none, or if the signed-in user may not look: Tableau then takes no second one as long as the first one is queued or
// running. Known are LUIDs of jobs that came of earlier starts. The error may be a [QueuedError]; a [rest.UnknownError] means
// that there may be a job.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_subscriptions.htm
func (c *Client) Start(ctx context.Context, t Target, known ...string) (Job, error) {
	since := c.Now()
	begin, wait := time.Now(), firstWait
	for sending := 1; ; sending++ {
		job, err := c.start(ctx, t)
		if hasCode(err, codeQueued) {
			return Job{}, &QueuedError{MaybeOwn: sending > 1, Err: err}
		}
		lost, unknown := errors.AsType[*rest.UnknownError](err)
		if !unknown {
			return job, err
		}
		found, searchErr := c.search(ctx, t, since, known)
		if searchErr != nil && errors.Is(lost, searchErr) {
			return Job{}, lost // both tell that the step was stopped
		}
		if searchErr != nil {
			return Job{}, &rest.UnknownError{Operation: lost.Operation, Err: fmt.Errorf("%w; then %w", lost.Err, searchErr)}
		}
		if found.ID != "" || time.Since(begin)+wait > rest.Polling.Outage {
			return found, lostOr(found, err)
		}
		c.rest.Note(fmt.Sprintf("no job shows for it: it is sent again in %s", wait))
		if err := rest.Sleep(ctx, wait); err != nil {
			return Job{}, &rest.UnknownError{Operation: lost.Operation, Err: fmt.Errorf("%w; then %w", lost.Err, err)}
		}
		wait = min(2*wait, lastWait)
	}
}

func lostOr(found Job, lost error) error {
	if found.ID != "" {
		return nil
	}
	return lost
}

// searchTime is how long a job may take to show in the list.
const searchTime = 15 * time.Second

// search looks for a job that may have been made since then, for some seconds. The zero Job means that none shows.
func (c *Client) search(ctx context.Context, t Target, since time.Time, known []string) (Job, error) {
	end := time.Now().Add(searchTime)
	for wait := time.Second; ; wait *= 2 {
		job, err := c.newest(ctx, t, since, known)
		if errors.Is(err, ErrNoJobList) {
			return Job{}, nil
		}
		if err != nil || job.ID != "" || !time.Now().Before(end) {
			return job, err
		}
		if err := rest.Sleep(ctx, min(wait, time.Until(end))); err != nil {
			return Job{}, err
		}
	}
}

// start sends what makes a job, once. An answer without a job's ID is none.
func (c *Client) start(ctx context.Context, t Target) (Job, error) {
	operation, body, path := c.call(t)
	answer, err := call[jobAnswer](ctx, c, rest.Request{
		Operation: operation,
		Method:    http.MethodPost,
		Body:      body,
		Timeout:   startTimeout,
		Retry:     rest.Polling,
		Once:      true,
	}, path...)
	if status, ok := errors.AsType[*rest.StatusError](err); ok && status.Status == http.StatusForbidden && !hasCode(err, codeNoExtract) {
		err = fmt.Errorf("%w: it takes the item's owner, its project's leader or a site administrator, and an extract to refresh", err)
	}
	return answer.Job, err
}
