package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// heartbeat returns the time until the next line while nothing changes: a tenth of the time waited, from 30 s to 2 minutes.
func heartbeat(waited time.Duration) time.Duration {
	return min(max(waited/10, 30*time.Second), 2*time.Minute)
}

type runLog struct {
	log            *logger
	medianDuration time.Duration // 0 if unknown
	startedAt      time.Time     // when the ID of the run was known
	lastLine       time.Time
	status         progress.RunStatus // as last logged
	step           int                // index of the step that was last logged
}

func (l *runLog) jobFound(job progress.Job) {
	l.medianDuration = job.MedianDuration
	text := fmt.Sprintf("dbt job %s (%d)", quoteName(job.Name), job.ID)
	if job.AccountName != "" {
		text += " in account " + quoteName(job.AccountName)
	}
	if len(job.Steps) > 0 {
		text += " · " + progress.Count(len(job.Steps), "step")
	}
	if job.MedianDuration > 0 {
		text += " · usually " + formatDuration(job.MedianDuration)
	}
	l.log.line("%s", text)
}

// commandLines returns lines such as: "dbt build" (target "prod") in "target/build", 3m 20s ago: 12 models, 40 tests.
func commandLines(commands []progress.Command, now time.Time) []string {
	return limitLines(commands, maxOpenRows, "", func(c progress.Command) string {
		text := quoteName(c.Name)
		if c.Target != "" {
			text += " (target " + quoteName(c.Target) + ")"
		}
		text += " in " + quoteName(c.Folder)
		if !c.Finished.IsZero() {
			text += ", " + formatDuration(now.Sub(c.Finished)) + " ago"
		}
		return text + ": " + cmp.Or(strings.TrimPrefix(builtText(c.Built), ", "), "nothing built")
	})
}

func (l *runLog) start(run progress.Run, now time.Time) {
	*l = runLog{log: l.log, medianDuration: l.medianDuration, startedAt: now, lastLine: now}
	text := fmt.Sprintf("dbt run %d", run.ID) + cmp.Or(map[progress.Origin]string{
		progress.OriginAttached: ", following it (dbt-run-id)",
		progress.OriginAdopted:  ", already in progress, adopted",
		progress.OriginResumed:  ", from an earlier attempt, resumed",
		progress.OriginRetried:  ", retrying from the point of failure",
	}[run.Origin], " started")
	if run.URL != "" {
		text += ": " + run.URL
	}
	l.log.event("%s", text)
}

func (l *runLog) update(run progress.Run, now time.Time) {
	step := runningStep(run)
	switch {
	case run.Status != l.status:
		l.log.event("dbt run %s%s", runStatusText(run, l.medianDuration, now), stepText(", ", run, step))
	case run.Ended():
		return
	case step != nil && step.Index > l.step:
		l.log.event("dbt run: %s", stepText("", run, step))
	case now.Sub(l.lastLine) >= heartbeat(now.Sub(l.startedAt)):
		l.log.event("%s", l.heartbeatText(run, step, now))
	default:
		return
	}
	l.lastLine, l.status = now, run.Status
	if step != nil {
		l.step = step.Index
	}
	if run.Ended() && len(run.Steps) > 0 {
		l.log.group("dbt steps", stepLines(l.log.clean, run, now))
	}
}

func (l *runLog) heartbeatText(run progress.Run, step *progress.RunStep, now time.Time) string {
	waited := elapsed(cmp.Or(run.Started, run.Created, l.startedAt), time.Time{}, now)
	text := fmt.Sprintf("dbt run is still %s after %s", run.Status, formatDuration(waited))
	if run.Started.IsZero() {
		return text + blockedText(run)
	}
	if l.medianDuration > 0 {
		text += " (usually " + formatDuration(l.medianDuration) + ")"
	}
	return text + stepText(", ", run, step)
}

