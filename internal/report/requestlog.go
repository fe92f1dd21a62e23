package report

import (
	"fmt"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// attemptLog logs requests that failed and are retried. While the same failure repeats, it only logs a heartbeat.
type attemptLog struct {
	log           *logger
	firstSeen     time.Time // of the failure
	lastLine      time.Time
	failure       string
	retryAt       time.Time
	failureAtStop string // what was about to be retried when the step was stopped; "" for nothing
}

func (l *attemptLog) update(e progress.AttemptFailed, now time.Time) {
	// Usually, the error contains the operation already.
	prefix := "failed to " + e.Operation + ": "
	failure := e.Service + ": " + prefix + strings.TrimPrefix(e.Err.Error(), prefix)
	l.retryAt = now.Add(e.Wait)
	if failure != l.failure {
		l.firstSeen, l.failure = now, failure
	} else if now.Sub(l.lastLine) < heartbeat(now.Sub(l.firstSeen)) {
		return
	}
	l.lastLine = now
	l.log.event("%s; next try in %s", sanitize.Truncate(failure, errorLimit), formatDuration(e.Wait))
}

func (l *attemptLog) stop(now time.Time) {
	l.failureAtStop = ""
	if !now.After(l.retryAt) {
		l.failureAtStop = l.failure
	}
}

// requestText returns one line about a request, such as
// "dbt GET ab123.us1.dbt.com/api/v2/accounts/1/ answered 200 in 132ms, request id 5f…".
func requestText(e progress.RequestMade) string {
	text := fmt.Sprintf("%s %s %s ", e.Service, e.Method, sanitize.Truncate(e.URL, noteLimit))
	duration := e.Duration.Round(time.Millisecond)
	if e.Err != nil {
		return text + fmt.Sprintf("was not answered in %s: %v", duration, e.Err)
	}
	text += fmt.Sprintf("answered %d in %s", e.Status, duration)
	if e.RequestID != "" {
		text += ", request id " + sanitize.Truncate(e.RequestID, nameLimit)
	}
	return text
}
