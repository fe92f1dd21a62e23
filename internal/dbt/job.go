package dbt

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

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
	// Triggers are the other ways to start the job.
	Triggers struct {
		Schedule bool `json:"schedule"`
	} `json:"triggers"`
	// URL is the job's page in dbt.
	URL string `json:"-"`
}

func (j Job) id() int64 { return j.ID }

// CheckActive returns an error if the job is deleted or deactivated, so that it can't run.
func (j Job) CheckActive() error {
	switch {
	case j.State == 2:
		return fmt.Errorf("dbt job %d is deleted. Correct dbt-job-id", j.ID)
	case j.Deactivated:
		return fmt.Errorf("dbt job %d is deactivated. Activate it in dbt", j.ID)
	}
	return nil
}

// Job returns a job.
func (c *Client) Job(ctx context.Context, id int64) (Job, error) {
	request := rest.Request{Operation: fmt.Sprintf("get dbt job %d", id), Retry: rest.Preflight}
	job, err := call[Job](ctx, c, request, "jobs", id)
	job.URL = c.pageURL(job.ProjectID, "jobs", id)
	return job, err
}

// Account is an account of the dbt platform.
// https://docs.getdbt.com/dbt-cloud/api-v2#/operations/Retrieve%20Account
type Account struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Locked bool   `json:"locked"`
	// LockReason is "" unless Locked is true.
	LockReason string `json:"lock_reason"`
}

func (a Account) id() int64 { return a.ID }

// Account returns the client's account. It is rarely retried, because a token that can run jobs might lack the permission.
func (c *Client) Account(ctx context.Context) (Account, error) {
	return call[Account](ctx, c, rest.Request{Operation: "get the dbt account", Retry: rest.BestEffort})
}

// ExplainAccount adds the accounts that the token can access to the error of a request that dbt rejected, if the client's
// account is not one of them. It returns any other error unchanged.
func (c *Client) ExplainAccount(ctx context.Context, err error) error {
	status, ok := errors.AsType[*rest.StatusError](err)
	if !ok || !slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, status.Status) {
		return err
	}
	accounts, listErr := call[[]Account](ctx, c, rest.Request{
		Operation: "list the dbt accounts", Path: []string{"api", "v2", "accounts"}, Retry: rest.BestEffort,
	})
	var names []string
	for _, account := range accounts {
		if account.ID == c.accountID {
			return err
		}
		names = append(names, fmt.Sprintf("%d (%q)", account.ID, account.Name))
	}
	if listErr != nil || len(names) == 0 {
		return err
	}
	return fmt.Errorf("check dbt-account-id: dbt-token is valid, but it can't access account %d. It can access %s. Error: %w",
		c.accountID, strings.Join(names, ", "), err)
}
