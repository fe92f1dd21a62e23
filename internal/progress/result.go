package progress

import (
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/content"
)

// Outcome is how the step ended: the `result` output.
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

// Result is everything that is known when the step ends, on every path.
type Result struct {
	Outcome Outcome
	// Err is why Outcome is not OK; nil if it is. A failed dbt run or refresh is an error, too.
	Err error
	// Began and End are when the step started and ended.
	Began, End time.Time
	Job        Job
	// Run is the dbt run, after retries the last one; the zero value while there is none.
	Run Run
	// Retried are the failed runs that were retried, the oldest first.
	Retried []Run
	// Failures are the models, tests, and other nodes that failed, as far as dbt returned them. Built counts the others.
	Failures []Failure
	Built    []Built
	// WarnedTests are the data tests and unit tests that warned, as far as dbt returned them in time.
	WarnedTests []Failure
	// ResumableFor is for how long after the end of a successful run a re-run of the failed jobs uses it; 0 if it starts one.
	ResumableFor time.Duration
	// Site is nil if the step only runs dbt.
	Site *Site
	// Plan is, in a dry run that can resume or adopt a run, which dbt run the step would follow; "" otherwise.
	Plan string
	// Refreshes has one entry per target, in the order of the selection. Discovery appends to it.
	Refreshes []Refresh
	// Discovery is nil if it is off, or if the step ended before it.
	Discovery *Discovery
	// Warnings are problems that did not change the outcome, in order of their occurrence. Notices are not about problems.
	Warnings, Notices []string
	// Leftover is what the step leaves of the dbt run.
	Leftover Leftover
}

// Job is the dbt job that is run.
type Job struct {
	ID          int64
	Name, URL   string
	AccountName string // "" if dbt did not return it
	Steps       []string
	// MedianDuration is of the recent successful runs, without the queue; 0 if not known.
	MedianDuration time.Duration
}

// Run is a dbt run as last seen.
type Run struct {
	// ID is 0 for dbt that ran in an earlier step, which has Commands instead.
	ID  int64
	URL string
	// InvocationID is the UUID of the last command of an earlier step; "" if it is unknown, and on the dbt platform.
	InvocationID string
	// Commands are those of earlier steps, in the order in which they ended; none on the dbt platform.
	Commands []Command
	// Status is the final status, or the last one seen.
	Status RunStatus
	// Message is dbt's text about the status, usually of a failure.
	Message string
	Origin  Origin
	GitSHA  string
	Branch  string
	// BlockedBy counts the runs that this one waits for.
	BlockedBy int
	// Created, Started, and Finished are zero while not known. The run is queued until Started.
	Created, Started, Finished time.Time
	Steps                      []RunStep
}

// Ended reports whether the run was in a final status, or had a finish time, when last seen.
func (r Run) Ended() bool {
	return !r.Finished.IsZero() || r.Status == RunStatusSuccess || r.Status == RunStatusError || r.Status == RunStatusCancelled
}

// Known reports whether there is a run.
func (r Run) Known() bool { return r.ID != 0 || len(r.Commands) > 0 }

// Label returns how messages name the run: "dbt run 4711", or "dbt" for the commands of earlier steps.
func (r Run) Label() string {
	if r.ID == 0 {
		return "dbt"
	}
	return fmt.Sprintf("dbt run %d", r.ID)
}

// Command is a dbt command that ran in an earlier step, as its results describe it.
type Command struct {
	// Name is "dbt" with the subcommand if it is known, such as "dbt build".
	Name string
	// Target is the dbt target that the results name; "" for none.
	Target string
	// Folder is the target folder that has the results, relative to the workspace.
	Folder string
	// Finished is when the results were written; zero if unknown.
	Finished time.Time
	// Built are empty if the command built and tested nothing.
	Built []Built
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

// Origin is why the step follows its run.
type Origin string

// The origins of a run.
const (
	OriginStarted  Origin = "started"  // by this step
	OriginAttached Origin = "attached" // named by dbt-run-id
	OriginAdopted  Origin = "adopted"  // by dbt-reuse-run
	OriginResumed  Origin = "resumed"  // started by an earlier attempt of this step
	OriginRetried  Origin = "retried"  // by this step, after a failure
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
	// Error is why a failed step failed, as far as dbt returned it; "" otherwise.
	Error string
}

// Failure is a node of the dbt project that failed, or a test that warned.
type Failure struct {
	// Type is dbt's, such as model, test or snapshot.
	Type, Name string
	// Status is dbt's, such as error, fail, or warn.
	Status, Message string
}

// Built is how many nodes of a type were built, or tests passed.
type Built struct {
	Type  string
	Nodes int
}

// LogTail is how many lines are kept of the log of a failed step.
const LogTail = 50

// Site is the Tableau site that is refreshed.
type Site struct {
	Host, ContentURL string
	// Product and API are the server's versions, such as 2025.3.0 and 3.27.
	Product, API string
}

// Status is the status of a refresh: the `status` in the `refreshes` output.
type Status string

// The statuses of a refresh.
const (
	StatusNotStarted Status = "not-started"
	StatusStarted    Status = "started" // accepted, and its end is not known
	StatusSuccess    Status = "success"
	StatusFailed     Status = "failed"
	StatusCancelled  Status = "cancelled"
	StatusSkipped    Status = "skipped"
	StatusTimedOut   Status = "timed-out"
	StatusUnknown    Status = "unknown"
)

// Ended reports whether the status is final.
func (s Status) Ended() bool { return s != StatusNotStarted && s != StatusStarted }

// Skip is a reason to skip a target.
type Skip string

// The reasons to skip a target.
const (
	// SkipNoExtract means that the item uses a live connection, so its data is as current as what it uses.
	SkipNoExtract Skip = "no-extract"
	// SkipConflict means that another refresh of the item was in progress, which possibly read the warehouse before the
	// dbt run ended. Its data is not known to be current.
	SkipConflict Skip = "conflict"
)

// NoExtract is the reason in words for SkipNoExtract.
const NoExtract = "it has no extract of its own"

// Refresh is one target and what became of it.
type Refresh struct {
	Type content.Type
	// ID is the LUID; "" if the selector was not resolved, and then Name is the text of the selector.
	ID, Name, Project, URL string
	JobID                  string
	Status                 Status
	// Accepted is when Tableau accepted the refresh. Running and Ended are Tableau's times of its start and end. Zero if
	// not known.
	Accepted, Running, Ended time.Time
	// WaitsFor is the names of the data sources that are refreshed before it, separated by commas; "" for none.
	WaitsFor string
	// Error is why the status is not success, usually in Tableau's words.
	Error string
	// Skip is why the refresh is skipped, or would be in a dry run; "" for all others.
	Skip Skip
}

// Queued returns the time from acceptance to start, or to now while it is queued; 0 if it was not accepted.
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

// Ran returns the time from start to end, or to now while it runs; 0 if it did not run.
func (r Refresh) Ran(now time.Time) time.Duration {
	switch {
	case r.Running.IsZero():
		return 0
	case !r.Ended.IsZero():
		return r.Ended.Sub(r.Running)
	}
	return now.Sub(r.Running)
}

// SetSkipped sets the status, with the reason in words.
func (r *Refresh) SetSkipped(reason Skip, text string) {
	r.Status, r.Skip, r.Error = StatusSkipped, reason, text
}
