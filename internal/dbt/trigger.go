package dbt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// TriggerRequest is the body of a request that starts a run. Fields that are not set are not sent: the API refuses "".
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
	// These are never sent: they are in the trigger of a run for a pull request of another Git provider.
	AzurePullRequestID     *int64 `json:"azure_pull_request_id,omitempty"`
	GitLabMergeRequestID   *int64 `json:"gitlab_merge_request_id,omitempty"`
	NonNativePullRequestID *int64 `json:"non_native_pull_request_id,omitempty"`
}

// DifferentOverrides returns the overrides in which two requests differ, by the names of the inputs, in alphabetical order. It
// is empty if both run the job in the same way.
func (t TriggerRequest) DifferentOverrides(other TriggerRequest) []string {
	fields, otherFields := t.overrides(), other.overrides()
	different := maps.Clone(fields)
	maps.Copy(different, otherFields)
	maps.DeleteFunc(different, func(name string, _ json.RawMessage) bool { return bytes.Equal(fields[name], otherFields[name]) })
	return slices.Sorted(maps.Keys(different))
}

// overrides returns the fields that are set, except the cause, in JSON and by the names of the inputs.
func (t TriggerRequest) overrides() map[string]json.RawMessage {
	encoded, _ := json.Marshal(t) // strings, numbers, and booleans can always be encoded
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(encoded, &fields)
	delete(fields, "cause")
	inputs := map[string]json.RawMessage{}
	for name, value := range fields {
		inputs["dbt-"+strings.ReplaceAll(strings.TrimPrefix(name, "dbt_"), "_", "-")] = value
	}
	return inputs
}

// isPullRequest reports whether the run checks a pull request of any Git provider.
func (t TriggerRequest) isPullRequest() bool {
	return t.GitHubPullRequestID != nil || t.AzurePullRequestID != nil || t.GitLabMergeRequestID != nil || t.NonNativePullRequestID != nil
}

// startTimeout is long because a timeout makes the outcome unknown.
const startTimeout = time.Minute

// startRetry is for starts that dbt did not receive, or refused because of its rate limit.
var startRetry = rest.RetryTimes{Outage: rest.Preflight.Outage, Throttle: rest.Polling.Throttle}

// trigger starts a run of a job. After an [rest.UnknownError], the run may exist.
func (c *Client) trigger(ctx context.Context, jobID int64, body TriggerRequest) (Run, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return Run{}, fmt.Errorf("failed to encode the start of dbt job %d: %w", jobID, err)
	}
	r := rest.Request{Operation: fmt.Sprintf("start dbt job %d", jobID), Body: encoded, ContentType: "application/json"}
	return c.sendOnce(ctx, r, "jobs", strconv.FormatInt(jobID, 10), "run")
}

// retry starts a retry of a failed run, from its point of failure and with its overrides. Errors are those of trigger.
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Retry%20Failed%20Run
func (c *Client) retry(ctx context.Context, failedRunID int64) (Run, error) {
	r := rest.Request{Operation: fmt.Sprintf("retry dbt run %d", failedRunID)}
	return c.sendOnce(ctx, r, "runs", strconv.FormatInt(failedRunID, 10), "retry")
}

func (c *Client) sendOnce(ctx context.Context, r rest.Request, path ...string) (Run, error) {
	r.Method, r.Timeout, r.Retry, r.Once = http.MethodPost, startTimeout, startRetry, true
	run, err := call[Run](ctx, c, r, path...)
	if status, ok := errors.AsType[*rest.StatusError](err); ok && status.Status == http.StatusForbidden {
		err = fmt.Errorf("%w: starting a job takes Job Runner, Job Admin or more", err)
	}
	return c.withURL(run), err
}
