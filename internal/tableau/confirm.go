package tableau

import (
	"context"
	"errors"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// ErrNotListed means that the list of jobs lacks a job.
var ErrNotListed = errors.New("the list of jobs does not show it")

// listedJob finds a job in the list, which has a status of its own for it. Made is when it was made, on Tableau's clock; zero
// means that it is not known, and that the newest jobs have to do.
func (c *Client) listedJob(ctx context.Context, id string, made time.Time) (Job, error) {
	var rows []listed
	var err error
	if made.IsZero() {
		rows, err = c.jobs(ctx, "")
	} else {
		rows, err = c.rowsSince(ctx, made, rest.Polling)
	}
	if err != nil {
		return Job{}, err
	}
	for _, row := range rows {
		if strings.EqualFold(row.ID, id) {
			return row.job(), nil
		}
	}
	return Job{}, ErrNotListed
}

// listTime is how long after its end a job may be missing in the list.
const listTime = 5 * time.Minute

// Confirm asks the job list about a job of Tableau Bridge that ended with code 0: that may only mean that Bridge was given
// the job. With [ErrNoJobList] or [ErrNotListed] nobody can tell, and the job is a success as far as is known.
func (c *Client) ConfirmBridge(ctx context.Context, job Job) (Job, error) {
	if job.State() != Succeeded || strings.TrimSpace(job.FinishCode) != "0" {
		return job, nil
	}
	row, err := c.listedJob(ctx, job.ID, job.CreatedAt.Time)
	switch {
	case errors.Is(err, ErrNotListed) && c.Now().Sub(job.CompletedAt.Time) < listTime:
		job.FinishCode = "" // it may show in a moment
		return job, nil
	case err != nil:
		return job, err
	case row.State() == Succeeded:
		return job, nil
	}
	row.Refresh = job.Refresh // the list has no notes
	return row, nil
}
