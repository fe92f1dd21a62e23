package tableau

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
)

// ErrNoJobList means that the signed-in user may not list the site's jobs: only administrators may.
var ErrNoJobList = errors.New("the signed-in user may not list jobs")

// listed is a row of the job list. It does not say what the job works on.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_subscriptions.htm#query_jobs
type listed struct {
	ID        string `xml:"id,attr"`
	Type      string `xml:"jobType,attr"`
	Status    string `xml:"status,attr"`
	CreatedAt Time   `xml:"createdAt,attr"`
	StartedAt Time   `xml:"startedAt,attr"`
	EndedAt   Time   `xml:"endedAt,attr"`
}

// job is the row as a job, as far as it tells.
func (l listed) job() Job {
	codes := map[string]string{"success": "0", "failed": "1", "cancelled": "2"}
	job := Job{ID: l.ID, CreatedAt: l.CreatedAt, StartedAt: l.StartedAt, FinishCode: codes[strings.ToLower(l.Status)]}
	if job.FinishCode == "" {
		return job
	}
	if job.CompletedAt = l.EndedAt; job.CompletedAt.IsZero() {
		job.CompletedAt = Time{Time: time.Now().UTC()}
	}
	return job
}

// Listed is a job as the list of jobs shows it: without what it works on, and without its notes.
type ListedJob struct {
	Job Job
	// Sure is true when the list says all that there is to say: the job is going, or it is a plain success. Why a job failed,
	// and what Tableau Bridge has made of it, only the job itself can tell.
	Conclusive bool
}

// JobsSince lists the jobs that were made at the given time of Tableau's clock or later, by their LUIDs in lower case. A job
// may be missing that was made a moment ago. The error may be [ErrNoJobList]; one that does not pass within a minute is
// final, for a job can be asked for by itself as well.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_subscriptions.htm#query_jobs
func (c *Client) JobsSince(ctx context.Context, since time.Time) (map[string]ListedJob, error) {
	rows, err := c.rowsSince(ctx, since, rest.RetryTimes{Outage: time.Minute, Malformed: time.Minute, Throttle: time.Minute})
	all := make(map[string]ListedJob, len(rows))
	for _, row := range rows {
		all[strings.ToLower(row.ID)] = ListedJob{Job: row.job(), Conclusive: row.sure()}
	}
	return all, err
}

// slack is by how much a list reaches further back than it would have to.
const slack = time.Minute

func (c *Client) rowsSince(ctx context.Context, since time.Time, patience rest.RetryTimes) ([]listed, error) {
	if !c.mayList() {
		return nil, ErrNoJobList
	}
	rows, err := listAll[listed](ctx, c, rest.Request{
		Operation: "list Tableau jobs",
		// The oldest first: what is new while the pages are read moves none of them.
		Query: url.Values{"sort": {"createdAt:asc"}, "filter": {madeSince(since.Add(-slack))}},
		Retry: patience,
	}, "jobs")
	if isRefusal(err) {
		return nil, ErrNoJobList
	}
	return rows, err
}

// sure is false for what the list can't tell, and for a status that is not known.
func (l listed) sure() bool {
	switch strings.ToLower(l.Status) {
	case "pending", "inprogress":
		return true
	case "success":
		return !l.EndedAt.IsZero() && !strings.Contains(strings.ToLower(l.Type), "bridge")
	}
	return false
}

// fits goes by what the types of all refreshes, or of all flow runs, have in common, for those of Bridge have names of
// their own.
func (l listed) fits(kind content.Type) bool {
	word := "extract"
	if kind == content.Flow {
		word = "flow"
	}
	return strings.Contains(strings.ToLower(l.Type), word)
}

// jobs lists the newest jobs that match the filter.
func (c *Client) jobs(ctx context.Context, filter string) ([]listed, error) {
	if !c.mayList() {
		return nil, ErrNoJobList
	}
	query := url.Values{"sort": {"createdAt:desc"}, "pageSize": {"1000"}}
	if filter != "" {
		query.Set("filter", filter)
	}
	answer, err := call[page[listed]](ctx, c, rest.Request{
		Operation: "list Tableau jobs",
		Query:     query,
		Retry:     rest.Polling,
	}, "jobs")
	if isRefusal(err) {
		return nil, ErrNoJobList
	}
	return answer.Jobs, err
}

// mayList is false for a connected app without the scope: Tableau would answer as if its session had ended.
func (c *Client) mayList() bool {
	app := c.session.credentials.App
	return app.ClientID == "" || slices.Contains(app.Scopes, ScopeJobs)
}

func madeSince(t time.Time) string { return "createdAt:gte:" + t.UTC().Format(time.RFC3339) }

// isRefusal reports whether the service said no to a single request; a lost session is more than that.
func isRefusal(err error) bool {
	if _, ok := errors.AsType[*SessionError](err); ok {
		return false
	}
	status, ok := errors.AsType[*rest.StatusError](err)
	return ok && status.Status < http.StatusInternalServerError && status.Status != http.StatusTooManyRequests
}
