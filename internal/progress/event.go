package progress

import "time"

// Observer receives events, one at a time. Observe returns when its effect is written, so that no request carries a
// secret that is not masked, and nothing is started before its state is on disk.
type Observer interface {
	Observe(Event)
}

// Event is one of the types below.
type Event any

// The events of a step.
type (
	// SecretCreated precedes the first use of a secret that was not an input, such as a session token.
	SecretCreated struct{ Value string }

	// JobFound ends the dbt part of the preflight.
	JobFound struct{ Job Job }

	// TableauReady ends the Tableau part of the preflight.
	TableauReady struct {
		Site      Site
		Refreshes []Refresh
	}

	// RunStarting directly precedes the request that starts a run. From here on, a run with an unknown ID can exist.
	RunStarting struct {
		Marker string // the part of the run's cause that identifies it; "" for a retry
		After  int64  // ID of the newest earlier run of the job; 0 if there is none
		Retry  int64  // ID of the failed run that is retried; 0 for a new run
	}

	// RunStarted is sent as soon as the ID of the run is known.
	RunStarted struct{ Run Run }

	// RunProgressed is sent for each poll of the run, changed or not, and for its end.
	RunProgressed struct{ Run Run }

	// CommandsRead is sent when the results of earlier dbt steps have been read, whether or not they can be used.
	CommandsRead struct{ Run Run }

	// Discovered ends the discovery. Refreshes are all targets, including those of TableauReady.
	Discovered struct {
		Discovery Discovery
		Refreshes []Refresh
	}

	// RefreshesStarting is sent once, before the first refresh is requested.
	RefreshesStarting struct {
		Parallel int // maximum number of jobs in progress; 0: unlimited
	}

	// RefreshChanged is sent when a refresh is accepted, starts to run, or ends. Index is its index in Result.Refreshes.
	RefreshChanged struct {
		Index   int
		Refresh Refresh
	}

	// RefreshesWaiting is sent for each poll of the refreshes in progress, changed or not.
	RefreshesWaiting struct{ NotStarted, Queued, Running, Ended int }

	// AttemptFailed is sent when a request failed and is retried, after Wait.
	AttemptFailed struct {
		Service   string // dbt or Tableau
		Operation string // such as "get run 4711"
		Err       error
		Wait      time.Duration
	}

	// RequestMade is sent for each request, successful or not, for debug logging.
	RequestMade struct {
		Service   string // dbt or Tableau
		Method    string
		URL       string // host and path, without a query
		Status    int    // HTTP status; 0 without a response, and then Err is the reason
		Err       error
		Duration  time.Duration
		RequestID string // as the service returned it; "" for none
	}

	// Stopping is sent when the step was canceled or a limit was reached, before the cleanup.
	Stopping struct{ Cause error }

	// RunCancelled is sent after the request to cancel the run; Err is why that failed.
	RunCancelled struct {
		ID  int64
		Err error
	}

	// Noted is a line for the log.
	Noted struct{ Text string }

	// Noticed is a notice, and Warned is a warning. The result also contains them.
	Noticed struct{ Text string }
	Warned  struct{ Text string }
)
