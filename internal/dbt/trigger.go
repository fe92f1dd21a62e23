package dbt

import (
	"context"
	"encoding/json"
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
}

// startTimeout leaves a busy service time to answer: giving up early only makes the outcome unknown.
const startTimeout = time.Minute

// startPatience is for starts that were not received, or refused for now.
var startPatience = rest.Patience{Fault: rest.Preflight.Fault, Throttle: rest.Waiting.Throttle}

// trigger sends a start once. An UnknownError says that a run may have come of it.
func (c *Client) trigger(ctx context.Context, job int64, body TriggerRequest) (Run, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return Run{}, fmt.Errorf("failed to encode the start of dbt job %d: %w", job, err)
	}
	run, err := call[Run](ctx, c, rest.Request{
		Operation:   fmt.Sprintf("start dbt job %d", job),
		Method:      http.MethodPost,
		Body:        text,
		ContentType: "application/json",
		Timeout:     startTimeout,
		Patience:    startPatience,
		Once:        true,
	}, "jobs", strconv.FormatInt(job, 10), "run")
	return c.complete(run), err
}
