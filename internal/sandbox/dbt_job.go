package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// listJobs handles List Jobs of the dbt Administrative API v2.
func (c *dbtCloud) listJobs(r *http.Request, _ time.Time) reply {
	query := r.URL.Query()
	jobs := keep(c.account.Jobs,
		func(Job) bool { return sameID(query, "project_id", c.account.ProjectID) },
		func(Job) bool { return sameID(query, "environment_id", c.account.EnvironmentID) },
		func(Job) bool { return sameID(query, "state", 1) },
		func(j Job) bool {
			return strings.Contains(strings.ToLower(j.Name), strings.ToLower(query.Get("name__icontains")))
		},
	)
	list := []map[string]any{}
	for _, j := range jobs {
		list = append(list, c.jobJSON(j))
	}
	return pageReply(list, query, map[string]any{"account_id": c.account.ID})
}

// getJob handles Retrieve Job of the dbt Administrative API v2.
func (c *dbtCloud) getJob(r *http.Request, _ time.Time) reply {
	job := c.jobByID(r.PathValue("job"))
	if job == nil {
		return dbtNotFound()
	}
	return dbtData(c.jobJSON(*job))
}

func (c *dbtCloud) jobByID(id string) *Job {
	for i := range c.account.Jobs {
		if strconv.FormatInt(c.account.Jobs[i].ID, 10) == id {
			return &c.account.Jobs[i]
		}
	}
	return nil
}

func (c *dbtCloud) jobJSON(j Job) map[string]any {
	commands := []string{}
	for _, s := range j.Steps {
		if s.Command != docsCommand {
			commands = append(commands, s.Command)
		}
	}
	return map[string]any{
		"id":              j.ID,
		"account_id":      c.account.ID,
		"project_id":      c.account.ProjectID,
		"environment_id":  c.account.EnvironmentID,
		"name":            j.Name,
		"description":     j.Description,
		"execution":       map[string]any{"timeout_seconds": 0},
		"execute_steps":   commands,
		"generate_docs":   len(commands) < len(j.Steps),
		"settings":        map[string]any{"threads": 8, "target_name": "prod"},
		"state":           1,
		"deactivated":     false,
		"dbt_version":     nil,
		"raw_dbt_version": nil,
		"job_type":        jobType(j),
		"triggers": map[string]any{
			"github_webhook":       false,
			"git_provider_webhook": false,
			"schedule":             j.Cron != "",
			"on_merge":             false,
			"custom_branch_only":   true,
		},
		"schedule":                         map[string]any{"cron": j.Cron, "date": "every_day", "time": "every_hour"},
		"run_generate_sources":             false,
		"run_compare_changes":              false,
		"is_deferrable":                    false,
		"triggers_on_draft_pr":             false,
		"next_run":                         nil,
		"next_run_humanized":               nil,
		"run_failure_count":                0,
		"deferring_job_definition_id":      nil,
		"deferring_environment_id":         nil,
		"lifecycle_webhooks":               false,
		"lifecycle_webhooks_url":           nil,
		"job_completion_trigger_condition": nil,
		"most_recent_run":                  nil,
		"most_recent_completed_run":        nil,
		"created_at":                       formatJobTime(c.start.AddDate(-1, 0, 0)),
		"updated_at":                       formatJobTime(c.start.AddDate(0, -1, 0)),
	}
}

func jobType(j Job) string {
	if j.Cron != "" {
		return "scheduled"
	}
	return "other"
}

// sameID reports whether a query parameter is missing or equal to id.
func sameID(query url.Values, name string, id int64) bool {
	return !query.Has(name) || query.Get(name) == strconv.FormatInt(id, 10)
}
