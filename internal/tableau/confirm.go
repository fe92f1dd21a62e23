package tableau

import (
	"context"
	"errors"
	"strings"
)

var errNotListed = errors.New("the job is not in the list")

// listedJob finds a job in the list, which has a status of its own for it.
func (c *Client) listedJob(ctx context.Context, id string) (Job, error) {
	jobs, err := c.jobs(ctx, "")
	for _, row := range jobs {
		if strings.EqualFold(row.ID, id) {
			return row.job(), err
		}
	}
	return Job{}, errors.Join(errNotListed, err)
}

// Confirm asks the job list about a job of Tableau Bridge that ended with code 0: that may only mean that Bridge was given
// the job. Proved is false when the list can't be asked, or does not have it.
func (c *Client) Confirm(ctx context.Context, job Job) (confirmed Job, proved bool) {
	if job.State() != Succeeded || strings.TrimSpace(job.FinishCode) != "0" {
		return job, true
	}
	row, err := c.listedJob(ctx, job.ID)
	if err != nil {
		return job, false
	}
	if row.State() == Succeeded {
		return job, true
	}
	row.Refresh = job.Refresh // the list has no notes
	return row, true
}
