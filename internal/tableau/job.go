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

// Job is a background job. Every field but ID may be absent.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_jobs_tasks_and_subscriptions.htm#query_job
type Job struct {
	ID          string `xml:"id,attr"`
	CreatedAt   Time   `xml:"createdAt,attr"`
	StartedAt   Time   `xml:"startedAt,attr"`
	CompletedAt Time   `xml:"completedAt,attr"`
	// FinishCode is "" while the job is going. As a number it would be 0 then, which means success.
	FinishCode string `xml:"finishCode,attr"`
	Refresh    struct {
		Notes      string `xml:"notes"`
		Workbook   target `xml:"workbook"`
		Datasource target `xml:"datasource"`
	} `xml:"extractRefreshJob"`
	FlowRun struct {
		Notes string `xml:"notes"`
		Flow  target `xml:"flow"`
	} `xml:"runFlowJobType"`
	StatusNotes []struct {
		Text string `xml:"text,attr"`
	} `xml:"statusNotes>statusNote"`
}

// target is what a job or a task works on.
type target struct {
	ID string `xml:"id,attr"`
}

// worksOn reports whether the job refreshes or runs that item.
func (j Job) worksOn(kind content.Type, luid string) bool {
	is := map[content.Type]target{content.Workbook: j.Refresh.Workbook, content.Datasource: j.Refresh.Datasource, content.Flow: j.FlowRun.Flow}[kind]
	return luid != "" && strings.EqualFold(is.ID, luid)
}

// State is how far a job has come.
type State int

// The states of a job.
const (
	Pending State = iota
	InProgress
	Succeeded
	Failed
	Cancelled
)

// The finish codes. 0 without an end is a job that Tableau Bridge has been given; 3 is one that Bridge has finished.
const (
	finishSuccess   = 0
	finishFailed    = 1
	finishCancelled = 2
	finishBridge    = 3
)

// State reads the finish code. A code that is not known is a failure.
func (j Job) State() State {
	code, err := strconv.Atoi(strings.TrimSpace(j.FinishCode))
	switch {
	case j.FinishCode == "", err == nil && code == finishSuccess && !j.CompletedAt.isSet():
		if !j.StartedAt.isSet() {
			return Pending
		}
		return InProgress
	case err == nil && (code == finishSuccess || code == finishBridge):
		return Succeeded
	case err == nil && code == finishCancelled:
		return Cancelled
	}
	return Failed
}

// Reason says why the job did not succeed: Tableau's own notes where there are some.
func (j Job) Reason() string {
	texts := []string{j.Refresh.Notes + j.FlowRun.Notes}
	for _, note := range j.StatusNotes {
		texts = append(texts, note.Text)
	}
	text := strings.TrimSpace(strings.Join(texts, "\n"))
	code, err := strconv.Atoi(strings.TrimSpace(j.FinishCode))
	switch {
	case j.FinishCode == noCode:
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

// Job reads a job. It forgives a 404 for a job that was made a moment ago.
func (c *Client) Job(ctx context.Context, id string, made time.Time) (Job, error) {
	r := rest.Request{Operation: "get Tableau job " + id, Retry: rest.Polling, RetryAlso: rest.RetryNotFound(made)}
	answer, err := call[jobAnswer](ctx, c, r, "jobs", id)
	if hasCode(err, codeNotQueried) {
		if job, listErr := c.listedJob(ctx, id, c.foreign(made)); listErr == nil {
			return job, nil
		}
	}
	if job := &answer.Job; job.FinishCode == "" && !job.CompletedAt.IsZero() && c.Now().Sub(job.CompletedAt.Time) > codeTime {
		job.FinishCode = noCode
	}
	return answer.Job, err
}

// A job that has ended gets its finish code in the same moment, or it gets none: then it must not be waited for any longer.
const (
	codeTime = time.Minute
	noCode   = "none"
)

type jobAnswer struct {
	Job Job `xml:"job"`
}

func (a *jobAnswer) check() error {
	if a.Job.ID == "" {
		return errors.New("it has no job")
	}
	return nil
}
