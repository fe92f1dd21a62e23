package progress

import (
	"fmt"
	"strings"
	"time"
)

// LimitError is the cause of a context that was canceled because a time limit was reached.
type LimitError struct {
	// Input is the name of the limit: timeout, dbt-timeout, or tableau-timeout.
	Input string
	// After is the limit.
	After time.Duration
	// During is the activity at that time, such as "waiting for dbt run 4711".
	During string
}

func (e *LimitError) Error() string {
	text := fmt.Sprintf("the limit %s of %s ran out", e.Input, ShortDuration(e.After))
	if e.During != "" {
		text += " while " + e.During
	}
	return text
}

// ShortDuration returns d without units that are zero: 2m, not 2m0s.
func ShortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// RunError is a dbt run that did not succeed.
type RunError struct {
	Run Run
	// RetryRefusal is why dbt refused to retry the run; "" if no retry was requested.
	RetryRefusal string
}

func (e *RunError) Error() string {
	text := fmt.Sprintf("%s ended as %s", e.Run.Label(), e.Run.Status)
	if e.Run.Message != "" {
		text += ": " + e.Run.Message
	}
	if e.RetryRefusal != "" {
		text += "; dbt can't retry it: " + e.RetryRefusal
	}
	return text
}

// RefreshError is the number of refreshes that did not succeed, and of all refreshes.
type RefreshError struct{ Failed, All int }

func (e *RefreshError) Error() string {
	return fmt.Sprintf("%d of %d refreshes did not succeed", e.Failed, e.All)
}

// CancelledError is a step that was canceled.
type CancelledError struct {
	// Cause is the signal, in the words of [os/signal.NotifyContext].
	Cause error
	// During is the activity at that time.
	During string
}

func (e *CancelledError) Error() string {
	return fmt.Sprintf("the step was cancelled while %s", e.During)
}

func (e *CancelledError) Unwrap() error { return e.Cause }

// StepError is an error that determines the outcome of the step.
type StepError struct {
	Outcome Outcome
	Err     error
}

func (e *StepError) Error() string { return e.Err.Error() }

func (e *StepError) Unwrap() error { return e.Err }

// Fail returns err as a [StepError] with that outcome.
func Fail(o Outcome, err error) error { return &StepError{Outcome: o, Err: err} }
