package progress

import (
	"fmt"
	"strings"
	"time"
)

// LimitError is the cause of a context whose time is up.
type LimitError struct {
	// Input is the limit's name: timeout, dbt-timeout or tableau-timeout.
	Input string
	After time.Duration
	// During says what was going on, such as "waiting for dbt run 4711".
	During string
}

func (e *LimitError) Error() string {
	text := fmt.Sprintf("the limit %s of %s ran out", e.Input, ShortDuration(e.After))
	if e.During != "" {
		text += " while " + e.During
	}
	return text
}

// plain is a duration as people write it: 2m and not 2m0s.
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

// RunError is a dbt run that did not succeed. It carries the run, so that nothing is lost on the way to the report.
type RunError struct {
	Run Run
	// NoRetry is why dbt could not take the run up again; "" when nobody asked it to.
	RetryRefusal string
}

func (e *RunError) Error() string {
	text := fmt.Sprintf("dbt run %d ended as %s", e.Run.ID, e.Run.Status)
	if e.Run.Message != "" {
		text += ": " + e.Run.Message
	}
	if e.RetryRefusal != "" {
		text += "; dbt can't retry it: " + e.RetryRefusal
	}
	return text
}

// RefreshError says how many refreshes did not succeed.
type RefreshError struct{ Failed, All int }

func (e *RefreshError) Error() string {
	return fmt.Sprintf("%d of %d refreshes did not succeed", e.Failed, e.All)
}

// CancelledError is a step that somebody stopped.
type CancelledError struct {
	// Cause is the signal, as Go describes it.
	Cause error
	// During says what was going on.
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
