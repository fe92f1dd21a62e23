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

// Start is a run to be started once.
type StartRequest struct {
	JobID int64
	// After is the newest run of the job that was known before; 0 when none was.
	AfterRunID int64
	// Marker is in the request's cause.
	Marker  string
	Request TriggerRequest
	// Retry is the failed run to take up again instead of starting afresh; 0 for none. Then Marker and Request are not used.
	RetryRunID int64
}

// made reports whether the run came of this start.
func (s StartRequest) made(run Run) bool {
	if s.RetryRunID != 0 {
		return run.RetryingRunID == s.RetryRunID
	}
	return s.Marker != "" && run.Trigger != nil && strings.Contains(run.Trigger.Cause, s.Marker)
}

const (
	// searchTime is how long a run may take to show in the list.
	searchTime = time.Minute
	// maxSendings is how often a start may be sent whose run does not show.
	maxSendings = 3
)

// Start starts a run exactly once. When the answer gets lost, it looks for the run by its marker, and only when none shows
// up within a minute does it send the start again. The number of sendings is returned, too: after the second, a twin
// may still show up. An error that is a [rest.UnknownError] means that there may be a run.
func (c *Client) Start(ctx context.Context, s StartRequest) (Run, int, error) {
	for sending := 1; ; sending++ {
		run, err := c.send(ctx, s)
		lost, ok := errors.AsType[*rest.UnknownError](err)
		if !ok {
			return run, sending, err
		}
		c.rest.Note("looking for the run among those of the job")
		run, err = c.SearchStarted(ctx, s)
		if err != nil && errors.Is(lost, err) {
			return Run{}, sending, lost // both tell that the step was stopped
		}
		if err != nil {
			return Run{}, sending, &rest.UnknownError{Operation: lost.Operation, Err: fmt.Errorf("%w; then %w", lost.Err, err)}
		}
		if run.ID != 0 {
			return run, sending, nil
		}
		c.rest.Note("no run shows within a minute")
		if sending == maxSendings {
			return Run{}, sending, &rest.UnknownError{Operation: lost.Operation, Err: fmt.Errorf("sent %d times, and no run shows: %w", sending, lost.Err)}
		}
	}
}

func (c *Client) send(ctx context.Context, s StartRequest) (Run, error) {
	if s.RetryRunID != 0 {
		return c.retry(ctx, s.RetryRunID)
	}
	return c.trigger(ctx, s.JobID, s.Request)
}

// Search looks for the run of a start for up to a minute; the zero run means that there is none. It fails when nothing can be told.
func (c *Client) SearchStarted(ctx context.Context, s StartRequest) (Run, error) {
	end := time.Now().Add(searchTime)
	for wait := time.Second; ; wait *= 2 {
		runs, silent, err := c.find(ctx, s, searching)
		if err != nil {
			return Run{}, err
		}
		if len(runs) > 0 {
			return runs[0], nil
		}
		left := time.Until(end)
		if left <= 0 && silent > 0 {
			return Run{}, fmt.Errorf("dbt does not tell what started run %d: it may be ours", silent)
		}
		if left <= 0 {
			return Run{}, nil
		}
		if err := rest.Sleep(ctx, min(wait, left)); err != nil {
			return Run{}, err
		}
	}
}

// Find looks once for the runs that came of a start, the oldest first.
func (c *Client) FindStarted(ctx context.Context, s StartRequest, patience rest.RetryTimes) ([]Run, error) {
	ours, _, err := c.find(ctx, s, patience)
	return ours, err
}

// find also returns the ID of a run that may be ours: there is nothing to tell it by. 0 means that there is none.
func (c *Client) find(ctx context.Context, s StartRequest, patience rest.RetryTimes) (ours []Run, silent int64, err error) {
	runs, err := c.Runs(ctx, RunFilter{JobID: s.JobID, AfterRunID: s.AfterRunID, IncludeTrigger: true}, patience)
	for _, run := range runs {
		switch {
		case s.made(run):
			ours = append(ours, run)
		case s.RetryRunID == 0 && run.Trigger == nil && run.ID > s.AfterRunID:
			silent = run.ID
		}
	}
	slices.SortStableFunc(ours, func(a, b Run) int { return cmp.Compare(a.ID, b.ID) })
	return ours, silent, err
}

// searching is the patience of a search: the list has to be seen at least once.
var searching = rest.RetryTimes{Outage: searchTime, Malformed: searchTime, Throttle: rest.Polling.Throttle}
