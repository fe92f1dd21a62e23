package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxCause is the longest cause that dbt accepts, in characters.
const maxCause = 255

// docsCommand is the command that generate_docs_override adds to a run.
const docsCommand = "dbt docs generate"

// trigger is the body of the request that starts a run. Runs return it as well.
type trigger struct {
	Cause                  string    `json:"cause"`
	GitSHA                 *string   `json:"git_sha"`
	GitBranch              *string   `json:"git_branch"`
	SchemaOverride         *string   `json:"schema_override"`
	DBTVersionOverride     *string   `json:"dbt_version_override"`
	TargetNameOverride     *string   `json:"target_name_override"`
	ThreadsOverride        *int      `json:"threads_override"`
	TimeoutSecondsOverride *int      `json:"timeout_seconds_override"`
	GenerateDocsOverride   *bool     `json:"generate_docs_override"`
	StepsOverride          *[]string `json:"steps_override"`
	AzurePullRequestID     *int64    `json:"azure_pull_request_id"`
	GithubPullRequestID    *int64    `json:"github_pull_request_id"`
	GitlabMergeRequestID   *int64    `json:"gitlab_merge_request_id"`
	NonNativePullRequestID *int64    `json:"non_native_pull_request_id"`

	category string
}

// triggerRun handles Trigger Job Run of the dbt Administrative API v2.
func (c *dbtCloud) triggerRun(r *http.Request, now time.Time) reply {
	job := c.jobByID(r.PathValue("job"))
	if job == nil {
		return dbtNotFound()
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return dbtError(http.StatusBadRequest, err.Error())
	}
	request, err := parseTrigger(body)
	if err != nil {
		return dbtError(http.StatusBadRequest, "The request was invalid. Please double check the provided data and try again. "+err.Error())
	}
	started := &run{
		job: job, created: now, trigger: request, body: string(body), byClient: true,
		steps:      slices.Concat(job.Setup, request.steps(job)),
		outcome:    c.nextOutcome(job),
		concurrent: request.isPullRequest(),
	}
	c.startRun(started)
	return dbtData(c.runJSON(started, now, baseURL(r), []string{"trigger", "job"}))
}

// startRun adds a run that a client starts.
func (c *dbtCloud) startRun(r *run) {
	if after := r.outcome.CancelAfter; after > 0 {
		r.canceledAt = r.created.Add(after)
	}
	c.add(r)
}

// nextOutcome returns the outcome of the next run that a client starts.
func (c *dbtCloud) nextOutcome(job *Job) Outcome {
	if len(job.Outcomes) == 0 {
		return Outcome{}
	}
	done := len(keep(c.runs, func(r *run) bool { return r.byClient && r.job == job }))
	return job.Outcomes[min(done, len(job.Outcomes)-1)]
}

// parseTrigger rejects mistakes of a client: wrong types, empty strings, and unknown fields.
func parseTrigger(body []byte) (trigger, error) {
	var t trigger
	var given map[string]json.RawMessage
	if err := json.Unmarshal(body, &given); err != nil {
		return t, err
	}
	for name, value := range given {
		if string(value) == "null" {
			return t, fmt.Errorf("%s: this field may not be null", name)
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&t); err != nil {
		if typeErr, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return t, fmt.Errorf("%s: a valid %s is required, not a %s", typeErr.Field, typeErr.Type, typeErr.Value)
		}
		return t, err
	}
	t.category = "api"
	for name, text := range map[string]*string{
		"cause": &t.Cause, "git_sha": t.GitSHA, "git_branch": t.GitBranch, "schema_override": t.SchemaOverride,
		"dbt_version_override": t.DBTVersionOverride, "target_name_override": t.TargetNameOverride,
	} {
		if text != nil && *text == "" {
			return t, fmt.Errorf("%s: this field may not be blank", name)
		}
	}
	if length := len([]rune(t.Cause)); length > maxCause {
		return t, fmt.Errorf("cause: ensure this field has no more than %d characters, it has %d", maxCause, length)
	}
	if t.StepsOverride != nil && slices.ContainsFunc(*t.StepsOverride, func(s string) bool { return strings.TrimSpace(s) == "" }) {
		return t, errors.New("steps_override: this field may not be blank")
	}
	return t, nil
}

func (t trigger) isPullRequest() bool {
	return t.AzurePullRequestID != nil || t.GithubPullRequestID != nil || t.GitlabMergeRequestID != nil || t.NonNativePullRequestID != nil
}

// steps returns the steps of a run after its setup.
func (t trigger) steps(job *Job) []Step {
	steps := slices.Clone(job.Steps)
	if t.StepsOverride != nil {
		steps = nil
		for _, command := range *t.StepsOverride {
			steps = append(steps, stepForCommand(job, command))
		}
	}
	isDocs := func(s Step) bool { return s.Command == docsCommand }
	switch docs := t.GenerateDocsOverride; {
	case docs == nil:
	case *docs && !slices.ContainsFunc(steps, isDocs):
		steps = append(steps, stepForCommand(job, docsCommand))
	case !*docs:
		steps = slices.DeleteFunc(steps, isDocs)
	}
	return steps
}

func stepForCommand(job *Job, command string) Step {
	for _, s := range job.Steps {
		if s.Command == command {
			return s
		}
	}
	return Step{Command: command, Duration: job.CommandDuration, Log: []string{"Running with dbt=" + dbtVersion, "Nothing to do."}}
}
