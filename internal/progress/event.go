package progress

import "time"

// Observer receives events. Observe can be called concurrently. It handles one event at a time, and returns when its effect is
// written, so that no request contains an unmasked secret, and nothing is started before its state is saved.
type Observer interface {
	Observe(Event)
}

// Event is one of the closed set of types below.
type Event interface{ event() }

// SecretCreated precedes the first use of a secret that was not an input, such as a session token.
type SecretCreated struct{ Value string }

// JobFound ends the dbt part of the preflight.
type JobFound struct{ Job Job }

// TableauReady ends the Tableau part of the preflight.
type TableauReady struct {
	Site      Site
	Refreshes []Refresh
}

// RunStarting directly precedes the request that starts a run. From here on, there can be a run whose ID is not known.
type RunStarting struct {
	// Marker is the part of the run's cause that identifies it.
	Marker string
	// After is the ID of the newest earlier run of the job; 0 if there is none.
	After int64
	// Retry is the ID of the failed run that is retried; 0 for a new run. A retry has no marker.
	Retry int64
}

// RunStarted is sent as soon as the ID of the run is known.
type RunStarted struct{ Run Run }

// RunProgressed is sent for each poll of the run, changed or not, and for its end.
type RunProgressed struct{ Run Run }

// CommandsRead is sent when what dbt left in an earlier step has been read, whether or not it can be used.
type CommandsRead struct{ Run Run }

// Discovered ends the discovery. Refreshes are all targets, including those of TableauReady.
type Discovered struct {
	Discovery Discovery
	Refreshes []Refresh
}

// RefreshesStarting is sent once, before the first refresh is requested. Parallel is the limit on jobs in progress; 0 for
// none.
type RefreshesStarting struct{ Parallel int }

// RefreshChanged is sent when a refresh is accepted, starts to run, or ends. Index is its index in Result.Refreshes.
type RefreshChanged struct {
	Index   int
	Refresh Refresh
}

// RefreshesWaiting is sent for each poll of the refreshes in progress, changed or not.
type RefreshesWaiting struct{ NotStarted, Queued, Running, Ended int }

// AttemptFailed is sent when a request failed and is retried, after Wait.
type AttemptFailed struct {
	Service   string // dbt or Tableau
	Operation string // such as "get run 4711"
	Err       error
	Wait      time.Duration
}

// RequestMade is sent for each request, successful or not, for debug logging.
type RequestMade struct {
	Service  string // dbt or Tableau
	Method   string
	URL      string // host and path, without a query
	Status   int    // the HTTP status; 0 without a response, for the reason in Err
	Err      error
	Duration time.Duration
	// RequestID is the ID by which the service knows the request; "" if it returned none.
	RequestID string
}

// Stopping is sent when the step was canceled or a limit was reached, before the cleanup.
type Stopping struct{ Cause error }

// RunCancelled is sent after the request to cancel the run; Err is why that failed.
type RunCancelled struct {
	ID  int64
	Err error
}

// Noted is a line for the log.
type Noted struct{ Text string }

// Warned is a warning. The result contains it, too.
type Warned struct{ Text string }

func (SecretCreated) event()     {}
func (JobFound) event()          {}
func (TableauReady) event()      {}
func (RunStarting) event()       {}
func (RunStarted) event()        {}
func (RunProgressed) event()     {}
func (CommandsRead) event()      {}
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
