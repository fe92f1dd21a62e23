package dbt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// StartRequest is a run to start exactly once.
type StartRequest struct {
	JobID int64
	// AfterRunID is the newest run of the job before the start; 0 if there was none.
	AfterRunID int64
	// Marker is in the cause of Request.
	Marker  string
	Request TriggerRequest
	// RetryRunID is the failed run to retry; 0 starts a new run. For a retry, Marker and Request are not used.
	RetryRunID int64
}

// matches reports whether run is the result of this request.
func (s StartRequest) matches(run Run) bool {
	if s.RetryRunID != 0 {
		return run.RetryingRunID == s.RetryRunID
	}
	return s.Marker != "" && run.Trigger != nil && strings.Contains(run.Trigger.Cause, s.Marker)
}

const (
	// searchTime is how long a new run may take to appear in the list.
	searchTime = time.Minute
	// maxStarts is how often a start is sent if no run appears.
	maxStarts = 3
)

// Start starts a run exactly once. If the response is lost, it searches for the run by its marker, and sends the start
// again only if none appears within a minute. It also returns whether a response was lost: then a duplicate run may still
// appear. A [rest.UnknownError] means that the run may exist.
func (c *Client) Start(ctx context.Context, s StartRequest) (run Run, responseLost bool, err error) {
	for starts := 1; ; starts++ {
		run, err := c.send(ctx, s)
		unknown, ok := errors.AsType[*rest.UnknownError](err)
		if !ok {
			return run, starts > 1, err
		}
		c.rest.Note("looking for the run among those of the job")
		runs, err := c.SearchStarted(ctx, s)
		if err != nil && errors.Is(unknown, err) {
			return Run{}, true, unknown // both have the same cause: the step was stopped
		}
		if err != nil {
			return Run{}, true, &rest.UnknownError{Operation: unknown.Operation, Err: fmt.Errorf("%w; then %w", unknown.Err, err)}
		}
		if len(runs) > 0 {
			return runs[0], true, nil
		}
		c.rest.Note("no run shows within a minute")
		if starts == maxStarts {
			err := fmt.Errorf("sent %d times, and no run shows: %w", starts, unknown.Err)
			return Run{}, true, &rest.UnknownError{Operation: unknown.Operation, Err: err}
		}
	}
}

func (c *Client) send(ctx context.Context, s StartRequest) (Run, error) {
	if s.RetryRunID != 0 {
		return c.retry(ctx, s.RetryRunID)
	}
	return c.trigger(ctx, s.JobID, s.Request)
}

// SearchStarted searches for the run of a start for up to a minute. It returns the runs that appear first, the oldest first,
// none if no run appears, and an error if that can't be determined.
func (c *Client) SearchStarted(ctx context.Context, s StartRequest) ([]Run, error) {
	deadline := time.Now().Add(searchTime)
	for wait := time.Second; ; wait *= 2 {
		runs, unidentifiedID, err := c.listStarted(ctx, s, searchRetry)
		if err != nil || len(runs) > 0 {
			return runs, err
		}
		remaining := time.Until(deadline)
		if remaining <= 0 && unidentifiedID > 0 {
			return nil, fmt.Errorf("dbt does not tell what started run %d: it may be ours", unidentifiedID)
		}
		if remaining <= 0 {
			return nil, nil
		}
		if err := rest.Sleep(ctx, min(wait, remaining)); err != nil {
			return nil, err
		}
	}
}

// FindStarted returns the runs of a start that are in the list now, the oldest first.
func (c *Client) FindStarted(ctx context.Context, s StartRequest, retry rest.RetryTimes) ([]Run, error) {
	started, _, err := c.listStarted(ctx, s, retry)
	return started, err
}

// listStarted also returns the ID of a run that may be one of the start, because dbt did not return its trigger; 0 if there
// is none.
func (c *Client) listStarted(ctx context.Context, s StartRequest, retry rest.RetryTimes) (started []Run, unidentifiedID int64, err error) {
	runs, err := c.Runs(ctx, RunFilter{JobID: s.JobID, AfterRunID: s.AfterRunID, IncludeTrigger: true}, retry)
	for _, run := range runs {
		switch {
		case s.matches(run):
			started = append(started, run)
		case s.RetryRunID == 0 && run.Trigger == nil && run.ID > s.AfterRunID:
			unidentifiedID = run.ID
		}
	}
	slices.SortStableFunc(started, func(a, b Run) int { return cmp.Compare(a.ID, b.ID) })
	return started, unidentifiedID, err
}

// searchRetry is for the list of runs during a search: it has to be read at least once.
var searchRetry = rest.RetryTimes{Outage: searchTime, Malformed: searchTime, Throttle: rest.Polling.Throttle}
