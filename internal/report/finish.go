package report

import (
	"fmt"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

const (
	// The runner cuts a text after 4096 characters, and shows 10 annotations of one type.
	annotationLimit = 4000
	annotations     = 10
)

// Finish writes everything that is known at the end: outputs, summary, state and annotations; then the verdict, as the
// last line of the log. It returns the exit code. The state stays as it is while a run may still be going.
func (r *Report) Finish(res progress.Result) int {
	res = sanitize.RedactAll(r.log.clean, res)
	if res.Outcome == progress.OutcomeTimedOut && r.failure != "" {
		res.Err = fmt.Errorf("%w; %s", res.Err, r.failure)
	}
	res.Began, res.End = first(res.Began, r.log.begin), first(res.End, time.Now())
	r.warnOnce("the outputs", r.finishOutputs(res))
	r.warnOnce("the job summary", r.summarise(page{clean: r.log.clean, res: res}.render()))
	if !res.Leftover && r.state.Phase != PhaseNone {
		r.save(State{Phase: PhaseDone})
	}
	if len(res.Failures) > 0 {
		r.log.group("what failed in dbt", failureLines(res.Failures))
	} else if s := failedStep(res.Run); s != nil && s.Log != "" {
		r.log.group(fmt.Sprintf("the end of the log of step %d, %s", s.Index, stepName(*s)), r.log.clean.Tail(s.Log, progress.LogTail, lineLimit))
	}
	r.annotate(res)
	r.log.event("%s: %s", res.Outcome, verdict(res))
	if res.Outcome.OK() {
		return 0
	}
	return 1
}

// Invalid reports mistakes in the inputs, joined with errors.Join, and returns the exit code. Nothing has been started then.
func (r *Report) Invalid(err error) int {
	return r.Finish(progress.Result{Outcome: progress.OutcomeInvalidInput, Err: err})
}

func (r *Report) finishOutputs(res progress.Result) error {
	values, left := r.out.finish(res)
	if left > 0 {
		r.log.warn(fmt.Sprintf("the outputs refreshes and refresh-job-ids leave out %d of %s: they would be larger than a later step can take", left, number(len(res.Refreshes), "refresh")))
	}
	return r.out.write(values)
}

// annotate sums up in one error, then names what went wrong one by one, so that each stands alone on the run's page.
func (r *Report) annotate(res progress.Result) {
	for i, text := range res.Warnings {
		if i == annotations-1 && len(res.Warnings) > annotations {
			r.log.warn(fmt.Sprintf("%d more warnings are in the log and the job summary", len(res.Warnings)-i))
			break
		}
		r.log.warn(text)
	}
	if res.Outcome.OK() {
		return
	}
	r.log.fail(title(res), verdict(res)+" "+advice(res)+where(res))
	for i, it := range items(res) {
		if i == annotations-1 {
			break
		}
		r.log.fail(it.title, it.text)
	}
}

// where leads to the dbt run where that is what went wrong.
func where(res progress.Result) string {
	if res.Run.URL == "" || res.Outcome != progress.OutcomeDBTFailed && res.Outcome != progress.OutcomeDBTCancelled {
		return ""
	}
	return " The run: " + res.Run.URL
}

// verdict is the message in full, unless each of its causes is told by itself.
func verdict(res progress.Result) string {
	if len(sanitize.ErrorTexts(res.Err)) > 1 {
		return message(res, messageLimit)
	}
	return message(res, errorLimit)
}

// failureLines are the first failures; the job summary has them all.
func failureLines(failures []progress.Failure) []string {
	var lines []string
	for i, f := range failures {
		if i == annotations {
			lines = append(lines, fmt.Sprintf("and %d more, in the job summary", len(failures)-i))
			break
		}
		lines = append(lines, failureText(f))
	}
	return lines
}
