package dbt

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
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
	// Steps are the steps that have started; only [Client.Run] and [Client.FindRun] request them.
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
func (r Run) Ended() bool { return r.Status.Ended() || !r.Status.Known() && r.IsComplete }

// Duration is the time from leaving the queue to the end; 0 while either is unknown.
func (r Run) Duration() time.Duration {
	if r.StartedAt.IsZero() || r.FinishedAt.IsZero() {
		return 0
	}
	return r.FinishedAt.Sub(r.StartedAt.Time)
}

// Status is the status of a run or a step. It alone decides whether a run succeeded.
type Status int

// The statuses of the API.
const (
	Queued    Status = 1
	Starting  Status = 2
	Running   Status = 3
	Success   Status = 10
	Error     Status = 20
	Cancelled Status = 30
)

// UnmarshalJSON accepts a number in any format, also in quotes. Anything else is status 0, which is unknown.
func (s *Status) UnmarshalJSON(data []byte) error {
	number, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err != nil || number != math.Trunc(number) || math.Abs(number) > math.MaxInt32 {
		number = 0
	}
	*s = Status(number)
	return nil
}

// String returns the status as a word, or an unknown status as a number.
func (s Status) String() string {
	switch s {
	case Queued:
		return "queued"
	case Starting:
		return "starting"
	case Running:
		return "running"
	case Success:
		return "success"
	case Error:
		return "error"
	case Cancelled:
		return "cancelled"
	}
	return "status " + strconv.Itoa(int(s))
}

// Known reports whether the status is one of the constants.
func (s Status) Known() bool { return s.Ended() || s == Queued || s == Starting || s == Running }

// Ended reports whether the status is final.
func (s Status) Ended() bool { return s == Success || s == Error || s == Cancelled }

// Time is a time of the API: with a space or a T between date and time, or null. Anything else is the zero time, because no
// outcome depends on it.
type Time struct{ time.Time }

// UnmarshalJSON never returns an error.
func (t *Time) UnmarshalJSON(data []byte) error {
	*t = Time{}
	var text string
	if json.Unmarshal(data, &text) != nil {
		return nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05Z07:00", time.RFC3339, time.DateTime, "2006-01-02T15:04:05"} {
		if parsed, err := time.Parse(layout, text); err == nil {
			t.Time = parsed.UTC()
			return nil
		}
	}
	return nil
}
