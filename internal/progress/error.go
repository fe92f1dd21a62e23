package progress

import (
	"fmt"
	"strings"
	"time"
)

// LimitError is the cause of a context that was canceled because a time limit was reached.
type LimitError struct {
	Input  string // timeout, dbt-timeout, or tableau-timeout
	After  time.Duration
	During string // the activity at that time, such as "waiting for dbt run 4711"
}

func (e *LimitError) Error() string {
	text := fmt.Sprintf("%s (%s) was reached", e.Input, ShortDuration(e.After))
	if e.During != "" {
		text += " while " + e.During
	}
	return text
}

// ShortDuration returns d without units that are zero: 2m, not 2m0s.
func ShortDuration(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-len("0s")]
		}
	}
	return text
}

// ShortList joins names, and counts those after the first most of them.
func ShortList(names []string, most int) string {
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}

// Count returns n with the noun in the singular or the plural, such as "1 item" or "2 items".
func Count(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "sh"):
		noun += "e"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// RunError is a dbt run that did not succeed.
type RunError struct {
	Run          Run
	RetryRefusal string // why dbt refused to retry the run; "" if no retry was requested
}

func (e *RunError) Error() string {
	text := fmt.Sprintf("%s ended with status %s", e.Run.Label(), e.Run.Status)
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
	Cause  error  // the signal, as [os/signal.NotifyContext] reports it
	During string // the activity at that time
}

func (e *CancelledError) Error() string { return "the step was canceled while " + e.During }

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

// MatchError is a selector that does not match what it has to match.
type MatchError struct {
	Text       string      // without the candidates, and without a colon
	Candidates []Candidate // that the selector can be replaced by
}

// Candidate is an item in Tableau. ID and URL are "" if Path is a text about further items.
type Candidate struct{ Path, ID, URL string }

func (e *MatchError) Error() string { return e.Text + e.List() }

// List returns the candidates as the end of the text.
func (e *MatchError) List() string {
	var all []string
	for _, c := range e.Candidates {
		all = append(all, c.String())
	}
	return ": " + strings.Join(all, ", ")
}

func (c Candidate) String() string {
	if c.ID == "" {
		return c.Path
	}
	return strings.TrimSpace(fmt.Sprintf("%s (%s) %s", c.Path, c.ID, c.URL))
}
