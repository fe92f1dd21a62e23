package tableau

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
)

// Job is a background job, identified by its LUID. Every other field can be absent.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_subscriptions.htm#query_job
type Job struct {
	ID          string `xml:"id,attr"`
	CreatedAt   Time   `xml:"createdAt,attr"`
	StartedAt   Time   `xml:"startedAt,attr"`
	CompletedAt Time   `xml:"completedAt,attr"`
	// FinishCode is "" while the job is in progress. It is not a number, because its zero value would mean success.
	FinishCode string `xml:"finishCode,attr"`
	Refresh    struct {
		Notes      string  `xml:"notes"`
		Workbook   itemRef `xml:"workbook"`
		Datasource itemRef `xml:"datasource"`
	} `xml:"extractRefreshJob"`
	FlowRun struct {
		Notes string  `xml:"notes"`
		Flow  itemRef `xml:"flow"`
	} `xml:"runFlowJobType"`
	StatusNotes []struct {
		Text string `xml:"text,attr"`
	} `xml:"statusNotes>statusNote"`
}

// itemRef is the item of a job or a task.
type itemRef struct {
	ID string `xml:"id,attr"`
}

// isFor reports whether the job refreshes or runs the item.
func (j Job) isFor(contentType content.Type, luid string) bool {
	ref := map[content.Type]itemRef{content.Workbook: j.Refresh.Workbook, content.Datasource: j.Refresh.Datasource, content.Flow: j.FlowRun.Flow}[contentType]
	return luid != "" && strings.EqualFold(ref.ID, luid)
}

// JobState is the progress of a job. The zero value is JobPending.
type JobState int

// The states of a job.
const (
	JobPending JobState = iota
	JobInProgress
	JobSucceeded
	JobFailed
	JobCancelled
)

// The finish codes. 3 means that Tableau Bridge finished the job. All others only count once there is an end time: 0 also
// means that the job was handed to Bridge, and new jobs were seen with 1.
// https://github.com/tableau/server-client-python/blob/master/test/assets/users_bulk_add_job.xml
const (
	finishSuccess   = 0
	finishFailed    = 1
	finishCancelled = 2
	finishBridge    = 3
)

// State returns the state by finish code and times. An unknown finish code is a failure, once there is an end time.
func (j Job) State() JobState {
	code, err := strconv.Atoi(strings.TrimSpace(j.FinishCode))
	switch {
	case j.FinishCode == "", !j.CompletedAt.isSet() && (err != nil || code != finishBridge):
		if !j.StartedAt.isSet() {
			return JobPending
		}
		return JobInProgress
	case err == nil && (code == finishSuccess || code == finishBridge):
		return JobSucceeded
	case err == nil && code == finishCancelled:
		return JobCancelled
	}
	return JobFailed
}

// FailureReason returns why the job did not succeed, in Tableau's words if there are notes.
func (j Job) FailureReason() string {
	texts := []string{j.Refresh.Notes + j.FlowRun.Notes}
	for _, note := range j.StatusNotes {
		texts = append(texts, note.Text)
	}
	text := strings.TrimSpace(strings.Join(texts, "\n"))
	code, err := strconv.Atoi(strings.TrimSpace(j.FinishCode))
	switch {
	case j.FinishCode == missingFinishCode:
		return strings.TrimSpace("Tableau has ended the job without a finish code. " + text)
	case err != nil || code < finishSuccess || code > finishBridge:
		return strings.TrimSpace(fmt.Sprintf("finish code %q is not known. %s", j.FinishCode, text))
	case text != "":
		return text
	case code == finishCancelled:
		return "cancelled in Tableau, by a person or by a limit of the site"
	}
	return "Tableau gave no reason"
}

// Job requests a job by its LUID. A 404 is retried for a job that was created a moment ago by the local clock; a zero
// createdAt is an old job. If a finish code other than 0 comes without an end time, the list of jobs decides whether the job
// has ended, as far as the user can view it.
func (c *Client) Job(ctx context.Context, id string, createdAt time.Time) (Job, error) {
	r := rest.Request{Operation: "get Tableau job " + id, Retry: rest.Polling, RetryAlso: rest.RetryNotFound(createdAt)}
	response, err := call[jobResponse](ctx, c, r, "jobs", id)
	if hasCode(err, codeJobUnreadable) {
		if job, listErr := c.listedJob(ctx, id, c.toServerTime(createdAt)); listErr == nil {
			return job, nil
		}
	}
	job := &response.Job
	switch code := strings.TrimSpace(job.FinishCode); {
	case code == "" && !job.CompletedAt.IsZero() && c.ServerTime().Sub(job.CompletedAt.Time) > finishCodeDelay:
		job.FinishCode = missingFinishCode
	case code != "" && code != "0" && job.State() <= JobInProgress:
		if listed, listErr := c.listedJob(ctx, id, job.CreatedAt.Time); listErr == nil && listed.CompletedAt.isSet() {
			job.FinishCode, job.CompletedAt = listed.FinishCode, listed.CompletedAt
		}
	}
	return *job, err
}

// Tableau sets the finish code of a job when it ends. If the code is missing for finishCodeDelay, it never comes, and the job
// counts as failed with missingFinishCode.
const (
	finishCodeDelay   = time.Minute
	missingFinishCode = "none"
)

type jobResponse struct {
	Job Job `xml:"job"`
}

func (r *jobResponse) validate() error {
	if r.Job.ID == "" {
		return errors.New("it has no job")
	}
	return nil
}
