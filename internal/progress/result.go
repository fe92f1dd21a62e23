// Package progress defines the types that the phases of a step and its report share: events, the result, and errors.
//
// The phases send events to an [Observer], and package pipeline fills in a [Result] on every path. The report takes both. The
// package also contains the words and durations that the log and the report have in common.
//
// It must never decide what happens or how it looks, must never send a request, and must never import a phase, the
// report, or the client of a service.
package progress

import (
	"cmp"
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
	Err        error
	Began, End time.Time
	Job        Job
	Run        Run   // after retries, the last run; the zero value while there is none
	Retried    []Run // the failed runs that were retried, the oldest first
	// Failures are the models, tests, and other nodes that failed, as far as dbt returned them. Built counts the others.
	Failures []Failure
	Built    []Built
	// WarnedTests are the data tests and unit tests that warned, as far as dbt returned them in time.
	WarnedTests []Failure
	// ResumableFor is for how long after the end of a successful run a re-run of the failed jobs uses it; 0 if it starts one.
	ResumableFor time.Duration
	Site         *Site // nil if the step only runs dbt
	// Plan is, in a dry run that can resume or adopt a run, which dbt run the step would follow; "" otherwise.
	Plan string
	// Refreshes has one entry per target, in the order of the selection. Discovery appends to it.
	Refreshes []Refresh
	Discovery *Discovery // nil if it is off, or if the step ended before it
	// Warnings are problems that did not change the outcome, in order of their occurrence. Notices are not about problems.
	Warnings, Notices []string
	Leftover          Leftover
}

// Job is the dbt job that is run.
type Job struct {
	ID          int64
	Name, URL   string
	AccountName string // "" if dbt did not return it
	Steps       []string
	// MedianDuration is that of the recent successful runs, without the queue time; 0 if unknown.
	MedianDuration time.Duration
}

// Run is a dbt run as last seen.
type Run struct {
	ID           int64 // 0 for dbt that ran in an earlier step, which has Commands instead
	URL          string
	InvocationID string    // UUID of the last command of an earlier step; "" if unknown, and on the dbt platform
	Commands     []Command // of earlier steps, in the order in which they ended; none on the dbt platform
	Status       RunStatus // the last one seen
	Message      string    // dbt's text about the status, usually of a failure
	Origin       Origin
	GitSHA       string
	Branch       string
	BlockedBy    int // number of runs that this one waits for
	// Created, Started, and Finished are zero while unknown. The run is queued until Started.
	Created, Started, Finished time.Time
	Steps                      []RunStep
}

// Ended reports whether the run was in a final status, or had a finish time, when last seen.
func (r Run) Ended() bool {
	return !r.Finished.IsZero() || r.Status == RunStatusSuccess || r.Status == RunStatusError || r.Status == RunStatusCancelled
}

// Known reports whether there is a run.
func (r Run) Known() bool { return r.ID != 0 || len(r.Commands) > 0 }

// Label returns the run as messages show it: "dbt run 4711", or "dbt" for the commands of earlier steps.
func (r Run) Label() string {
	if r.ID == 0 {
		return "dbt"
	}
	return fmt.Sprintf("dbt run %d", r.ID)
}

