package dbt

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// CheckAge returns an error if the run ended longer ago than maxAge, by dbt's clock, or if dbt did not return when it ended.
func (c *Client) CheckAge(run Run, maxAge time.Duration) error {
	switch ended := run.FinishedAt.Time; {
	case ended.IsZero():
		return fmt.Errorf("dbt did not return the end time of run %d", run.ID)
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

// RunWithoutSteps returns a run from a single request. Its response is faster than one with the logs of the steps.
func (c *Client) RunWithoutSteps(ctx context.Context, id int64) (Run, error) {
	return c.getRun(ctx, id, rest.Request{})
}

// FindRun returns a run that might not exist, with its steps.
func (c *Client) FindRun(ctx context.Context, id int64, retry rest.RetryTimes) (Run, error) {
	return c.runWithSteps(ctx, id, rest.Request{Retry: retry})
}

// maxPolledBody is the size of a run with its steps in bytes above which it is polled without them. They contain the logs: also the
// end of each debug log, which is not decoded.
const maxPolledBody = 1 << 20

// runWithSteps returns a run with its steps, or without them once their logs are too long for package rest.
func (c *Client) runWithSteps(ctx context.Context, id int64, r rest.Request) (Run, error) {
	if c.logsTooLong.Load() {
		return c.getRun(ctx, id, r)
	}
	withSteps := r
	withSteps.Query, withSteps.TooLongIsFinal = includeRelated("run_steps"), true
	withSteps.Decode = func(body []byte) error {
		if len(body) > maxPolledBody {
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

// includeRelated returns the query parameter include_related as a JSON array, the only form that every region accepts.
func includeRelated(name string) url.Values {
	return url.Values{"include_related": {`["` + name + `"]`}}
}

func (c *Client) getRun(ctx context.Context, id int64, r rest.Request) (Run, error) {
	r.Operation = fmt.Sprintf("get dbt run %d", id)
	run, err := call[Run](ctx, c, r, "runs", id)
	return c.withURL(run), err
}

// Cancel requests the cancellation of a run, even during a pause of the client. A second request does no harm.
func (c *Client) Cancel(ctx context.Context, id int64, retry rest.RetryTimes) (Run, error) {
	r := rest.Request{Operation: fmt.Sprintf("cancel dbt run %d", id), Method: http.MethodPost, Retry: retry, SkipPause: true}
	run, err := call[Run](ctx, c, r, "runs", id, "cancel")
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
	for name, value := range map[string]int64{"offset": int64(f.Offset), "job_definition_id": f.JobID, "id__gt": f.AfterRunID} {
		if value != 0 {
			query.Set(name, strconv.FormatInt(value, 10))
		}
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
	r.URL = c.pageURL(r.ProjectID, "runs", r.ID)
	base := c.rest.Base()
	if href, err := url.Parse(r.Href); err == nil && href.Scheme == base.Scheme && href.Host == base.Host {
		r.URL = r.Href
	}
	return r
}

// maxSearchedRuns limits the search among the runs of a job. A workflow run can be re-run for 30 days, in which a job that
// runs every half an hour has about this many runs.
const maxSearchedRuns = 1500

// EarlierAttempt returns the newest run of a job that the same step started in an earlier attempt of the same workflow run,
// followed by up to maxRetries retries of it. A retry has no marker, but the ID of the run that it retries. The result is
// empty if there is none.
func (c *Client) EarlierAttempt(ctx context.Context, jobID int64, runID, attempt, key string, maxRetries int) (found []Run, err error) {
	retryOf := map[int64]Run{} // the newest retry of a run, by that run's ID
	err = c.searchRuns(ctx, jobID, maxSearchedRuns, func(run Run) bool {
		if run.Trigger == nil || !IsEarlierAttempt(run.Trigger.Cause, runID, attempt, key) {
			if _, newer := retryOf[run.RetryingRunID]; !newer {
				retryOf[run.RetryingRunID] = run
			}
			return false
		}
		found = []Run{run}
		for next, ok := retryOf[run.ID]; ok && len(found) <= maxRetries; next, ok = retryOf[next.ID] {
			found = append(found, next)
		}
		return true
	})
	return found, err
}

// maxLatestRuns limits the search for a run among those that check pull requests.
const maxLatestRuns = 500

// LatestRun returns the newest run of a job that does not check a pull request, or the zero Run if there is none. It returns an
// error if dbt did not return whether that run, or a newer one, checks a pull request.
func (c *Client) LatestRun(ctx context.Context, jobID int64) (latest Run, err error) {
	err = c.searchRuns(ctx, jobID, maxLatestRuns, func(run Run) bool {
		if run.Trigger != nil && run.Trigger.isPullRequest() {
			return false
		}
		latest = run
		return true
	})
	if err == nil && latest.ID != 0 && latest.Trigger == nil {
		err = fmt.Errorf("set dbt-run-id to the ID of a run. dbt did not return whether run %d checks a pull request", latest.ID)
	}
	return latest, err
}

// searchRuns calls found with the newest most runs of a job, the newest first, until it returns true.
func (c *Client) searchRuns(ctx context.Context, jobID int64, most int, found func(Run) bool) error {
	for offset := 0; offset < most; offset += maxLimit {
		runs, err := c.Runs(ctx, RunFilter{JobID: jobID, IncludeTrigger: true, Offset: offset}, rest.Preflight)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(runs, func(run Run) bool { return run.belongsTo(jobID) && found(run) }) || len(runs) < maxLimit {
			break
		}
	}
	return nil
}

// belongsTo checks the job of a run, in case dbt ignored the filter. It returns true if dbt did not return the job.
func (r Run) belongsTo(jobID int64) bool { return r.JobID == 0 || r.JobID == jobID }

// ActiveRuns returns the runs of a job that are queued or running, the newest first, if dbt returned their overrides.
func (c *Client) ActiveRuns(ctx context.Context, jobID int64) ([]Run, error) {
	filter := RunFilter{JobID: jobID, IncludeTrigger: true, Statuses: []Status{Queued, Starting, Running}}
	runs, err := c.Runs(ctx, filter, rest.Preflight)
	return slices.DeleteFunc(runs, func(run Run) bool { return !run.belongsTo(jobID) || run.Ended() || run.Trigger == nil }), err
}

// ArtifactRetry is for optional artifacts.
var ArtifactRetry = rest.RetryTimes{Outage: time.Minute, Malformed: time.Minute, Throttle: time.Minute}

// ArtifactRequest selects an artifact of a run.
type ArtifactRequest struct {
	RunID int64
	// Path is the artifact's path in the target folder, such as run_results.json.
	Path string
	// Step is the step that wrote it, counted from 1; 0 is the last one.
	Step int
	// EndedAt is when the run ended. A 404 in the 20 seconds after it is retried, because dbt stores artifacts a little later.
	// With the zero time, no 404 is retried.
	EndedAt time.Time
	Retry   rest.RetryTimes
}

// Artifact passes an artifact of a run to read while it arrives. A retry calls read again, with the whole artifact.
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Retrieve%20Run%20Artifact
func (c *Client) Artifact(ctx context.Context, a ArtifactRequest, read func(io.Reader) error) error {
	query := url.Values{}
	if a.Step > 0 {
		query.Set("step", strconv.Itoa(a.Step))
	}
	_, err := c.rest.Do(ctx, rest.Request{
		Operation: fmt.Sprintf("get %s of dbt run %d", a.Path, a.RunID),
		Method:    http.MethodGet,
		Path:      append(c.path("runs", a.RunID, "artifacts"), strings.Split(a.Path, "/")...),
		Query:     query,
		Header:    http.Header{"Authorization": {"Bearer " + c.token}},
		Accept:    "*/*",
		Retry:     a.Retry,
		RetryAlso: func(e *rest.StatusError) bool {
			return e.Status == http.StatusNotFound && time.Since(a.EndedAt) < maxArtifactDelay
		},
		Read: read,
	})
	if rest.IsNotFound(err) {
		return fmt.Errorf("%w. The run did not create this artifact", err)
	}
	if err != nil {
		return c.withHint(err)
	}
	return nil
}

// maxArtifactDelay is how long after the end of a run dbt can still store its artifacts.
const maxArtifactDelay = 20 * time.Second
