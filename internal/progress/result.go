package progress

import (
	"time"

	"dbt-tableau-refresh/internal/content"
)

// Outcome is the one word that a workflow branches on: the `result` output.
type Outcome string

// The outcomes, as action.yml describes them.
const (
	OutcomeSuccess         Outcome = "success"
	OutcomeStarted         Outcome = "started"
	OutcomeChecked         Outcome = "checked"
	OutcomeDBTFailed       Outcome = "dbt-failed"
	OutcomeDBTCancelled    Outcome = "dbt-cancelled"
	OutcomeRefreshFailed   Outcome = "refresh-failed"
	OutcomeTimedOut        Outcome = "timed-out"
	OutcomeCancelled       Outcome = "cancelled"
	OutcomeInvalidInput    Outcome = "invalid-input"
	OutcomePreflightFailed Outcome = "preflight-failed"
	OutcomeError           Outcome = "error"
)

// OK reports whether the step passes with this outcome.
func (o Outcome) OK() bool {
	return o == OutcomeSuccess || o == OutcomeStarted || o == OutcomeChecked
}

// Result is everything that is known when the step ends. Every path ends in one.
type Result struct {
	Outcome Outcome
	// Err says why Outcome is not OK; nil when it is. A failed dbt run or refresh is an error here, too.
	Err error
	// Begin and End bound the step itself.
	Began, End time.Time
	Job        Job
	// Run is the dbt run; its ID is 0 while there is none. With retries it is the last one, the one that counts.
	Run Run
	// Retried are the failed runs that were taken up again, the oldest first.
	Retried []Run
	// Failures are the models, tests and other nodes that failed, as far as dbt tells. Built counts those that did not.
	Failures []Failure
	Built    []Built
	// Site is the Tableau half; nil when the step only runs dbt.
	Site *Site
	// Plan is which dbt run the step would follow: for a dry run that could take one over; "" otherwise.
	Plan string
	// Refreshes has one entry a target, in the order of the selection. It is complete as soon as preflight is over.
	Refreshes []Refresh
	// Discovery is nil where nothing was to be discovered, or the step did not come to it.
	Discovery *Discovery
	// Warnings are what a reader should know although it did not change the outcome, in the order of their coming.
	Warnings []string
	// Leftover is what the step leaves of the dbt run.
	Leftover Leftover
}

// Job is the dbt job that is run.
type Job struct {
	ID          int64
	Name, URL   string
	AccountName string // "" when dbt does not say
	Steps       []string
	// Usual is how long a successful run of this job usually takes, queue left out; 0 when not known.
	MedianDuration time.Duration
}

// Run is a dbt run as last seen.
type Run struct {
	ID  int64
	URL string
	// Status is the final status, or the last one seen.
	Status RunStatus
	// Message is what dbt says about the status, mostly on failure.
	Message string
	// Origin says how the run came to be ours to follow.
	Origin Origin
	GitSHA string
	Branch string
	// BlockedBy counts the runs that this one waits for.
	BlockedBy int
	// Created, Started and Finished are zero while not known; dbt counts as queued until Started.
	Created, Started, Finished time.Time
	Steps                      []RunStep
}

// Ended reports whether the run was in a final status, or had a finish time, when last seen.
func (r Run) Ended() bool {
	return !r.Finished.IsZero() || r.Status == RunStatusSuccess || r.Status == RunStatusError || r.Status == RunStatusCancelled
}

// RunStatus is the status of a dbt run or of one of its steps: the `run-status` output. A status that dbt introduces later is
// "status N", with dbt's number.
type RunStatus string

// The statuses of a run. The first three are final.
const (
	RunStatusSuccess   RunStatus = "success"
	RunStatusError     RunStatus = "error"
	RunStatusCancelled RunStatus = "cancelled"
	RunStatusQueued    RunStatus = "queued"
	RunStatusStarting  RunStatus = "starting"
	RunStatusRunning   RunStatus = "running"
)

// Origin is how the step came by its run.
type Origin string

