package tableau

import (
	"context"
	"errors"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// ErrJobNotListed means that a job is missing in the list of jobs.
var ErrJobNotListed = errors.New("the list of jobs does not show it")

// listedJob finds a job in the list of jobs, where it has a separate status. It searches the jobs created since createdAt on
// Tableau's clock, or only the newest jobs if createdAt is zero.
func (c *Client) listedJob(ctx context.Context, id string, createdAt time.Time) (Job, error) {
	var rows []jobRow
	var err error
	if createdAt.IsZero() {
		rows, err = c.listNewestJobs(ctx, "")
	} else {
		rows, err = c.listJobsSince(ctx, createdAt, rest.Polling)
	}
	if err != nil {
		return Job{}, err
	}
	for _, row := range rows {
		if strings.EqualFold(row.ID, id) {
			return row.job(), nil
		}
	}
	return Job{}, ErrJobNotListed
}

// listDelay is how long after its end a job can be missing in the list.
const listDelay = 5 * time.Minute

// ConfirmBridgeJob checks the list of jobs for the result of a Tableau Bridge job with finish code 0, which can also mean
// that the job was only handed to Bridge. It returns other jobs unchanged. With [ErrJobListDenied] or [ErrJobNotListed], the
// result can't be confirmed, and the job is returned as the success that Tableau reported.
func (c *Client) ConfirmBridgeJob(ctx context.Context, job Job) (Job, error) {
	if job.State() != JobSucceeded || strings.TrimSpace(job.FinishCode) != "0" {
		return job, nil
	}
	listed, err := c.listedJob(ctx, job.ID, job.CreatedAt.Time)
	switch {
	case errors.Is(err, ErrJobNotListed) && c.ServerTime().Sub(job.CompletedAt.Time) < listDelay:
		job.FinishCode = "" // it might be listed soon
		return job, nil
	case err != nil:
		return job, err
	case listed.State() == JobSucceeded:
		return job, nil
	}
	listed.Refresh = job.Refresh // the list contains no notes
	return listed, nil
}
