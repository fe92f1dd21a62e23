package progress

import "time"

// Observer is told what happens, while it happens. Events come one at a time. Observe returns when its effect is
// written: no request carries a secret that is not masked yet, nothing is started before its state is on disk.
type Observer interface {
	Observe(Event)
}

// Event is one of the closed set of types below.
type Event interface{ event() }

// SecretMinted comes before the first use of a secret that was not an input, such as a session token.
type SecretCreated struct{ Value string }

// JobFound ends the dbt half of the preflight.
type JobFound struct{ Job Job }

// TableauReady ends the Tableau half of the preflight.
type TableauReady struct {
	Site      Site
	Refreshes []Refresh
}

// RunStarting comes right before the start of a run is sent: from here on there may be a run that nobody else knows of.
type RunStarting struct {
	// Marker is the part of the run's cause by which it can be found again.
	Marker string
	// After is the newest run of the job before this one; 0 when there is none.
	After int64
	// Retry is the failed run that is taken up again; 0 when a new one is started. A retry carries no marker.
	Retry int64
}

// RunStarted comes as soon as the run's ID is known.
type RunStarted struct{ Run Run }

// RunProgressed comes with every look at the run, changed or not, and with its end.
type RunProgressed struct{ Run Run }

// Discovered comes when what the run fed has been looked for. Refreshes are all targets now, those that were named before, too.
type Discovered struct {
	Discovery Discovery
	Refreshes []Refresh
}

// RefreshesStarting comes once, before the first refresh is sent. Parallel is the limit on jobs under way, 0 for none.
type RefreshesStarting struct{ Parallel int }

// RefreshChanged comes when a refresh is accepted, starts to run, or ends. Index is its place in Result.Refreshes.
type RefreshChanged struct {
	Index   int
	Refresh Refresh
}

// RefreshesWaiting comes with every look at the open refreshes, changed or not.
type RefreshesWaiting struct{ NotStarted, Queued, Running, Ended int }

// AttemptFailed comes when a request failed and is repeated, after Wait.
type AttemptFailed struct {
	Service   string // dbt or Tableau
	Operation string // such as "get run 4711"
	Err       error
	Wait      time.Duration
}

// RequestMade comes with each request that was sent, whatever came of it; only who looks for a fault wants to know.
type RequestMade struct {
	Service  string // dbt or Tableau
	Method   string
	URL      string // host and path, without a query
	Status   int    // the HTTP status; 0 when there was no answer, and then Err says why
	Err      error
	Duration time.Duration
	// RequestID is the service's own name for the request; "" when it gave none.
	RequestID string
}

// Stopping comes when the step is cancelled or a limit has run out, before anything is cleaned up.
type Stopping struct{ Cause error }

// RunCancelled comes when the action has asked dbt to cancel the run; Err is set when that failed.
type RunCancelled struct {
	ID  int64
	Err error
}

// Noted is worth a line, and nothing more.
type Noted struct{ Text string }

// Warned is for the reader; the result keeps it, too.
type Warned struct{ Text string }

func (SecretCreated) event()     {}
func (JobFound) event()          {}
func (TableauReady) event()      {}
func (RunStarting) event()       {}
func (RunStarted) event()        {}
func (RunProgressed) event()     {}
func (Discovered) event()        {}
func (RefreshesStarting) event() {}
func (RefreshChanged) event()    {}
func (RefreshesWaiting) event()  {}
func (AttemptFailed) event()     {}
func (RequestMade) event()       {}
func (Stopping) event()          {}
func (RunCancelled) event()      {}
func (Noted) event()             {}
func (Warned) event()            {}
