package dbt

import (
	"context"
	"fmt"
	"strconv"

	"dbt-tableau-refresh/internal/rest"
)

// Job is the definition of a job. https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Retrieve%20Job
type Job struct {
	ID           int64    `json:"id"`
	Name         string   `json:"name"`
	ProjectID    int64    `json:"project_id"`
	ExecuteSteps []string `json:"execute_steps"`
	// State is 1 for an active job, 2 for a deleted one.
	State       int  `json:"state"`
	Deactivated bool `json:"deactivated"`
	// JobType is ci, merge, scheduled, other, or another value.
	JobType string `json:"job_type"`
	// Triggers is what else starts the job.
	Triggers struct {
		Schedule bool `json:"schedule"`
	} `json:"triggers"`
	// URL is the job's page in dbt.
	URL string `json:"-"`
}

func (j Job) id() int64 { return j.ID }

const jobStateDeleted = 2

// CheckActive returns an error if the job is deleted or deactivated, and so can't be run.
func (j Job) CheckActive() error {
	switch {
	case j.State == jobStateDeleted:
		return fmt.Errorf("dbt job %d is deleted; correct dbt-job-id", j.ID)
	case j.Deactivated:
		return fmt.Errorf("dbt job %d is deactivated; activate it in dbt", j.ID)
	}
	return nil
}

// Job returns a job.
func (c *Client) Job(ctx context.Context, id int64) (Job, error) {
	request := rest.Request{Operation: fmt.Sprintf("get dbt job %d", id), Retry: rest.Preflight}
	job, err := call[Job](ctx, c, request, "jobs", strconv.FormatInt(id, 10))
	job.URL = c.pageURL("projects", job.ProjectID, "jobs", id)
	return job, err
}
