package tableau

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
)

// Target is an item or a task whose start creates a job.
type Target struct {
	// Type is the type of ID, which is a LUID except for some tasks.
	Type content.Type
	ID   string
	// ItemID is the LUID of the item that a task refreshes, of ItemType; "" if Tableau did not return it.
	ItemType content.Type
	ItemID   string
	// UsesBridge is true for a data source that Tableau Bridge might refresh.
	UsesBridge bool
	// Incremental requests an incremental refresh instead of a full one, see [Version.SupportsIncremental]. A task ignores
	// it.
	Incremental bool
}

func (t Target) item() (content.Type, string) {
	if t.Type == content.Task {
		return t.ItemType, t.ItemID
	}
	return t.Type, t.ID
}

// QueuedError means that Tableau rejected a refresh because another one of the same item is queued or in progress.
type QueuedError struct {
	// MaybeOwn is true if that refresh might come from an earlier attempt of this start, whose response was lost.
	MaybeOwn bool
	Err      error
}

func (e *QueuedError) Error() string { return e.Err.Error() }

func (e *QueuedError) Unwrap() error { return e.Err }

// The delays between attempts of a start that gets no response. They continue for as long as other requests are retried.
const (
	minResendDelay = 5 * time.Second
	maxResendDelay = 5 * time.Minute
)

// Start starts a refresh or a flow run. If the response is lost, it searches for the job, and sends the start again only if
// no job is listed, or if the signed-in user can't list jobs. In that case, Tableau rejects a second refresh as long as the
// first one is queued or in progress. Known are the LUIDs of jobs from earlier starts. The error can be a [QueuedError]; a
// [rest.UnknownError] means that the start might have created a job.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_subscriptions.htm
func (c *Client) Start(ctx context.Context, target Target, known ...string) (Job, error) {
	since := c.ServerTime()
	started, delay := time.Now(), minResendDelay
	for attempt := 1; ; attempt++ {
		job, startErr := c.sendStart(ctx, target)
		if hasCode(startErr, codeAlreadyQueued) {
			return Job{}, &QueuedError{MaybeOwn: attempt > 1, Err: startErr}
		}
		lost, isUnknown := errors.AsType[*rest.UnknownError](startErr)
		if !isUnknown {
			return job, startErr
		}
		found, err := c.searchJob(ctx, target, since, known)
		if err == nil {
			if found.ID != "" {
				return found, nil
			}
			if time.Since(started)+delay > rest.Polling.Outage {
				return Job{}, startErr
			}
			c.rest.Note(fmt.Sprintf("no job found for the request to %s; sending it again in %s", lost.Operation, delay))
			err = rest.Sleep(ctx, delay)
		}
		if errors.Is(lost, err) {
			return Job{}, lost // both mean that the context ended
		}
		if err != nil {
			return Job{}, &rest.UnknownError{Operation: lost.Operation, Err: fmt.Errorf("%w; then %w", lost.Err, err)}
		}
		delay = min(2*delay, maxResendDelay)
	}
}

const searchTimeout = 15 * time.Second // how long a new job can be missing in the list

// searchJob polls the list for a job that was created since the given time on Tableau's clock. The zero Job means that none
// is listed, or that the signed-in user can't list jobs.
func (c *Client) searchJob(ctx context.Context, target Target, since time.Time, known []string) (Job, error) {
	end := time.Now().Add(searchTimeout)
	for wait := time.Second; ; wait *= 2 {
		job, err := c.findJob(ctx, target, createdSinceFilter(since), known...)
		if errors.Is(err, ErrJobListDenied) {
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

const startTimeout = time.Minute // long, because a busy server is slow, and after a timeout the outcome is unknown

// sendStart sends the start once. A response without a job ID does not count as a response.
func (c *Client) sendStart(ctx context.Context, target Target) (Job, error) {
	operation, body, path := c.startRequest(target)
	response, err := call[jobResponse](ctx, c, rest.Request{
		Operation: operation,
		Method:    http.MethodPost,
		Body:      []byte(body),
		Timeout:   startTimeout,
		Retry:     rest.Polling,
		Once:      true,
	}, path...)
	if hasStatus(err, http.StatusForbidden) && !hasCode(err, codeNoExtract) {
		err = fmt.Errorf("%w. The user must be the owner of the item, its project leader, or a site administrator, and the item must "+
			"have an extract", err)
	}
	return response.Job, err
}

func (c *Client) startRequest(t Target) (operation, body string, path []string) {
	operation, body = fmt.Sprintf("refresh %s %s", t.Type.Noun(), t.ID), "<tsRequest/>"
	path = []string{collectionPath(t.Type), t.ID, "refresh"}
	switch {
	case t.Type == content.Flow:
		operation, path[2] = "run flow "+t.ID, "run"
	case t.Type == content.Task:
		operation, path = "run extract refresh task "+t.ID, []string{"tasks", "extractRefreshes", t.ID, "runNow"}
	case !c.version.SupportsIncremental(): // the request has no options
	case t.Incremental:
		body = `<tsRequest><extractRefresh incremental="true"/></tsRequest>`
	default:
		body = "<tsRequest><extractRefresh/></tsRequest>"
	}
	return operation, body, path
}
