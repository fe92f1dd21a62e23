package progress

import "time"

// Observer receives events. Observe can be called concurrently. It handles one event at a time, and returns when its effect is
// written, so that no request contains an unmasked secret, and nothing is started before its state is saved.
type Observer interface {
	Observe(Event)
}

// Event is one of the types below.
type Event any

// The events of a step.
type (
	SecretCreated struct{ Value string } // precedes the first use of a secret that was not an input, such as a session token
	JobFound      struct{ Job Job }      // ends the dbt part of the preflight

	// TableauChecked follows each check of Tableau. AfterDBT is true if dbt has already succeeded.
	TableauChecked struct {
		Site      Site
		Refreshes []Refresh
		AfterDBT  bool
	}

	// RunStarting directly precedes the request that starts a run. From here on, a run with an unknown ID can exist.
	RunStarting struct {
		Marker string // the part of the run's cause that identifies it; "" for a retry
		After  int64  // ID of the newest earlier run of the job; 0 if there is none
		Retry  int64  // ID of the failed run that is retried; 0 for a new run
	}

	RunStarted    struct{ Run Run } // is sent as soon as the ID of the run is known
	RunProgressed struct{ Run Run } // is sent for each poll of the run, changed or not, and for its end
	CommandsRead  struct{ Run Run } // is sent when the results of earlier dbt steps have been read, even if they can't be used

	// Discovered ends the discovery. Refreshes are all targets, including those of TableauChecked.
	Discovered struct {
		Discovery Discovery
		Refreshes []Refresh
	}

	// RefreshesStarting is sent once, before the first refresh is requested. Parallel is the maximum number of jobs in progress;
	// 0 is unlimited.
	RefreshesStarting struct{ Parallel int }

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

	// RunCancelled is sent after the request to cancel the run; Err is why that failed.
	RunCancelled struct {
		ID  int64
		Err error
	}

	Stopping struct{ Cause error } // is sent when the step was canceled or a limit was reached, before the cleanup
	Noted    struct{ Text string } // a line for the log
	Noticed  struct{ Text string } // a notice; the result also contains it
	Warned   struct{ Text string } // a warning; the result also contains it
)
