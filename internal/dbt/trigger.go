package dbt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// TriggerRequest is the body of a start. What is unset is not sent: the API refuses empty texts.
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Trigger%20Job%20Run
type TriggerRequest struct {
	Cause                  string   `json:"cause"`
	GitSHA                 string   `json:"git_sha,omitempty"`
	GitBranch              string   `json:"git_branch,omitempty"`
	SchemaOverride         string   `json:"schema_override,omitempty"`
	TargetNameOverride     string   `json:"target_name_override,omitempty"`
	DbtVersionOverride     string   `json:"dbt_version_override,omitempty"`
	ThreadsOverride        *int64   `json:"threads_override,omitempty"`
	TimeoutSecondsOverride *int64   `json:"timeout_seconds_override,omitempty"`
	GenerateDocsOverride   *bool    `json:"generate_docs_override,omitempty"`
	GitHubPullRequestID    *int64   `json:"github_pull_request_id,omitempty"`
	StepsOverride          []string `json:"steps_override,omitempty"`
	// Others are never sent: they are in the trigger of a run that checks a pull request somewhere else.
	AzurePullRequestID     *int64 `json:"azure_pull_request_id,omitempty"`
	GitLabMergeRequestID   *int64 `json:"gitlab_merge_request_id,omitempty"`
	NonNativePullRequestID *int64 `json:"non_native_pull_request_id,omitempty"`
}

// SameOverrides reports whether both would run the job in the same way; their causes may differ.
func (t TriggerRequest) SameOverrides(other TriggerRequest) bool {
	t.Cause, other.Cause = "", ""
	mine, _ := json.Marshal(t) // texts and numbers always have a JSON form
	theirs, _ := json.Marshal(other)
	return bytes.Equal(mine, theirs)
}

// startTimeout leaves a busy service time to answer: giving up early only makes the outcome unknown.
const startTimeout = time.Minute

// startPatience is for starts that were not received, or refused for now.
var startPatience = rest.RetryTimes{Outage: rest.Preflight.Outage, Throttle: rest.Polling.Throttle}

// trigger sends a start once. An UnknownError says that a run may have come of it.
func (c *Client) trigger(ctx context.Context, job int64, body TriggerRequest) (Run, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return Run{}, fmt.Errorf("failed to encode the start of dbt job %d: %w", job, err)
	}
	r := rest.Request{Operation: fmt.Sprintf("start dbt job %d", job), Body: text, ContentType: "application/json"}
	return c.sendOnce(ctx, r, "jobs", strconv.FormatInt(job, 10), "run")
}

// retry sends the retry of a failed run once; it begins where the run failed, with the run's own overrides.
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Retry%20Failed%20Run
func (c *Client) retry(ctx context.Context, failed int64) (Run, error) {
	r := rest.Request{Operation: fmt.Sprintf("retry dbt run %d", failed)}
	return c.sendOnce(ctx, r, "runs", strconv.FormatInt(failed, 10), "retry")
}

func (c *Client) sendOnce(ctx context.Context, r rest.Request, path ...string) (Run, error) {
	r.Method, r.Timeout, r.Retry, r.Once = http.MethodPost, startTimeout, startPatience, true
	run, err := call[Run](ctx, c, r, path...)
	if status, ok := errors.AsType[*rest.StatusError](err); ok && status.Status == http.StatusForbidden {
		err = fmt.Errorf("%w: starting a job takes Job Runner, Job Admin or more", err)
	}
	return c.complete(run), err
}
