package tableau

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
)

// ErrJobListDenied means that the signed-in user can't list the site's jobs, which requires an administrator.
var ErrJobListDenied = errors.New("the signed-in user may not list jobs")

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

// job returns the row as a job, with what the list contains.
func (r jobRow) job() Job {
	codes := map[string]string{"success": "0", "failed": "1", "cancelled": "2"}
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

// JobsSince lists the jobs created at the given time on Tableau's clock or later, by their LUIDs in lower case. A new job can
// be missing for a moment. The error can be [ErrJobListDenied]. Failures are retried for only a minute, because each job can
// also be queried separately.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_subscriptions.htm#query_jobs
func (c *Client) JobsSince(ctx context.Context, since time.Time) (map[string]ListedJob, error) {
	rows, err := c.listJobsSince(ctx, since, rest.RetryTimes{Outage: time.Minute, Malformed: time.Minute, Throttle: time.Minute})
	jobs := make(map[string]ListedJob, len(rows))
	for _, row := range rows {
		jobs[strings.ToLower(row.ID)] = ListedJob{Job: row.job(), Conclusive: row.conclusive()}
	}
	return jobs, err
}

// listOverlap is how much further back than necessary a list starts.
const listOverlap = time.Minute

func (c *Client) listJobsSince(ctx context.Context, since time.Time, retry rest.RetryTimes) ([]jobRow, error) {
	if !c.hasScope(ScopeJobs) {
		return nil, ErrJobListDenied
	}
	rows, err := listAll[jobRow](ctx, c, rest.Request{
		Operation: "list Tableau jobs",
		// The oldest first, so that jobs created while the pages are read do not shift the pages.
		Query: url.Values{"sort": {"createdAt:asc"}, "filter": {createdSinceFilter(since.Add(-listOverlap))}},
		Retry: retry,
	}, "jobs")
	if isRejected(err) {
		return nil, ErrJobListDenied
	}
	return rows, err
}

// conclusive reports the value of [ListedJob.Conclusive]. An unknown status is not conclusive.
func (r jobRow) conclusive() bool {
	switch strings.ToLower(r.Status) {
	case "pending", "inprogress":
		return true
	case "success":
		return !r.EndedAt.IsZero() && !strings.Contains(strings.ToLower(r.Type), "bridge")
	}
	return false
}

// mayBeFor reports whether the row can be a job for an item of the content type. It compares what the job types of all
// refreshes, or of all flow runs, have in common, because Tableau Bridge has separate job types.
func (r jobRow) mayBeFor(contentType content.Type) bool {
	word := "extract"
	if contentType == content.Flow {
		word = "flow"
	}
	return strings.Contains(strings.ToLower(r.Type), word)
}

// listNewestJobs lists up to 1,000 of the newest jobs that match the filter, which can be "". The error can be
// [ErrJobListDenied].
func (c *Client) listNewestJobs(ctx context.Context, filter string) ([]jobRow, error) {
	if !c.hasScope(ScopeJobs) {
		return nil, ErrJobListDenied
	}
	query := url.Values{"sort": {"createdAt:desc"}, "pageSize": {"1000"}}
	if filter != "" {
		query.Set("filter", filter)
	}
	response, err := call[page[jobRow]](ctx, c, rest.Request{
		Operation: "list Tableau jobs",
		Query:     query,
		Retry:     rest.Polling,
	}, "jobs")
	if isRejected(err) {
		return nil, ErrJobListDenied
	}
	return response.Jobs, err
}

func createdSinceFilter(t time.Time) string { return "createdAt:gte:" + t.UTC().Format(time.RFC3339) }
