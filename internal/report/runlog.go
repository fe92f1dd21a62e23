package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// heartbeat returns the time until the next line while nothing changes: a tenth of the time waited, from 30 s to 2 minutes.
func heartbeat(waited time.Duration) time.Duration {
	return min(max(waited/10, 30*time.Second), 2*time.Minute)
}

// runLog logs the job and the progress of its run.
type runLog struct {
	log            *logger
	medianDuration time.Duration // 0 if not known
	startedAt      time.Time     // when the run was known
	lastLine       time.Time
	status         progress.RunStatus // as last logged
	step           int                // index of the step that was last logged
}

func (l *runLog) jobFound(job progress.Job) {
	l.medianDuration = job.MedianDuration
	text := fmt.Sprintf("dbt job %s (%d)", quoteName(job.Name), job.ID)
	if job.AccountName != "" {
		text += " in account " + sanitize.Truncate(job.AccountName, nameLimit)
	}
	if len(job.Steps) > 0 {
		text += " · " + pluralize(len(job.Steps), "step")
	}
	if job.MedianDuration > 0 {
		text += " · usually " + formatDuration(job.MedianDuration)
	}
	l.log.line("%s", text)
}

// commandsRead logs what dbt left in an earlier step.
func (l *runLog) commandsRead(run progress.Run, now time.Time) {
	for _, line := range commandLines(run.Commands, now) {
		l.log.line("%s", line)
	}
}

// commandLines returns lines such as "dbt build (target prod) in target/build, 3m 20s ago: 12 models, 40 tests".
func commandLines(commands []progress.Command, now time.Time) []string {
	return limitLines(commands, maxOpenRows, "", func(c progress.Command) string {
		text := sanitize.Truncate(c.Name, nameLimit)
		if c.Target != "" {
			text += " (target " + sanitize.Truncate(c.Target, nameLimit) + ")"
		}
		text += " in " + sanitize.Truncate(c.Folder, nameLimit)
		if !c.Finished.IsZero() {
			text += ", " + formatDuration(now.Sub(c.Finished)) + " ago"
		}
		return text + ": " + cmp.Or(strings.TrimPrefix(builtText(c.Built), ", "), "nothing built")
	})
}

func (l *runLog) start(run progress.Run, now time.Time) {
	*l = runLog{log: l.log, medianDuration: l.medianDuration, startedAt: now, lastLine: now}
	text := fmt.Sprintf("dbt run %d %s", run.ID, originText(run.Origin))
	if run.URL != "" {
		text += ": " + run.URL
	}
	l.log.event("%s", text)
}

func originText(o progress.Origin) string {
	switch o {
	case progress.OriginAttached:
		return "is followed, as dbt-run-id says; this step never cancels it"
	case progress.OriginAdopted:
		return "is going already and is adopted; this step never cancels it"
	case progress.OriginResumed:
		return "was started by an earlier attempt of this step and is taken over"
	case progress.OriginRetried:
		return "takes up the failed run where it failed"
	case progress.OriginStarted:
	}
	return "started"
}

// update logs a new status or step, and a heartbeat while there is none.
func (l *runLog) update(run progress.Run, now time.Time) {
	step := runningStep(run)
	switch {
	case run.Status != l.status:
		l.log.event("dbt run %s%s", runStatusText(run, now), stepText(run, step))
	case run.Ended():
		return
	case step != nil && step.Index > l.step:
		l.log.event("dbt run: %s", stepText(run, step)[len(", "):])
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

// heartbeatText returns that nothing has changed, with the usual duration of a run.
func (l *runLog) heartbeatText(run progress.Run, step *progress.RunStep, now time.Time) string {
	waited := elapsed(cmp.Or(run.Started, run.Created, l.startedAt), time.Time{}, now)
	text := fmt.Sprintf("dbt run is still %s after %s", run.Status, formatDuration(waited))
	if run.Started.IsZero() {
		return text + blockedText(run)
	}
	if l.medianDuration > 0 {
		text += " (usually " + formatDuration(l.medianDuration) + ")"
	}
	return text + stepText(run, step)
}

func (l *runLog) cancelled(e progress.RunCancelled) {
	if e.Err != nil {
		l.log.event("failed to cancel dbt run %d: %v", e.ID, e.Err)
		return
	}
	l.log.event("asked dbt to cancel run %d", e.ID)
}

// runStatusText returns the status as a predicate, such as "succeeded after 3m 40s (queued for 12s)".
func runStatusText(run progress.Run, now time.Time) string {
	queued := ""
	if d := queueDuration(run); d >= time.Second {
		queued = fmt.Sprintf(" (queued for %s)", formatDuration(d))
	}
	if run.Ended() {
		return finalStatusText(run.Status) + " after " + formatDuration(elapsed(cmp.Or(run.Started, run.Created), run.Finished, now)) + queued
	}
	return "is " + string(run.Status) + queued + blockedText(run)
}

func blockedText(run progress.Run) string {
	if run.BlockedBy == 0 || !run.Started.IsZero() {
		return ""
	}
	return fmt.Sprintf(", it waits for %s", pluralize(run.BlockedBy, "other run"))
}

// stepText returns ", step 2 of 3, dbt seed" for the running step. The total is omitted while dbt possibly lists only the
// steps that it has reached.
func stepText(run progress.Run, step *progress.RunStep) string {
	switch {
	case step == nil:
		return ""
	case len(run.Steps) > step.Index:
		return fmt.Sprintf(", step %d of %d, %s", step.Index, len(run.Steps), sanitize.Truncate(stepName(*step), nameLimit))
	}
	return fmt.Sprintf(", step %d, %s", step.Index, sanitize.Truncate(stepName(*step), nameLimit))
}

func stepLines(c sanitize.Cleaner, run progress.Run, now time.Time) []string {
	var lines []string
	for _, s := range run.Steps {
		lines = append(lines, fmt.Sprintf("%2d  %-9s  %7s  %s", s.Index, c.Line(string(s.Status), nameLimit),
			formatDuration(elapsed(s.Started, s.Finished, now)), c.Line(stepName(s), nameLimit)))
	}
	return lines
}
