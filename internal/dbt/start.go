package dbt

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// TriggerRequest is the body of a request that starts a run. Fields that are not set are not sent, because the API refuses "".
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
	// These are never sent. They are in the trigger of a run for a pull request of another Git provider.
	AzurePullRequestID     *int64 `json:"azure_pull_request_id,omitempty"`
	GitLabMergeRequestID   *int64 `json:"gitlab_merge_request_id,omitempty"`
	NonNativePullRequestID *int64 `json:"non_native_pull_request_id,omitempty"`
}

// DifferentOverrides returns the names of the inputs whose overrides differ between two requests, in alphabetical order.
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

// StartRequest is a run to start.
type StartRequest struct {
	JobID int64
	// AfterRunID is the newest run of the job before the start; 0 if there was none.
	AfterRunID int64
	// Marker is in the cause of Request.
	Marker  string
	Request TriggerRequest
	// RetryRunID is the failed run to retry; 0 starts a new run. For a retry, Marker and Request are not used.
	RetryRunID int64
}

// matches reports whether run is the result of this request.
func (s StartRequest) matches(run Run) bool {
	if s.RetryRunID != 0 {
		return run.RetryingRunID == s.RetryRunID
	}
	return s.Marker != "" && run.Trigger != nil && strings.Contains(run.Trigger.Cause, s.Marker)
}

// Start starts a run. If the response is lost, it searches for the run by its marker, and sends the request
// again only if none appears within a minute. It also returns whether a response was lost: then a duplicate run can still
// appear. A [rest.UnknownError] means that the run might exist.
func (c *Client) Start(ctx context.Context, s StartRequest) (run Run, responseLost bool, err error) {
	for starts := 1; ; starts++ {
		run, err := c.send(ctx, s)
		unknown, ok := errors.AsType[*rest.UnknownError](err)
		if !ok {
			return run, starts > 1, err
		}
		c.rest.Note("checking whether the job has a new run")
		runs, err := c.AwaitStarted(ctx, s)
		if err != nil && errors.Is(unknown, err) {
			return Run{}, true, unknown // both have the same cause: the step was stopped
		}
		if len(runs) > 0 {
			return runs[0], true, nil
		}
		switch {
		case err != nil:
			err = fmt.Errorf("%w; the search for the run also failed: %w", unknown.Err, err)
		case starts == maxStarts:
			err = fmt.Errorf("no run appeared after %d requests: %w", starts, unknown.Err)
		default:
			c.rest.Note("no new run appeared within a minute")
			continue
		}
		return Run{}, true, &rest.UnknownError{Operation: unknown.Operation, Err: err}
	}
}

const (
	// startTimeout is long because a timeout makes the outcome unknown.
	startTimeout = time.Minute
	// searchTime is how long a new run can take to appear in the list.
	searchTime = time.Minute
	// maxStarts is how often a start is sent if no run appears.
	maxStarts = 3
)

var (
	// startRetry is for starts that dbt did not receive, or refused because of its rate limit.
	startRetry = rest.RetryTimes{Outage: rest.Preflight.Outage, Throttle: rest.Polling.Throttle}
	// searchRetry is for the list of runs, which has to be read at least once.
	searchRetry = rest.RetryTimes{Outage: searchTime, Malformed: searchTime, Throttle: rest.Polling.Throttle}
)

// send requests a run, or a retry of a failed run from its point of failure and with its overrides.
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Retry%20Failed%20Run
func (c *Client) send(ctx context.Context, s StartRequest) (Run, error) {
	r := rest.Request{Method: http.MethodPost, Timeout: startTimeout, Retry: startRetry, Once: true}
	path := []any{"runs", s.RetryRunID, "retry"}
	if r.Operation = fmt.Sprintf("retry dbt run %d", s.RetryRunID); s.RetryRunID == 0 {
		r.Operation = fmt.Sprintf("start dbt job %d", s.JobID)
		path = []any{"jobs", s.JobID, "run"}
		r.Body, _ = json.Marshal(s.Request) // strings, numbers, and booleans can always be encoded
		r.ContentType = "application/json"
	}
	run, err := call[Run](ctx, c, r, path...)
	if status, ok := errors.AsType[*rest.StatusError](err); ok && status.Status == http.StatusForbidden {
		err = fmt.Errorf("%w. To start a job, it needs the Job Runner or Job Admin permission set, or a higher one", err)
	}
	return c.withURL(run), err
}

