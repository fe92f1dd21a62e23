// Package dbtrun obtains a run of a dbt job, follows it and its retries to the end, and cancels it.
//
// It takes the checked configuration and what is known about the job, and reports what happens through [Hooks]. A [Follower]
// holds the last run, the failed runs before it, and what is left of them; all of this is also valid after an error.
//
// It must never start a run twice, cancel a run that the step did not start, or treat a status other than 10 as success.
package dbtrun

import (
	"time"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
)

// Job is what is known about the job before one of its runs is obtained.
type Job struct {
	ID int64
	// NewestRunID is the ID of the job's newest run; 0 when it has none, or when it is unknown.
	NewestRunID int64
	// Durations are those of recent successful runs without their time in the queue, in any order; nil when unknown.
	Durations []time.Duration
	// Attached is the run that dbt-run-id selects; the zero Run without that input.
	Attached dbt.Run
}

// Hooks receive what a Follower reports. Each is required.
type Hooks struct {
	// Observe returns when the effect of the event is written, as that of a [progress.Observer] does.
	Observe func(progress.Event)
	// Warn receives what a user should know although it does not change the outcome.
	Warn func(text string)
	// Notify receives what a user should know about a step in which nothing went wrong.
	Notify func(text string)
	// SetActivity receives what is in progress from now on, such as "waiting for dbt run 4711".
	SetActivity func(text string)
}

// Follower obtains a run, follows it, and cancels it. It is not safe for concurrent use.
type Follower struct {
	client *dbt.Client
	config *config.Config
	job    Job
	hooks  Hooks
	// start is how a run, or the retry of one, is started.
	start dbt.StartRequest
	// startUnknown is true when the last start got no response: there may be a run with an unknown ID.
	startUnknown bool
	// duplicateChecks is how many of the next polls also check the list of runs for a duplicate run.
	duplicateChecks int
	// run is as last seen, and the zero Run before there is one.
	run     dbt.Run
	origin  progress.Origin
	retried []progress.Run
	// idKnownAt is when the ID of the run became known, endedAt when the run was seen to have ended.
	idKnownAt, endedAt time.Time
	// canceled is what came of the request to cancel the run; LeftoverNone before there was one.
	canceled progress.Leftover
}

// New returns a Follower that has no run yet. It makes no request.
func New(client *dbt.Client, c *config.Config, job Job, hooks Hooks) *Follower {
	marker := dbt.NewMarker(c.Step.RunID, c.Step.RunAttempt, c.Step.StepKey)
	start := dbt.StartRequest{JobID: c.DBT.JobID, AfterRunID: job.NewestRunID, Marker: marker, Request: triggerRequest(c.DBT, marker)}
	return &Follower{client: client, config: c, job: job, hooks: hooks, start: start}
}

// DBTRun returns the run as dbt last returned it; the zero Run when there is none. With retries it is the last one.
func (f *Follower) DBTRun() dbt.Run { return f.run }

// Run returns what the result shows of the run; the zero Run when there is none.
func (f *Follower) Run() progress.Run {
	if f.run.ID == 0 {
		return progress.Run{}
	}
	return convertRun(f.run, f.origin)
}

// Retried returns the failed runs that were retried, the oldest first.
func (f *Follower) Retried() []progress.Run { return f.retried }

// EndedAt returns when the run was seen to end, by the clock of this machine; the zero time when it was not.
func (f *Follower) EndedAt() time.Time { return f.endedAt }

// Leftover returns what is left of the run if the step ends now.
func (f *Follower) Leftover() progress.Leftover {
	run := f.Run()
	switch {
	case f.startUnknown && f.config.CancelDBTRun && f.config.DBT.Wait:
		return progress.LeftoverUnknownStartForPost
	case f.startUnknown:
		return progress.LeftoverUnknownStart
	case f.canceled != progress.LeftoverNone:
		return f.canceled
	case run.ID != 0 && !run.Ended():
		return progress.LeftoverRunContinues
	}
	return progress.LeftoverNone
}
