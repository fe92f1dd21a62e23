package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// message returns the outcome as one sentence of plain text, of at most messageLimit characters.
func message(res progress.Result) string {
	head, cause, tail := messageParts(res)
	if cause != "" || tail != "" {
		// A cause of any length must leave space for the other parts.
		head, tail = sanitize.Line(head, messageLimit/2), sanitize.Line(tail, messageLimit/2)
	}
	space := messageLimit - utf8.RuneCountInString(head) - utf8.RuneCountInString(tail) - len(": ; .")
	return sanitize.Line(sentence(head, strings.TrimSuffix(sanitize.Line(cause, max(space, 1)), "."), tail), messageLimit)
}

func sentence(head, cause, tail string) string {
	if cause != "" && head != "" {
		head += ": "
	}
	if tail != "" && head+cause != "" {
		tail = "; " + tail
	}
	return capitalize(head + cause + tail + ".")
}

// capitalize starts a sentence with a capital letter, unless it starts with dbt, the name of an input, or a host.
func capitalize(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if word, _, _ := strings.Cut(s, " "); word == "" || word == "dbt" || word == "timeout" || strings.ContainsAny(word, "-.:/") {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

// withPeriod ends the last line of a text like a sentence, unless the line contains a URL.
func withPeriod(s string) string {
	line := s[strings.LastIndex(s, "\n")+1:]
	if r, _ := utf8.DecodeLastRuneInString(s); (unicode.IsLetter(r) || r == ')' || r == '"') && !strings.Contains(line, "://") {
		s += "."
	}
	return s
}

// messageParts returns the parts of the message, without final periods: what happened, why, and the state of the rest.
func messageParts(res progress.Result) (head, cause, tail string) {
	run := runName(res)
	switch res.Outcome {
	case progress.OutcomeSuccess:
		return run + " succeeded" + afterDuration(res) + andWarnedTests(res), "", refreshesText(res)
	case progress.OutcomeStarted:
		return startedText(res, run), "", ""
	case progress.OutcomeChecked:
		return "dry run passed: " + planText(res), "", "nothing was started"
	case progress.OutcomeDBTFailed:
		head = run + " failed" + afterDuration(res)
		if s := failedStep(res.Run); s != nil {
			head += fmt.Sprintf(` in step %d ("%s")`, s.Index, sanitize.Truncate(stepName(*s), 60))
		}
		return head, errorText(res), "nothing was refreshed" + andWarnedTests(res)
	case progress.OutcomeDBTCancelled:
		return run + " was canceled in dbt" + afterDuration(res), errorText(res), "nothing was refreshed"
	case progress.OutcomeRefreshFailed:
		return statusCounts(res.Refreshes), firstRefreshError(res), res.Run.Label() + " succeeded" + andWarnedTests(res)
	case progress.OutcomeInvalidInput:
		return countErrors(res, "invalid input"), errorText(res), "nothing was started"
	case progress.OutcomePreflightFailed:
		return countErrors(res, "check") + " failed", errorText(res), "nothing was started"
	case progress.OutcomeTimedOut, progress.OutcomeCancelled:
		// These errors are sentences already.
		return "", cmp.Or(errorText(res), outcomeTitle(res)), stateAtEnd(res)
	}
	return "the step ended with an error", errorText(res), stateAtEnd(res)
}

func countErrors(res progress.Result, noun string) string {
	return progress.Count(max(1, len(sanitize.Errors(res.Err))), noun)
}

func jobName(job progress.Job) string {
	switch {
	case job.Name != "":
		return "dbt job " + `"` + sanitize.Truncate(job.Name, 60) + `"`
	case job.ID != 0:
		return fmt.Sprintf("dbt job %d", job.ID)
	}
	return "the dbt job"
}

func runName(res progress.Result) string {
	switch {
	case !res.Run.Known():
		return jobName(res.Job)
	case res.Job.Name == "":
		return res.Run.Label()
	}
	return fmt.Sprintf(`dbt run %d of "%s"`, res.Run.ID, sanitize.Truncate(res.Job.Name, 60))
}

func afterDuration(res progress.Result) string {
	if res.Run.Started.IsZero() || res.Run.Finished.IsZero() {
		return ""
	}
	return " after " + formatDuration(elapsed(res.Run.Started, res.Run.Finished, res.End))
}

func refreshesText(res progress.Result) string {
	switch {
	case res.Site == nil:
		return "no Tableau inputs set"
	case len(res.Refreshes) == 0:
		return "nothing to refresh"
	}
	text := statusCounts(res.Refreshes)
	if d := freshnessDelay(res); d > 0 {
		text += fmt.Sprintf(", and the data was fresh in Tableau %s after dbt finished", formatDuration(d))
	}
	return text
}

func startedText(res progress.Result, run string) string {
	counts := countByStatus(res.Refreshes)
	accepted := counts[progress.StatusStarted] + counts[progress.StatusSuccess]
	switch {
	case res.Run.Status != progress.RunStatusSuccess:
		return run + " started; not waiting for it to finish, and nothing was refreshed"
	case accepted == 0: // dbt-wait: false with the run of an earlier attempt
		return run + " succeeded" + afterDuration(res) + "; nothing was refreshed"
	}
	return fmt.Sprintf("%s succeeded%s; Tableau accepted %d of %s, not waiting for them to finish",
		run, afterDuration(res)+andWarnedTests(res), accepted, progress.Count(len(res.Refreshes), "refresh"))
}

func andWarnedTests(res progress.Result) string {
	if n := len(res.WarnedTests); n > 0 {
		return fmt.Sprintf(", and %s warned", progress.Count(n, "dbt test"))
	}
	return ""
}

// planText returns what the step would do, such as `would run dbt job "Nightly", then refresh 3 workbooks`.
func planText(res progress.Result) string {
	refresh := "refresh " + cmp.Or(commaAnd(typeCounts(withoutSkipped(res.Refreshes))), "nothing")
	switch {
	case len(res.Run.Commands) > 0:
		return "dbt succeeded, would " + refresh
	case res.Plan != "":
		return "would " + refresh + " after dbt"
	case res.Site == nil:
		return "would run " + jobName(res.Job)
	}
	return fmt.Sprintf("would run %s, then %s", jobName(res.Job), refresh)
}

func firstRefreshError(res progress.Result) string {
	i := slices.IndexFunc(res.Refreshes, needsReport)
	if i < 0 {
		return errorText(res)
	}
	r := res.Refreshes[i]
	return strings.TrimSuffix(quoteName(refreshName(r))+": "+readable(r.Error), ": ")
}

func stateAtEnd(res progress.Result) string {
	run := res.Run.Label()
	switch {
	case res.Leftover.StartUnknown() && res.Run.ID == 0:
		run = "a dbt run might have started"
	case res.Leftover.StartUnknown():
		run += " failed, a retry of it might have started"
	case !res.Run.Known():
		return "nothing was refreshed"
	case res.Run.Ended() && res.Run.Status != progress.RunStatusSuccess:
		run += " " + finalStatusText(res.Run.Status)
	case res.Leftover == progress.LeftoverRunCanceling && !res.Run.Ended():
		run += " is being canceled"
	case res.Run.Status != progress.RunStatusSuccess:
		run = fmt.Sprintf("%s was last reported as %s", run, sanitize.Truncate(string(res.Run.Status), 20))
	default:
		return strings.TrimSuffix(run+" succeeded, "+statusCounts(res.Refreshes), ", ")
	}
	return run + ", and nothing was refreshed"
}

// errorText returns why the step failed. For a run that did not succeed, that is what dbt returned, unless the error contains
// more than the run.
func errorText(res progress.Result) string {
	run, ok := errors.AsType[*progress.RunError](res.Err)
	if !ok || run.Error() != res.Err.Error() {
		return strings.Join(sanitize.ErrorTexts(res.Err), "; ")
	}
	text := res.Run.Message
	if s := failedStep(res.Run); s != nil {
		text = cmp.Or(s.Error, text)
	}
	if len(res.Failures) > 0 {
		text = failureText(likelyCause(res.Failures))
	}
	if run.RetryRefusal != "" {
		text = strings.TrimPrefix(text+"; dbt can't retry it: "+run.RetryRefusal, "; ")
	}
	return text
}

// likelyCause returns the first failure that is not a test, because tests usually fail as a consequence.
func likelyCause(failures []progress.Failure) progress.Failure {
	i := slices.IndexFunc(failures, func(f progress.Failure) bool { return f.Type != "test" && f.Type != "unit_test" })
	return failures[max(0, i)]
}

// failureText returns what failed, and why: "model orders: Database Error in model orders ...".
func failureText(f progress.Failure) string {
	return strings.TrimSuffix(fmt.Sprintf("%s %s: %s", f.Type, sanitize.Truncate(f.Name, nameLimit), failureMessage(f)), ".")
}

func failureMessage(f progress.Failure) string { return cmp.Or(readable(f.Message), f.Status) }
