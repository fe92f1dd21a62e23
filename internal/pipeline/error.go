package pipeline

import (
	"fmt"
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
	return fmt.Sprintf("%s of %s ran out while %s", e.Input, e.After, e.During)
}

// RunError is a dbt run that did not succeed. It carries the run, so that nothing is lost on the way to the report.
type RunError struct{ Run Run }

func (e *RunError) Error() string {
	if e.Run.Message == "" {
		return fmt.Sprintf("dbt run %d ended as %s", e.Run.ID, e.Run.Status)
	}
	return fmt.Sprintf("dbt run %d ended as %s: %s", e.Run.ID, e.Run.Status, e.Run.Message)
}

// RefreshError says how many refreshes did not succeed.
type RefreshError struct{ Bad, All int }

func (e *RefreshError) Error() string {
	return fmt.Sprintf("%d of %d refreshes did not succeed", e.Bad, e.All)
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
