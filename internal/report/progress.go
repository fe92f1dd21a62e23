package report

import (
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// quiet is how long the log says nothing while nothing changes: a tenth of the time waited, from 30 s to 2 minutes.
func quiet(waited time.Duration) time.Duration {
	return min(max(waited/10, 30*time.Second), 2*time.Minute)
}

// runLog tells how a dbt run comes along.
type runLog struct {
	usual  time.Duration
	since  time.Time // of the first look
	last   time.Time // of the last line
	status progress.RunStatus
	step   int
}

func (l *runLog) begin(log *printer, run progress.Run, now time.Time) {
	*l = runLog{usual: l.usual, since: now, last: now}
	text := fmt.Sprintf("dbt run %d %s", run.ID, origin(run.Origin))
	if run.URL != "" {
		text += ": " + run.URL
	}
	log.event("%s", text)
}

// origin says how the step came by its run.
func origin(o progress.Origin) string {
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

// look tells what is new since the last look, or after a while that nothing is.
func (l *runLog) look(log *printer, run progress.Run, now time.Time) {
	step := current(run)
	moved := step != nil && step.Index > l.step
	switch {
	case run.Status != l.status:
		log.event("dbt run %s%s", runState(run, now), stepText(run, step))
	case ended(run):
		return
	case moved:
		log.event("dbt run: %s", stepText(run, step)[len(", "):])
	case now.Sub(l.last) >= quiet(now.Sub(l.since)):
		log.event("%s", l.still(run, step, now))
	default:
		return
	}
	l.last, l.status = now, run.Status
	if step != nil {
		l.step = step.Index
	}
	if ended(run) && len(run.Steps) > 0 {
		log.group("dbt steps", stepLines(log.clean, run, now))
	}
}

// still says that nothing has changed, and how long it usually takes.
func (l *runLog) still(run progress.Run, step *progress.RunStep, now time.Time) string {
	text := fmt.Sprintf("dbt run is still %s after %s", run.Status, words(between(first(run.Started, run.Created, l.since), time.Time{}, now)))
	if run.Started.IsZero() {
		return text + blocked(run)
	}
	if l.usual > 0 {
		text += " (usually " + words(l.usual) + ")"
	}
	return text + stepText(run, step)
}

// runState is the status in a sentence: "succeeded after 3m 40s (queued for 12s)".
func runState(run progress.Run, now time.Time) string {
	queued := ""
	if d := waited(run); d >= time.Second {
		queued = fmt.Sprintf(" (queued for %s)", words(d))
	}
	if ended(run) {
		return verb(run.Status) + " after " + words(between(first(run.Started, run.Created), run.Finished, now)) + queued
	}
	return "is " + string(run.Status) + queued + blocked(run)
}

func blocked(run progress.Run) string {
	if run.BlockedBy == 0 || !run.Started.IsZero() {
		return ""
	}
	return fmt.Sprintf(", it waits for %s", number(run.BlockedBy, "other run"))
}

// first returns the first time that is known.
func first(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// current is the step that runs, nil when none does or the run has ended.
func current(run progress.Run) *progress.RunStep {
	for i := len(run.Steps) - 1; i >= 0; i-- {
		s := &run.Steps[i]
		if !s.Started.IsZero() && s.Finished.IsZero() && !ended(run) {
			return s
		}
	}
	return nil
}

// stepText names the step that runs. dbt may list steps only as they come, so their number is told when it lies ahead.
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
		lines = append(lines, fmt.Sprintf("%2d  %-9s  %7s  %s", s.Index, c.Line(string(s.Status), nameLimit), words(between(s.Started, s.Finished, now)), c.Line(stepName(s), nameLimit)))
	}
	return lines
}