// Command is a dbt command that ran in an earlier step, as its results describe it.
type Command struct {
	Name     string    // "dbt" with the subcommand if it is known, such as "dbt build"
	Target   string    // the dbt target in the results; "" for none
	Folder   string    // the target folder with the results, relative to the workspace
	Finished time.Time // when the results were written; zero if unknown
	Built    []Built   // empty if the command built and tested nothing
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

// Leftover is the state of the dbt run when the step ends. Its zero value is LeftoverNone.
type Leftover int

// The values of Leftover.
const (
	LeftoverNone                Leftover = iota // there is no run, or it has ended
	LeftoverUnknownStart                        // a start request got no response: a run with an unknown ID might exist
	LeftoverUnknownStartForPost                 // the same, but the post step searches for the run and cancels it
	LeftoverRunForPost                          // the run might be in progress; the post step cancels it
	LeftoverRunCanceling                        // dbt accepted the request to cancel the run, which might have ended since
	LeftoverRunContinues                        // the run had not ended when last seen, and nothing cancels it
)

// ForPost reports whether the post step has something to do.
func (l Leftover) ForPost() bool { return l == LeftoverUnknownStartForPost || l == LeftoverRunForPost }

// StartUnknown reports whether a run with an unknown ID might exist.
func (l Leftover) StartUnknown() bool {
	return l == LeftoverUnknownStart || l == LeftoverUnknownStartForPost
}

// RunStep is one step of a dbt run.
type RunStep struct {
	Index             int
	Name              string
	Status            RunStatus
	Started, Finished time.Time // zero while unknown
	Log               string    // the end of a failed step's log, at most LogTail lines; "" otherwise
	Error             string    // why a failed step failed, as far as dbt returned it; "" otherwise
}

// Failure is a node of the dbt project that failed, or a test that warned.
type Failure struct {
	Type, Name      string // dbt's type, such as model, test, or snapshot
	Status, Message string // dbt's status, such as error, fail, or warn
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
	Product, API     string // the server's versions, such as 2025.3.0 and 3.27
}

// Discovery is what is downstream of what a run has built.
type Discovery struct {
	Run                  string           // as [Run.Label] returns it; in a dry run, an earlier run
	Relations, Unchanged int              // tables and views that the run built, and that it left unchanged
	Items                []DiscoveredItem // what depends on them in Tableau, each once
	Tables               []string         // all tables and views whose dependents were searched, each once
}

// DiscoveredItem is an item in Tableau that depends on what a run has built.
type DiscoveredItem struct {
	Type              content.Type
	ID, Name, Project string
	Reasons           []string // the tables, views, and exposures that it depends on
	After             string   // names of the data sources that are refreshed before it, separated by commas
	Skipped           string   // why it is not refreshed; "" if it is
}

// Status is the status of a refresh: the `status` in the `refreshes` output.
type Status string

// The statuses of a refresh.
const (
	StatusNotStarted Status = "not-started"
	StatusStarted    Status = "started" // accepted, and its end is unknown
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
	// SkipNoExtract means that the item uses a live connection, so its data is always current.
	SkipNoExtract Skip = "no-extract"
	// SkipConflict means that another refresh of the item was in progress, which possibly read the warehouse before the
	// dbt run ended, so its data is possibly stale.
	SkipConflict Skip = "conflict"
)

// NoExtract is the text for SkipNoExtract.
const NoExtract = "no extract"

// Refresh is one target and its result.
type Refresh struct {
	Type content.Type
	// ID is the LUID; "" if the selector was not resolved, and then Name is the text of the selector.
	ID, Name, Project, URL string
	JobID                  string
	Status                 Status
	// Accepted is when Tableau accepted the refresh. Running and Ended are Tableau's times of its start and end. Zero if
	// unknown.
	Accepted, Running, Ended time.Time
	WaitsFor                 string // the quoted names of the data sources that are refreshed before it, separated by commas
	Error                    string // why the status is not success, usually Tableau's text
	Skip                     Skip   // why it is skipped, or would be in a dry run; "" for all others
}

// Queued returns the time from acceptance to start, or to now while it is queued; 0 if it was not accepted.
func (r Refresh) Queued(now time.Time) time.Duration {
	if r.Accepted.IsZero() {
		return 0
	}
	return cmp.Or(r.Running, r.Ended, now).Sub(r.Accepted)
}

// Ran returns the time from start to end, or to now while it runs; 0 if it did not run.
func (r Refresh) Ran(now time.Time) time.Duration {
	if r.Running.IsZero() {
		return 0
	}
	return cmp.Or(r.Ended, now).Sub(r.Running)
}

// SetSkipped sets the status, with the text of the reason.
func (r *Refresh) SetSkipped(reason Skip, text string) {
	r.Status, r.Skip, r.Error = StatusSkipped, reason, text
}
