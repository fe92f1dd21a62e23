package tableau

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
)

// ErrJobListDenied means that the signed-in user can't list the site's jobs, which requires an administrator.
var ErrJobListDenied = errors.New("the signed-in user can't list jobs")

// jobRow is a row of the list of jobs, which does not include the item that the job refreshes.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_subscriptions.htm#query_jobs
type jobRow struct {
	ID        string `xml:"id,attr"`
	Type      string `xml:"jobType,attr"`
	Status    string `xml:"status,attr"`
	CreatedAt Time   `xml:"createdAt,attr"`
	StartedAt Time   `xml:"startedAt,attr"`
	EndedAt   Time   `xml:"endedAt,attr"`
}

func (r jobRow) job() Job {
	codes := map[string]string{"success": finishSuccess, "failed": finishFailed, "cancelled": finishCancelled}
	job := Job{ID: r.ID, CreatedAt: r.CreatedAt, StartedAt: r.StartedAt, FinishCode: codes[strings.ToLower(r.Status)]}
	if job.FinishCode == "" {
		return job
	}
	if job.CompletedAt = r.EndedAt; job.CompletedAt.IsZero() {
		job.CompletedAt = Time{Time: time.Now().UTC()}
	}
	return job
}

// ListedJob is a job from the list of jobs, without its item and its notes.
type ListedJob struct {
	Job Job
	// Conclusive is true if querying the job would add nothing: it is queued, in progress, or a success. Why a job failed,
	// and the result of a Tableau Bridge job, are not in the list.
	Conclusive bool
}

func (r jobRow) isConclusive() bool {
	switch strings.ToLower(r.Status) {
	case "pending", "inprogress":
		return true
	case "success":
		return !r.EndedAt.IsZero() && !strings.Contains(strings.ToLower(r.Type), "bridge")
	}
	return false
}

// canBeFor compares what the job types of all refreshes, or of all flow runs, have in common, because Tableau Bridge has
// separate job types.
func (r jobRow) canBeFor(contentType content.Type) bool {
	word := "extract"
	if contentType == content.Flow {
		word = "flow"
	}
	return strings.Contains(strings.ToLower(r.Type), word)
}

// JobsSince lists the jobs created at the given time on Tableau's clock or later, by their LUIDs in lower case. A new job can
// be missing for a moment. The error can be [ErrJobListDenied]. Failures are retried for only a minute, because each job can
// also be queried separately.
func (c *Client) JobsSince(ctx context.Context, since time.Time) (map[string]ListedJob, error) {
	rows, err := c.listJobsSince(ctx, since, rest.RetryTimes{Outage: time.Minute, Malformed: time.Minute, Throttle: time.Minute})
	jobs := make(map[string]ListedJob, len(rows))
	for _, row := range rows {
		jobs[strings.ToLower(row.ID)] = ListedJob{Job: row.job(), Conclusive: row.isConclusive()}
	}
	return jobs, err
}

const listOverlap = time.Minute // how much further back than necessary a list starts

// listJobsSince lists the oldest jobs first, so that jobs created while the pages are read do not shift the pages.
func (c *Client) listJobsSince(ctx context.Context, since time.Time, retry rest.RetryTimes) ([]jobRow, error) {
	query := url.Values{"sort": {"createdAt:asc"}, "filter": {createdSinceFilter(since.Add(-listOverlap))}}
	return c.listJobs(ctx, query, retry, listAll[jobRow])
}

// listNewestJobs lists up to 1,000 of the newest jobs that match the filter, which can be "".
func (c *Client) listNewestJobs(ctx context.Context, filter string) ([]jobRow, error) {
	query := url.Values{"sort": {"createdAt:desc"}, "pageSize": {"1000"}}
	if filter != "" {
		query.Set("filter", filter)
	}
	return c.listJobs(ctx, query, rest.Polling, listPage[jobRow])
}

func createdSinceFilter(t time.Time) string { return "createdAt:gte:" + t.UTC().Format(time.RFC3339) }

func (c *Client) listJobs(
	ctx context.Context, query url.Values, retry rest.RetryTimes,
	list func(context.Context, *Client, rest.Request, ...string) ([]jobRow, error),
) ([]jobRow, error) {
	if !c.hasScope(ScopeJobs) {
		return nil, ErrJobListDenied
	}
	rows, err := list(ctx, c, rest.Request{Operation: "list Tableau jobs", Query: query, Retry: retry}, "jobs")
	if isRejected(err) {
		return nil, ErrJobListDenied
	}
	return rows, err
}

// listedJob finds a job in the list of jobs, which contains its status even if the job itself does not. It searches the jobs
// created since createdAt on Tableau's clock, or only the newest jobs if createdAt is zero.
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
	i := slices.IndexFunc(rows, func(row jobRow) bool { return strings.EqualFold(row.ID, id) })
	if i < 0 {
		return Job{}, ErrJobNotListed
	}
	return rows[i].job(), nil
}

// ActiveJob returns the job that is queued or in progress for the target's item. The zero Job means that there is none. The
// error can be [ErrJobListDenied].
func (c *Client) ActiveJob(ctx context.Context, target Target) (Job, error) {
	return c.findJob(ctx, target, "status:in:[Pending,InProgress]")
}

const maxCandidateJobs = 200 // to query; jobs of known items do not count

// findJob returns the newest job for the target's item among the jobs that match the filter, without the excluded LUIDs. The
// zero Job means that there is none.
func (c *Client) findJob(ctx context.Context, target Target, filter string, excluded ...string) (Job, error) {
	contentType, luid := target.item()
	rows, err := c.listNewestJobs(ctx, filter)
	if err != nil {
		return Job{}, err
	}
	candidates := 0
	for _, row := range rows {
		isExcluded := slices.ContainsFunc(excluded, func(id string) bool { return strings.EqualFold(id, row.ID) })
		if isExcluded || !row.canBeFor(contentType) || c.hasOtherItem(row.ID, luid) {
			continue
		}
		if candidates++; candidates > maxCandidateJobs {
			break
		}
		job, err := c.candidateJob(ctx, row.ID)
		switch {
		case isRejected(err):
		case err != nil:
			return Job{}, err
		case job.isFor(contentType, luid):
			return job, nil
		}
	}
	return Job{}, nil
}

func (c *Client) candidateJob(ctx context.Context, id string) (Job, error) {
	job, err, _ := c.jobRequests.Do(id, func() (any, error) {
		job, err := c.Job(ctx, id, time.Time{})
		if err == nil {
			c.itemsByJob.Store(strings.ToLower(id), strings.ToLower(job.itemID()))
		}
		return job, err
	})
	return job.(Job), err
}

func (c *Client) hasOtherItem(job, luid string) bool {
	item, known := c.itemsByJob.Load(strings.ToLower(job))
	return known && item != "" && item != strings.ToLower(luid)
}
