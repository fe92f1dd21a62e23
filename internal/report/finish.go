package report

import (
	"cmp"
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// Finish writes everything that is known at the end: outputs, summary, state, and annotations, then the message as the last
// line of the log. It returns the exit code. The state does not change while a run is possibly in progress.
func (r *Report) Finish(res progress.Result) int {
	res = sanitize.RedactAll(r.log.clean, res)
	if res.Outcome == progress.OutcomeTimedOut && r.attempts.failureAtStop != "" {
		res.Err = fmt.Errorf("%w; %s", res.Err, r.attempts.failureAtStop)
	}
	res.Began, res.End = cmp.Or(res.Began, r.log.begin), cmp.Or(res.End, time.Now())
	r.outputs.finish(res)
	r.summary.add(page{clean: r.log.clean, res: res}.render())
	if !res.Leftover.ForPost() && r.state.Phase != PhaseNone {
		r.state.save(State{Phase: PhaseDone})
	}
	logFailures(r.log, res)
	annotate(r.log, res)
	r.log.event("%s: %s", res.Outcome, fullMessage(res))
	if res.Outcome.OK() {
		return 0
	}
	return 1
}

// Invalid reports invalid inputs, joined by [errors.Join], and returns the exit code. Nothing has been started then.
func (r *Report) Invalid(err error) int {
	return r.Finish(progress.Result{Outcome: progress.OutcomeInvalidInput, Err: err})
}

// logFailures logs what failed in dbt, and which tests warned; the job summary contains all of it.
func logFailures(log *logger, res progress.Result) {
	if n := len(res.WarnedTests); n > 0 {
		log.group(pluralize(n, "dbt test")+" warned", limitLines(res.WarnedTests, maxListed, "", failureText))
	}
	if len(res.Failures) > 0 {
		log.group("what failed in dbt", limitLines(res.Failures, maxAnnotations, ", in the job summary", failureText))
	} else if s := failedStep(res.Run); s != nil && s.Log != "" {
		log.group(fmt.Sprintf("the end of the log of step %d, %s", s.Index, stepName(*s)), log.clean.Tail(s.Log, progress.LogTail, lineLimit))
	}
}

// fullMessage returns the message with long causes in full, unless each cause has an annotation.
func fullMessage(res progress.Result) string {
	if len(sanitize.ErrorTexts(res.Err)) > 1 {
		return message(res, messageLimit)
	}
	return message(res, errorLimit)
}