// runStatusText returns the status as a predicate, such as "succeeded after 3m 40s (usually 3m 20s, queued 12s)".
func runStatusText(run progress.Run, usually time.Duration, now time.Time) string {
	text := "is " + string(run.Status)
	var times []string
	if run.Ended() {
		text = finalStatusText(run.Status) + " after " + formatDuration(elapsed(cmp.Or(run.Started, run.Created), run.Finished, now))
		if usually > 0 {
			times = append(times, "usually "+formatDuration(usually))
		}
	}
	if d := elapsed(run.Created, run.Started, run.Created); d >= time.Second {
		times = append(times, "queued "+formatDuration(d))
	}
	if len(times) > 0 {
		text += " (" + strings.Join(times, ", ") + ")"
	}
	return text + blockedText(run)
}

func blockedText(run progress.Run) string {
	if run.BlockedBy == 0 || !run.Started.IsZero() {
		return ""
	}
	return fmt.Sprintf(", waiting for %s", progress.Count(run.BlockedBy, "other run"))
}

// stepText returns `step 2 of 3 ("dbt seed")` for the running step, after prefix; "" for no step. The total is omitted while
// dbt possibly lists only the steps that it has reached.
func stepText(prefix string, run progress.Run, step *progress.RunStep) string {
	if step == nil {
		return ""
	}
	total := ""
	if len(run.Steps) > step.Index {
		total = fmt.Sprintf(" of %d", len(run.Steps))
	}
	return fmt.Sprintf("%sstep %d%s (%s)", prefix, step.Index, total, quoteName(stepName(*step)))
}

func stepLines(c sanitize.Cleaner, run progress.Run, now time.Time) []string {
	var lines []string
	for _, s := range run.Steps {
		lines = append(lines, fmt.Sprintf("%2d  %-9s  %7s  %s", s.Index, c.Line(string(s.Status), nameLimit),
			formatDuration(elapsed(s.Started, s.Finished, now)), c.Line(stepName(s), nameLimit)))
	}
	return lines
}

func finalStatusText(status progress.RunStatus) string {
	return cmp.Or(map[progress.RunStatus]string{
		progress.RunStatusSuccess: "succeeded", progress.RunStatusError: "failed", progress.RunStatusCancelled: "was canceled",
	}[status], "ended with status "+sanitize.Truncate(string(status), 20))
}

func runningStep(run progress.Run) *progress.RunStep {
	for i := len(run.Steps) - 1; i >= 0; i-- {
		s := &run.Steps[i]
		if !s.Started.IsZero() && s.Finished.IsZero() && !run.Ended() {
			return s
		}
	}
	return nil
}

func failedStep(run progress.Run) *progress.RunStep {
	i := slices.IndexFunc(run.Steps, func(s progress.RunStep) bool { return s.Status == progress.RunStatusError })
	if i < 0 {
		return nil
	}
	return &run.Steps[i]
}

// dbtCommandPrefix is how dbt names a step that runs dbt.
const dbtCommandPrefix = "Invoke dbt with `"

// stepName returns the command of a step that runs dbt, and the name of any other step.
func stepName(s progress.RunStep) string {
	name, found := strings.CutPrefix(s.Name, dbtCommandPrefix)
	if found {
		name = strings.TrimSuffix(strings.TrimSpace(name), "`")
	}
	return strings.TrimSpace(name)
}

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
	l.log.event("%s; retrying in %s", sanitize.Truncate(failure, errorLimit), formatDuration(e.Wait))
}

func (l *attemptLog) stop(now time.Time) {
	if !now.After(l.retryAt) {
		l.failureAtStop = l.failure
	}
}

func requestText(e progress.RequestMade) string {
	text := fmt.Sprintf("%s %s %s ", e.Service, e.Method, sanitize.Truncate(e.URL, noteLimit))
	duration := e.Duration.Round(time.Millisecond)
	if e.Err != nil {
		return text + fmt.Sprintf("got no response in %s: %v", duration, e.Err)
	}
	text += fmt.Sprintf("returned %d in %s", e.Status, duration)
	if e.RequestID != "" {
		text += ", request ID " + sanitize.Truncate(e.RequestID, nameLimit)
	}
	return text
}