// The origins of a run.
const (
	OriginStarted  Origin = "started"  // by this step
	OriginAttached Origin = "attached" // named by dbt-run-id
	OriginAdopted  Origin = "adopted"  // by dbt-reuse-run
	OriginResumed  Origin = "resumed"  // started by an earlier attempt of this step
	OriginRetried  Origin = "retried"  // taken up again after a failure
)

// Owned reports whether the step, or an earlier attempt of it, started the run. It cancels no other run.
func (o Origin) Owned() bool {
	return o == OriginStarted || o == OriginResumed || o == OriginRetried
}

// RunStep is one step of a dbt run.
type RunStep struct {
	Index  int
	Name   string
	Status RunStatus
	// Started and Finished are zero while not known.
	Started, Finished time.Time
	// Log is the end of a failed step's log, at most LogTail lines; "" otherwise.
	Log string
}

// Failure is a node of the dbt project that failed.
type Failure struct {
	// Type is dbt's, such as model, test or snapshot.
	Type, Name string
	// Status is dbt's, such as error or fail.
	Status, Message string
}

// Built is how many nodes of a type were built, or tests passed.
type Built struct {
	Type  string
	Nodes int
}

// LogTail is how many lines of a failed step's log are kept.
const LogTail = 50

// Site is the Tableau site that is refreshed.
type Site struct {
	Host, ContentURL string
	// Product and API are the server's versions, such as 2025.3.0 and 3.27.
	Product, API string
}

// Status is how far a refresh has come: the `status` in the `refreshes` output.
type Status string

// The statuses of a refresh.
const (
	StatusNotStarted Status = "not-started"
	StatusStarted    Status = "started" // accepted; not, or not yet, at its end
	StatusSuccess    Status = "success"
	StatusFailed     Status = "failed"
	StatusCancelled  Status = "cancelled"
	StatusSkipped    Status = "skipped"
	StatusTimedOut   Status = "timed-out"
	StatusUnknown    Status = "unknown"
)

// Ended reports whether nothing more will be heard of the refresh.
func (s Status) Ended() bool { return s != StatusNotStarted && s != StatusStarted }

// Skip is a reason to leave a target out.
type Skip string

// The reasons to leave a target out.
const (
	// SkipNoExtract: it is live, and so as fresh as what it reads.
	SkipNoExtract Skip = "no-extract"
	// SkipConflict: another refresh of it was under way, which may have read the warehouse before dbt was done. Nobody may call
	// it fresh.
	SkipConflict Skip = "conflict"
)

// NoExtract is the reason in words for SkipNoExtract.
const NoExtract = "it has no extract of its own"

// Refresh is one target and what became of it.
type Refresh struct {
	Type content.Type
	// ID is the LUID, "" when the selector never resolved; Name is then the selector's text.
	ID, Name, Project, URL string
	JobID                  string
	Status                 Status
	// Accepted is when Tableau took the refresh; Running and Ended are Tableau's own times, zero while not known.
	Accepted, Running, Ended time.Time
	// WaitsFor names the data sources that are refreshed before, parted by commas; "" for none.
	WaitsFor string
	// Error says why the status is not success: mostly Tableau's own notes.
	Error string
	// Skip is why a refresh is skipped, or in a dry run would be; "" for all others.
	Skip Skip
}

// Queued is the time between acceptance and start, up to now while it is queued. Zero when never accepted.
func (r Refresh) Queued(now time.Time) time.Duration {
	switch {
	case r.Accepted.IsZero():
		return 0
	case !r.Running.IsZero():
		return r.Running.Sub(r.Accepted)
	case !r.Ended.IsZero():
		return r.Ended.Sub(r.Accepted)
	}
	return now.Sub(r.Accepted)
}

// Ran is the time between start and end, up to now while it runs. Zero when it never ran.
func (r Refresh) Ran(now time.Time) time.Duration {
	switch {
	case r.Running.IsZero():
		return 0
	case !r.Ended.IsZero():
		return r.Ended.Sub(r.Running)
	}
	return now.Sub(r.Running)
}

// SetSkipped marks the target as skipped, with the reason in words.
func (r *Refresh) SetSkipped(why Skip, text string) {
	r.Status, r.Skip, r.Error = StatusSkipped, why, text
}