// AwaitStarted searches for the run of a start for up to a minute. It returns the runs of the first list that contains any, the
// oldest first; none if no run appears; and an error if that can't be determined.
func (c *Client) AwaitStarted(ctx context.Context, s StartRequest) ([]Run, error) {
	deadline := time.Now().Add(searchTime)
	for wait := time.Second; ; wait *= 2 {
		runs, unknownID, err := c.FindStarted(ctx, s, searchRetry)
		if err != nil || len(runs) > 0 {
			return runs, err
		}
		remaining := time.Until(deadline)
		if remaining <= 0 && unknownID > 0 {
			return nil, fmt.Errorf("dbt did not return what started run %d, which might be the step's own run", unknownID)
		}
		if remaining <= 0 {
			return nil, nil
		}
		if err := rest.Sleep(ctx, min(wait, remaining)); err != nil {
			return nil, err
		}
	}
}

// FindStarted returns the runs of a start that are in the list now, the oldest first. It also returns the ID of a run that
// might be one of them, because dbt did not return its trigger; 0 if there is none.
func (c *Client) FindStarted(ctx context.Context, s StartRequest, retry rest.RetryTimes) (started []Run, unknownID int64, err error) {
	runs, err := c.Runs(ctx, RunFilter{JobID: s.JobID, AfterRunID: s.AfterRunID, IncludeTrigger: true}, retry)
	for _, run := range runs {
		switch {
		case s.matches(run):
			started = append(started, run)
		case s.RetryRunID == 0 && run.Trigger == nil && run.ID > s.AfterRunID:
			unknownID = run.ID
		}
	}
	slices.SortStableFunc(started, func(a, b Run) int { return cmp.Compare(a.ID, b.ID) })
	return started, unknownID, err
}

// maxCause is the longest cause that dbt accepts, in characters.
const maxCause = 255

// NewMarker returns the part of a cause by which a run can be found: `[dtr RUN_ID/ATTEMPT KEY RANDOM]`, at most 64 ASCII
// characters. RUN_ID and ATTEMPT are those of the workflow run, KEY identifies the step in it, and RANDOM the start.
func NewMarker(runID, attempt, key string) string {
	random := make([]byte, 4)
	rand.Read(random) // never returns an error
	return fmt.Sprintf("[dtr %s/%s %s %x]", markerPart(runID, 20), markerPart(attempt, 5), markerPart(key, 12), random)
}

var markerPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\[dtr ([0-9A-Za-z-]+)/([0-9]+) ([0-9A-Za-z-]+) [0-9a-f]+\]`)
})

// IsMarker reports whether text is a marker, with nothing before or after it.
func IsMarker(text string) bool { return markerPattern().FindString(text) == text && text != "" }

// IsEarlierAttempt reports whether a cause contains the marker of the same step in an earlier attempt of the same workflow
// run.
func IsEarlierAttempt(cause, runID, attempt, key string) bool {
	current, err := strconv.Atoi(attempt)
	if err != nil {
		return false
	}
	for _, found := range markerPattern().FindAllStringSubmatch(cause, -1) {
		earlier, err := strconv.Atoi(found[2])
		if err == nil && earlier < current && found[1] == markerPart(runID, 20) && found[3] == markerPart(key, 12) {
			return true
		}
	}
	return false
}

// markerPart returns the characters of text that a marker can contain, at most maxLength of them; "0" if there are none.
func markerPart(text string, maxLength int) string {
	clean := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' {
			return r
		}
		return -1
	}, text)
	clean = cmp.Or(clean, "0")
	return clean[:min(len(clean), maxLength)]
}

// CauseWithMarker returns text with the marker after it. The text is shortened if both exceed dbt's maximum.
func CauseWithMarker(text, marker string) string {
	runes := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	maxText := maxCause - len(marker) - 1
	if len(runes) > maxText {
		runes = append(runes[:maxText-1], '…')
	}
	return strings.TrimSpace(string(runes) + " " + marker)
}
