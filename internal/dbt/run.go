package dbt

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// Run is one run of a job. Every field except ID may be empty.
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Retrieve%20Run
type Run struct {
	ID            int64   `json:"id"`
	JobID         int64   `json:"job_definition_id"`
	ProjectID     int64   `json:"project_id"`
	Status        Status  `json:"status"`
	StatusMessage string  `json:"status_message"`
	IsComplete    bool    `json:"is_complete"`
	GitSHA        string  `json:"git_sha"`
	GitBranch     string  `json:"git_branch"`
	BlockedBy     []int64 `json:"blocked_by"`
	CreatedAt     Time    `json:"created_at"`
	// StartedAt is when the run left the queue.
	StartedAt  Time   `json:"started_at"`
	FinishedAt Time   `json:"finished_at"`
	Href       string `json:"href"`
	// RetryingRunID is the run that this one retries; 0 if there is none.
	RetryingRunID int64 `json:"retrying_run_id"`
	// CanRetry is nil if dbt did not return it. RetryRefusal is the reason if it is false.
	CanRetry     *bool  `json:"can_retry"`
	RetryRefusal string `json:"retry_not_supported_reason"`
	// Steps are those that have started; only [Client.Run] and [Client.FindRun] request them.
	Steps []RunStep `json:"run_steps"`
	// Trigger is how the run was started; nil unless it was requested.
	Trigger *TriggerRequest `json:"trigger"`
	// URL is the run's page in dbt.
	URL string `json:"-"`
}

// RunStep is one step of a run.
type RunStep struct {
	Index      int    `json:"index"`
	Name       string `json:"name"`
	Status     Status `json:"status"`
	StartedAt  Time   `json:"started_at"`
	FinishedAt Time   `json:"finished_at"`
	// Logs is the step's console output; it can be empty.
	Logs string `json:"logs"`
}

func (r Run) id() int64 { return r.ID }

// Ended reports whether the run has ended: by its status, or by is_complete if the status is unknown.
func (r Run) Ended() bool {
	return r.Status.Ended() || !r.Status.Known() && r.IsComplete
}

// Duration is the time from leaving the queue to the end; 0 while either is unknown.
func (r Run) Duration() time.Duration {
	if r.StartedAt.IsZero() || r.FinishedAt.IsZero() {
		return 0
	}
	return r.FinishedAt.Sub(r.StartedAt.Time)
}

// CheckAge returns an error if the run ended longer ago than maxAge, by dbt's clock, or if dbt did not return when it ended.
func (c *Client) CheckAge(run Run, maxAge time.Duration) error {
	switch ended := run.FinishedAt.Time; {
	case ended.IsZero():
		return fmt.Errorf("dbt did not return when run %d ended", run.ID)
	case c.Now().Sub(ended) > maxAge:
		return fmt.Errorf("dbt run %d ended at %s UTC, longer ago than dbt-max-age", run.ID, ended.Format(time.DateTime))
	}
	return nil
}

// Run returns a run that is being polled, with its steps. A 404 is retried for a run that was created recently. Once the logs
// are large, only a run that has ended has steps.
func (c *Client) Run(ctx context.Context, id int64, createdAt time.Time) (Run, error) {
	r := rest.Request{Retry: rest.Polling, RetryAlso: rest.RetryNotFound(createdAt)}
	if !c.logsLarge.Load() {
		return c.runWithSteps(ctx, id, r)
	}
	run, err := c.getRun(ctx, id, r)
	if err != nil || !run.Ended() {
		return run, err
	}
	return c.runWithSteps(ctx, id, r)
}

// RunWithoutSteps returns a run from a single request, which is answered sooner than one with the logs of the steps.
func (c *Client) RunWithoutSteps(ctx context.Context, id int64) (Run, error) {
	return c.getRun(ctx, id, rest.Request{})
}

// FindRun returns a run that may not exist, with its steps.
func (c *Client) FindRun(ctx context.Context, id int64, retry rest.RetryTimes) (Run, error) {
	return c.runWithSteps(ctx, id, rest.Request{Retry: retry})
}

// largeRun is the size of a run with its steps, in bytes, above which it is polled without them: they contain the logs.
const largeRun = 1 << 20

