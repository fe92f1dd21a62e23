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

// Run is one run of a job. Every field but ID may be absent.
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
	// RetryingRunID is the run that this one takes up again; 0 when there is none.
	RetryingRunID int64 `json:"retrying_run_id"`
	// CanRetry is nil when dbt does not say; RetryRefusal is its reason when it is false.
	CanRetry     *bool  `json:"can_retry"`
	RetryRefusal string `json:"retry_not_supported_reason"`
	// Steps are those begun so far; only [Client.Run] asks for them.
	Steps []RunStep `json:"run_steps"`
	// Trigger is how the run was started; null unless it was asked for.
	Trigger *TriggerRequest `json:"trigger"`
	// URL is the run's page.
	URL string `json:"-"`
}

// RunStep is one step of a run.
type RunStep struct {
	Index      int    `json:"index"`
	Name       string `json:"name"`
	Status     Status `json:"status"`
	StartedAt  Time   `json:"started_at"`
	FinishedAt Time   `json:"finished_at"`
	// Logs is the step's console output; it may stay empty.
	Logs string `json:"logs"`
}

func (r Run) identity() int64 { return r.ID }

// Ended reports whether the run is over: by its status, or, where the status is not known, by what dbt says beside it.
func (r Run) Ended() bool {
	return r.Status.Ended() || !r.Status.Known() && r.IsComplete
}

// Took is the time from leaving the queue to the end; 0 while that is not known.
func (r Run) Duration() time.Duration {
	if r.StartedAt.IsZero() || r.FinishedAt.IsZero() {
		return 0
	}
	return r.FinishedAt.Sub(r.StartedAt.Time)
}

// Run reads a run with its steps, while it is waited for. It forgives a 404 for a run that was made a moment ago. Once the logs
// of the steps have grown large, only a run that is over has steps.
func (c *Client) Run(ctx context.Context, id int64, made time.Time) (Run, error) {
	r := rest.Request{Retry: rest.Polling, RetryAlso: rest.RetryNotFound(made)}
	if !c.heavyLogs.Load() {
		return c.run(ctx, id, r)
	}
	run, err := c.bareRun(ctx, id, r)
	if err != nil || !run.Ended() {
		return run, err
	}
	return c.run(ctx, id, r)
}

// FindRun reads a run with its steps, of which it is not certain that there is one.
func (c *Client) FindRun(ctx context.Context, id int64, patience rest.RetryTimes) (Run, error) {
	return c.run(ctx, id, rest.Request{Retry: patience})
}

// heavy is the size of a run in bytes from which it is read without its steps. Their logs come with them.
const heavy = 1 << 20

// run reads a run with its steps, or, once their logs have grown too long for an answer, without.
func (c *Client) run(ctx context.Context, id int64, r rest.Request) (Run, error) {
	if c.longLogs.Load() {
		return c.bareRun(ctx, id, r)
	}
	whole := r
	whole.Query, whole.TooLongIsFinal = related("run_steps"), true
	whole.Decode = func(body []byte) error {
		if len(body) > heavy {
			c.heavyLogs.Store(true)
		}
		return nil
	}
	run, err := c.bareRun(ctx, id, whole)
	if errors.Is(err, rest.ErrTooLong) {
		c.longLogs.Store(true)
		return c.bareRun(ctx, id, r)
	}
	return run, err
}

// bareRun reads what the query asks for of a run.
func (c *Client) bareRun(ctx context.Context, id int64, r rest.Request) (Run, error) {
	r.Operation = fmt.Sprintf("get dbt run %d", id)
	ours := func(run Run) error {
		if run.ID != id {
			return fmt.Errorf("it is about run %d", run.ID)
		}
		return nil
	}
	run, err := callFor(ctx, c, r, ours, "runs", strconv.FormatInt(id, 10))
	return c.complete(run), err
}

// Cancel asks dbt to end a run, without regard to how long dbt wants to be left alone. Asking twice does no harm.
func (c *Client) Cancel(ctx context.Context, id int64, patience rest.RetryTimes) (Run, error) {
	run, err := call[Run](ctx, c, rest.Request{
		Operation: fmt.Sprintf("cancel dbt run %d", id),
		Method:    http.MethodPost,
		Retry:     patience,
		SkipPause: true,
	}, "runs", strconv.FormatInt(id, 10), "cancel")
	return c.complete(run), err
}

// RunFilter selects runs. Its zero value is the newest 100 runs of the account.
type RunFilter struct {
	JobID int64
	// After leaves out this run and older ones.
	AfterRunID int64
	// Statuses empty means any.
	Statuses []Status
	// Trigger asks for Run.Trigger.
	IncludeTrigger bool
	// Limit is at most 100; 0 means 100. Offset leaves out that many.
	Limit, Offset int
}

// maxLimit is the longest list that dbt gives.
const maxLimit = 100

func (f RunFilter) query() url.Values {
	query := url.Values{}
	if f.IncludeTrigger {
		query = related("trigger")
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

// Runs lists runs, the newest first.
func (c *Client) Runs(ctx context.Context, f RunFilter, patience rest.RetryTimes) ([]Run, error) {
	r := rest.Request{Operation: "list dbt runs", Query: f.query(), Retry: patience, SkipPause: patience == rest.Cleanup}
	runs, err := call[[]Run](ctx, c, r, "runs")
	for i := range runs {
		runs[i] = c.complete(runs[i])
	}
	return runs, err
}

// complete adds the address of the run's page: dbt's own where it is on the same host, else as dbt would write it.
func (c *Client) complete(r Run) Run {
	if r.ID == 0 {
		return r
	}
	r.URL = c.page("projects", r.ProjectID, "runs", r.ID)
	if href, err := url.Parse(r.Href); err == nil && href.Scheme == c.base.Scheme && href.Host == c.base.Host {
		r.URL = r.Href
	}
	return r
}
