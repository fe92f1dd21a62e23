// Package dbtrun obtains a run of a dbt job, follows it and its retries to the end, and cancels it.
//
// It takes the checked configuration and what is known about the job, and reports what happens through [Hooks]. A [Follower]
// returns the last run, the failed runs before it, and what is left of them; all of this is also valid after an error.
//
// It must never start a run twice, cancel a run that the step did not start, or treat a status other than 10 as success.
package dbtrun

import (
	"cmp"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
)

// Job is what is known about the job before one of its runs is obtained.
type Job struct {
	ID int64
	// NewestRunID is the ID of the job's newest run; 0 if it has none, or if it is unknown.
	NewestRunID int64
	// Durations are those of recent successful runs without their time in the queue, in any order; nil if unknown.
	Durations []time.Duration
	// Attached is the run that dbt-run-id selects; the zero Run without that input.
	Attached dbt.Run
}

// Hooks receive what a Follower reports. Each is required.
type Hooks struct {
	// Observe returns when the effect of the event is written, like that of a [progress.Observer].
	Observe func(progress.Event)
	// Warn receives a problem that does not change the outcome, Notify what a user should know without a problem.
	Warn, Notify func(text string)
	// SetActivity receives what is in progress from now on, such as "waiting for dbt run 4711".
	SetActivity func(text string)
}

// Follower obtains a run, follows it, and cancels it. It is not safe for concurrent use.
type Follower struct {
	client *dbt.Client
	config *config.Config
	job    Job
	hooks  Hooks
	start  dbt.StartRequest
	// startUnknown is true if the last start got no response: there may be a run with an unknown ID.
	startUnknown bool
	// duplicateChecks is how many of the next polls also check the list of runs for a duplicate run.
	duplicateChecks int
	run             dbt.Run
	origin          progress.Origin
	retried         []progress.Run
	// idKnownAt is when the ID of the run became known, endedAt when a poll returned that the run had ended.
	idKnownAt, endedAt time.Time
	// cancelResult is the result of the request to cancel the run; LeftoverNone before there was one.
	cancelResult progress.Leftover
}

// New returns a Follower that has no run yet. It makes no request.
func New(client *dbt.Client, c *config.Config, job Job, hooks Hooks) *Follower {
	marker := dbt.NewMarker(c.Step.RunID, c.Step.RunAttempt, c.Step.StepKey)
	start := dbt.StartRequest{JobID: c.DBT.JobID, AfterRunID: job.NewestRunID, Marker: marker, Request: triggerRequest(c.DBT, marker)}
	return &Follower{client: client, config: c, job: job, hooks: hooks, start: start}
}

// DBTRun returns the run as dbt last returned it, after retries the last one; the zero Run if there is none.
func (f *Follower) DBTRun() dbt.Run { return f.run }

// Run returns what the result shows of the run; the zero Run if there is none.
func (f *Follower) Run() progress.Run {
	if f.run.ID == 0 {
		return progress.Run{}
	}
	return convertRun(f.run, f.origin)
}

// Retried returns the failed runs that were retried, the oldest first.
func (f *Follower) Retried() []progress.Run { return f.retried }

// EndedAt returns when a poll returned that the run had ended, on the clock of this machine; zero if none did.
func (f *Follower) EndedAt() time.Time { return f.endedAt }

// Leftover returns what is left of the run if the step ends now.
func (f *Follower) Leftover() progress.Leftover {
	switch {
	case f.startUnknown && f.config.PostStepCancels():
		return progress.LeftoverUnknownStartForPost
	case f.startUnknown:
		return progress.LeftoverUnknownStart
	case f.cancelResult != progress.LeftoverNone:
		return f.cancelResult
	case f.run.ID != 0 && !f.run.Ended():
		return progress.LeftoverRunContinues
	}
	return progress.LeftoverNone
}

// convertRun returns what the result shows of a run. It keeps only the last lines of the logs of failed steps.
func convertRun(run dbt.Run, origin progress.Origin) progress.Run {
	steps := make([]progress.RunStep, len(run.Steps))
	for i, step := range run.Steps {
		steps[i] = progress.RunStep{
			Index: step.Index, Name: strings.TrimSpace(step.Name), Status: progress.RunStatus(step.Status.String()),
			Started: step.StartedAt.Time, Finished: step.FinishedAt.Time,
		}
		if step.Status == dbt.Error {
			steps[i].Log = lastLines(step.Logs)
			steps[i].Error = cmp.Or(step.LogErrors().First(""), strings.Trim(run.StatusMessage+"; "+step.LastLine(), "; "))
		}
	}
	return progress.Run{
		ID: run.ID, URL: run.URL, Status: progress.RunStatus(run.Status.String()), Message: run.StatusMessage, Origin: origin,
		GitSHA: run.GitSHA, Branch: run.GitBranch, BlockedBy: len(run.BlockedBy),
		Created: run.CreatedAt.Time, Started: run.StartedAt.Time, Finished: run.FinishedAt.Time,
		Steps: steps,
	}
}

// lastLines returns the last lines of a log, in which dbt lists what failed.
func lastLines(log string) string {
	lines := strings.Split(strings.TrimRight(log, "\r\n\t "), "\n")
	return strings.Join(lines[max(0, len(lines)-progress.LogTail):], "\n")
}