// runWithSteps returns a run with its steps, or without them once their logs are too long for package rest.
func (c *Client) runWithSteps(ctx context.Context, id int64, r rest.Request) (Run, error) {
	if c.logsTooLong.Load() {
		return c.getRun(ctx, id, r)
	}
	withSteps := r
	withSteps.Query, withSteps.TooLongIsFinal = includeRelated("run_steps"), true
	withSteps.Decode = func(body []byte) error {
		if len(body) > largeRun {
			c.logsLarge.Store(true)
		}
		return nil
	}
	run, err := c.getRun(ctx, id, withSteps)
	if errors.Is(err, rest.ErrTooLong) {
		c.logsTooLong.Store(true)
		return c.getRun(ctx, id, r)
	}
	return run, err
}

// getRun sends a request for a run, with the query of r.
func (c *Client) getRun(ctx context.Context, id int64, r rest.Request) (Run, error) {
	r.Operation = fmt.Sprintf("get dbt run %d", id)
	checkID := func(run Run) error {
		if run.ID != id {
			return fmt.Errorf("it is about run %d", run.ID)
		}
		return nil
	}
	run, err := callAndCheck(ctx, c, r, checkID, "runs", strconv.FormatInt(id, 10))
	return c.withURL(run), err
}

// Cancel requests the cancellation of a run, even during a pause of the client. A second request does no harm.
func (c *Client) Cancel(ctx context.Context, id int64, retry rest.RetryTimes) (Run, error) {
	run, err := call[Run](ctx, c, rest.Request{
		Operation: fmt.Sprintf("cancel dbt run %d", id),
		Method:    http.MethodPost,
		Retry:     retry,
		SkipPause: true,
	}, "runs", strconv.FormatInt(id, 10), "cancel")
	return c.withURL(run), err
}

// RunFilter selects runs. Its zero value selects the newest 100 runs of the account.
type RunFilter struct {
	JobID int64
	// AfterRunID excludes this run and older ones.
	AfterRunID int64
	// Statuses selects runs by their status; an empty list selects all.
	Statuses []Status
	// IncludeTrigger requests Run.Trigger.
	IncludeTrigger bool
	// Limit is the maximum number of runs, at most 100; 0 means 100. Offset is how many runs to skip.
	Limit, Offset int
}

// maxLimit is the maximum number of runs in one response.
const maxLimit = 100

func (f RunFilter) query() url.Values {
	query := url.Values{}
	if f.IncludeTrigger {
		query = includeRelated("trigger")
	}
	query.Set("order_by", "-id")
	query.Set("limit", strconv.Itoa(cmp.Or(f.Limit, maxLimit)))
	if f.Offset != 0 {
		query.Set("offset", strconv.Itoa(f.Offset))
	}
	if f.JobID != 0 {
		query.Set("job_definition_id", strconv.FormatInt(f.JobID, 10))
	}
	if f.AfterRunID != 0 {
		query.Set("id__gt", strconv.FormatInt(f.AfterRunID, 10))
	}
	if len(f.Statuses) > 0 {
		text, _ := json.Marshal(f.Statuses)
		query.Set("status__in", string(text))
	}
	return query
}

// Runs returns runs, the newest first.
func (c *Client) Runs(ctx context.Context, f RunFilter, retry rest.RetryTimes) ([]Run, error) {
	r := rest.Request{Operation: "list dbt runs", Query: f.query(), Retry: retry, SkipPause: retry == rest.Cleanup}
	runs, err := call[[]Run](ctx, c, r, "runs")
	for i := range runs {
		runs[i] = c.withURL(runs[i])
	}
	return runs, err
}

// withURL sets the URL of the run's page: the one that dbt returned if it is on the same host, or one in dbt's format.
func (c *Client) withURL(r Run) Run {
	if r.ID == 0 {
		return r
	}
	r.URL = c.pageURL("projects", r.ProjectID, "runs", r.ID)
	if href, err := url.Parse(r.Href); err == nil && href.Scheme == c.base.Scheme && href.Host == c.base.Host {
		r.URL = r.Href
	}
	return r
}
