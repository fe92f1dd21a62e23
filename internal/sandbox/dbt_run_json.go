package sandbox

import (
	"fmt"
	"slices"
	"time"
)

// dbtVersion is the dbt version of all runs.
const dbtVersion = "2026.10.8"

// gitSHA is the commit of a run without an override.
const gitSHA = "5d1f0c7b3a9e48e2b6d4c1a7f0e9d8c7b6a59483"

// runJSON is a run in a response. Pointers are null as long as they have no value.
type runJSON struct {
	ID                      int64        `json:"id"`
	TriggerID               int64        `json:"trigger_id"`
	AccountID               int64        `json:"account_id"`
	EnvironmentID           int64        `json:"environment_id"`
	ProjectID               int64        `json:"project_id"`
	JobDefinitionID         int64        `json:"job_definition_id"`
	JobID                   int64        `json:"job_id"`
	Status                  runStatus    `json:"status"`
	StatusHumanized         string       `json:"status_humanized"`
	StatusMessage           *string      `json:"status_message"`
	DBTVersion              string       `json:"dbt_version"`
	GitBranch               *string      `json:"git_branch"`
	GitSHA                  *string      `json:"git_sha"`
	InProgress              bool         `json:"in_progress"`
	IsRunning               *bool        `json:"is_running"`
	IsComplete              bool         `json:"is_complete"`
	IsSuccess               bool         `json:"is_success"`
	IsError                 bool         `json:"is_error"`
	IsCancelled             bool         `json:"is_cancelled"`
	ArtifactsSaved          bool         `json:"artifacts_saved"`
	ArtifactS3Path          *string      `json:"artifact_s3_path"`
	HasDocsGenerated        bool         `json:"has_docs_generated"`
	HasSourcesGenerated     bool         `json:"has_sources_generated"`
	NotificationsSent       bool         `json:"notifications_sent"`
	BlockedBy               []int64      `json:"blocked_by"`
	OwnerThreadID           *string      `json:"owner_thread_id"`
	ExecutedByThreadID      *string      `json:"executed_by_thread_id"`
	DeferringRunID          *int64       `json:"deferring_run_id"`
	CreatedAt               *string      `json:"created_at"`
	UpdatedAt               *string      `json:"updated_at"`
	DequeuedAt              *string      `json:"dequeued_at"`
	StartedAt               *string      `json:"started_at"`
	FinishedAt              *string      `json:"finished_at"`
	LastCheckedAt           *string      `json:"last_checked_at"`
	LastHeartbeatAt         *string      `json:"last_heartbeat_at"`
	ShouldStartAt           *string      `json:"should_start_at"`
	Duration                string       `json:"duration"`
	QueuedDuration          string       `json:"queued_duration"`
	RunDuration             string       `json:"run_duration"`
	DurationHumanized       string       `json:"duration_humanized"`
	QueuedDurationHumanized string       `json:"queued_duration_humanized"`
	RunDurationHumanized    string       `json:"run_duration_humanized"`
	CreatedAtHumanized      string       `json:"created_at_humanized"`
	FinishedAtHumanized     string       `json:"finished_at_humanized"`
	RetryingRunID           *int64       `json:"retrying_run_id"`
	CanRetry                bool         `json:"can_retry"`
	RetryNotSupportedReason *string      `json:"retry_not_supported_reason"`
	Href                    string       `json:"href"`
	UsedRepoCache           *bool        `json:"used_repo_cache"`
	Trigger                 *triggerJSON `json:"trigger"`
	Job                     any          `json:"job"`
	Environment             any          `json:"environment"`
	RunSteps                []stepJSON   `json:"run_steps"`
}

type triggerJSON struct {
	ID              int64 `json:"id"`
	JobDefinitionID int64 `json:"job_definition_id"`
	trigger
	CauseHumanized string  `json:"cause_humanized"`
	CauseCategory  string  `json:"cause_category"`
	CreatedAt      *string `json:"created_at"`
	Job            any     `json:"job"`
}

