package tableau

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
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

type itemRef struct {
	ID string `xml:"id,attr"`
}

func (j Job) itemID() string {
	return cmp.Or(j.Refresh.Workbook.ID, j.Refresh.Datasource.ID, j.FlowRun.Flow.ID)
}

func (j Job) isFor(contentType content.Type, luid string) bool {
	refresh := j.Refresh
	items := map[content.Type]itemRef{content.Workbook: refresh.Workbook, content.Datasource: refresh.Datasource, content.Flow: j.FlowRun.Flow}
	return luid != "" && strings.EqualFold(items[contentType].ID, luid)
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
	finishSuccess   = "0"
	finishFailed    = "1"
	finishCancelled = "2"
	finishBridge    = "3"
)

// State returns the state by finish code and times. An unknown finish code is a failure, once there is an end time.
func (j Job) State() JobState {
	switch hasEnded := j.CompletedAt.isSet() || j.FinishCode == finishBridge; {
	case j.FinishCode == "" || !hasEnded:
		if !j.StartedAt.isSet() {
			return JobPending
		}
		return JobInProgress
	case j.FinishCode == finishSuccess, j.FinishCode == finishBridge:
		return JobSucceeded
	case j.FinishCode == finishCancelled:
		return JobCancelled
	}
	return JobFailed
}

// javaClass matches the Java classes before the messages in Tableau's notes.
var javaClass = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(?:[a-z]\w*\.){2,}[\w$]+(?:Exception|Error): *`)
})

// FailureReason returns why the job did not succeed, from Tableau's notes if there are any.
func (j Job) FailureReason() string {
	texts := []string{j.Refresh.Notes + j.FlowRun.Notes}
	for _, note := range j.StatusNotes {
		texts = append(texts, note.Text)
	}
	text := strings.TrimSpace(javaClass().ReplaceAllString(strings.Join(texts, "\n"), ""))
	switch {
	case j.FinishCode == missingFinishCode:
		return strings.TrimSuffix("Tableau ended the job without a finish code. "+text, ". ")
	case !slices.Contains([]string{finishSuccess, finishFailed, finishCancelled, finishBridge}, j.FinishCode):
		return strings.TrimSuffix(fmt.Sprintf("unknown finish code %q. %s", j.FinishCode, text), ". ")
	case text != "":
		return text
	case j.FinishCode == finishCancelled:
		return "canceled in Tableau by a user or by a site limit"
	}
	return "Tableau returned no reason"
}

// Tableau sets the finish code of a job when it ends. If the code is still missing after finishCodeDelay, the job counts as
// failed with missingFinishCode.
const (
	finishCodeDelay   = time.Minute
	missingFinishCode = "none"
)

type jobResponse struct {
	Job Job `xml:"job"`
}

func (r *jobResponse) isValid() bool { return r.Job.ID != "" }

// Job requests a job by its LUID. A 404 is retried for a job that was created a moment ago by the local clock; a zero
// createdAt is an old job. If there is a finish code other than 0 without an end time, the list of jobs decides whether the
// job has ended, as far as the user can view it.
func (c *Client) Job(ctx context.Context, id string, createdAt time.Time) (Job, error) {
	r := rest.Request{Operation: "get Tableau job " + id, Retry: rest.Polling, RetryAlso: rest.RetryNotFound(createdAt)}
	response, err := call[jobResponse](ctx, c, r, "jobs", id)
	if hasCode(err, codeJobUnreadable) {
		if !createdAt.IsZero() {
			createdAt = createdAt.Add(c.offset())
		}
		if job, listErr := c.listedJob(ctx, id, createdAt); listErr == nil {
			return job, nil
		}
	}
	job := response.Job
	job.FinishCode = strings.TrimSpace(job.FinishCode)
	switch {
	case job.FinishCode == "" && !job.CompletedAt.IsZero() && c.ServerTime().Sub(job.CompletedAt.Time) > finishCodeDelay:
		job.FinishCode = missingFinishCode
	case job.FinishCode != "" && job.FinishCode != finishSuccess && job.State() <= JobInProgress:
		if listed, listErr := c.listedJob(ctx, id, job.CreatedAt.Time); listErr == nil && listed.CompletedAt.isSet() {
			job.FinishCode, job.CompletedAt = listed.FinishCode, listed.CompletedAt
		}
	}
	return job, err
}

// ErrJobNotListed means that a job is missing in the list of jobs.
var ErrJobNotListed = errors.New("the job is not in the list of jobs")

const bridgeListDelay = 5 * time.Minute // how long after its end a job can be missing in the list

// ConfirmBridgeJob checks the list of jobs for the result of a Tableau Bridge job with finish code 0, which can also mean
// that the job was only handed to Bridge. It returns other jobs unchanged. With [ErrJobListDenied] or [ErrJobNotListed], the
// result can't be confirmed, and the job is returned as the success that Tableau reported.
func (c *Client) ConfirmBridgeJob(ctx context.Context, job Job) (Job, error) {
	if job.State() != JobSucceeded || job.FinishCode != finishSuccess {
		return job, nil
	}
	listed, err := c.listedJob(ctx, job.ID, job.CreatedAt.Time)
	switch {
	case errors.Is(err, ErrJobNotListed) && c.ServerTime().Sub(job.CompletedAt.Time) < bridgeListDelay:
		job.FinishCode = "" // it might be listed soon
		return job, nil
	case err != nil || listed.State() == JobSucceeded:
		return job, err
	}
	listed.Refresh = job.Refresh // the list contains no notes
	return listed, nil
}