// runJSON returns the state of a run now, with the related objects in names.
func (c *dbtCloud) runJSON(r *run, now time.Time, base string, names []string) runJSON {
	t := r.timeline
	status := t.status(now)
	answer := runJSON{
		ID: r.id, TriggerID: r.triggerID, AccountID: c.account.ID, EnvironmentID: c.account.EnvironmentID,
		ProjectID: c.account.ProjectID, JobDefinitionID: r.job.ID, JobID: r.job.ID,
		Status: status, StatusHumanized: status.String(), StatusMessage: r.message(status),
		DBTVersion: dbtVersion, GitBranch: r.trigger.GitBranch, GitSHA: r.sha(now),
		InProgress: status < statusSuccess, IsComplete: status >= statusSuccess, IsSuccess: status == statusSuccess,
		IsError: status == statusError, IsCancelled: status == statusCancelled,
		ArtifactsSaved: c.artifactsSaved(r, now), NotificationsSent: status >= statusSuccess,
		HasDocsGenerated: status == statusSuccess && slices.ContainsFunc(r.steps, func(s Step) bool { return s.Command == docsCommand }),
		BlockedBy:        t.blockedBy(now),
		Href:             fmt.Sprintf("%s/deploy/%d/projects/%d/runs/%d/", base, c.account.ID, c.account.ProjectID, r.id),
		RunSteps:         []stepJSON{},
	}
	answer.setTimes(r, now)
	answer.setRetry(c, r, now)
	c.setRelated(&answer, r, now, names)
	return answer
}

func (answer *runJSON) setTimes(r *run, now time.Time) {
	t := r.timeline
	end := t.finished
	if end.After(now) {
		end = now
	}
	started := ifHappened(t.started, now)
	queued, ran := end.Sub(r.created), time.Duration(0)
	if !started.IsZero() {
		queued, ran = started.Sub(r.created), end.Sub(started)
	}
	answer.CreatedAt, answer.UpdatedAt = formatRunTime(r.created), formatRunTime(end)
	answer.DequeuedAt, answer.StartedAt = formatRunTime(ifHappened(t.dequeued, now)), formatRunTime(started)
	answer.FinishedAt = formatRunTime(ifHappened(t.finished, now))
	answer.Duration, answer.DurationHumanized = formatClock(queued+ran), formatHuman(queued+ran)
	answer.QueuedDuration, answer.QueuedDurationHumanized = formatClock(queued), formatHuman(queued)
	answer.RunDuration, answer.RunDurationHumanized = formatClock(ran), formatHuman(ran)
	answer.CreatedAtHumanized = formatHuman(now.Sub(r.created)) + " ago"
	answer.FinishedAtHumanized = "0 minutes from now"
	if answer.IsComplete {
		answer.FinishedAtHumanized = formatHuman(now.Sub(end)) + " ago"
	}
}

func (c *dbtCloud) setRelated(answer *runJSON, r *run, now time.Time, names []string) {
	debug := slices.Contains(names, "debug_logs")
	for _, name := range names {
		switch name {
		case "trigger":
			answer.Trigger = &triggerJSON{
				ID: r.triggerID, JobDefinitionID: r.job.ID, trigger: r.trigger, CauseHumanized: r.trigger.Cause,
				CauseCategory: r.trigger.category, CreatedAt: formatRunTime(r.created),
			}
		case "job":
			answer.Job = c.jobJSON(*r.job)
		case "environment":
			answer.Environment = map[string]any{"id": c.account.EnvironmentID, "name": "Production", "type": "deployment"}
		case "run_steps":
			answer.RunSteps = c.stepsJSON(r, now, debug)
		}
	}
}

// message returns the status_message, which is null unless something went wrong.
func (r *run) message(status runStatus) *string {
	switch {
	case status == statusCancelled:
		return new("Cancelled by user.")
	case status == statusError && r.outcome.Message != "":
		return &r.outcome.Message
	}
	return nil
}

// sha returns the commit, which is known after the first step, the checkout.
func (r *run) sha(now time.Time) *string {
	if len(r.timeline.steps) < 2 || r.timeline.steps[1].After(now) {
		return nil
	}
	if r.trigger.GitSHA != nil {
		return r.trigger.GitSHA
	}
	return new(gitSHA)
}
