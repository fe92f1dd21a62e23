package report

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// messageLimit is the length of the output message in characters.
const messageLimit = 300

// message returns the outcome as one line of plain text, of at most limit characters.
func message(res progress.Result, limit int) string {
	head, cause, tail := messageParts(res)
	if cause != "" || tail != "" {
		// A cause of any length must leave space for what failed, and for what did not.
		head, tail = sanitize.Line(head, limit/2), sanitize.Line(tail, limit/2)
	}
	space := limit - utf8.RuneCountInString(head) - utf8.RuneCountInString(tail) - len(": ; .")
	if cause = strings.TrimSuffix(sanitize.Line(cause, max(space, 1)), "."); cause != "" && head != "" {
		head += ": "
	}
	if tail != "" {
		tail = "; " + tail
	}
	return sanitize.Line(capitalize(head+cause+tail+"."), limit)
}

// capitalize starts a sentence with a capital letter, unless it starts with dbt or the name of an input.
func capitalize(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if word, _, _ := strings.Cut(s, " "); word == "dbt" || strings.Contains(word, "-") || strings.HasPrefix(s, "timeout ") {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

// messageParts returns the parts of the message, without final periods: what failed, why, and what did not.
func messageParts(res progress.Result) (head, cause, tail string) {
	run := runName(res)
	switch res.Outcome {
	case progress.OutcomeSuccess:
		return run + " succeeded" + afterDuration(res) + andWarnedTests(res) + "; " + refreshesText(res), "", ""
	case progress.OutcomeStarted:
		return startedText(res, run), "", ""
	case progress.OutcomeChecked:
		plan := planText(withoutSkipped(res.Refreshes))
		if len(res.Run.Commands) > 0 {
			return fmt.Sprintf("all checks hold: dbt succeeded, and %s; nothing was started", plan), "", ""
		}
		return fmt.Sprintf("all checks hold: %s can run, and then %s; nothing was started", jobName(res.Job), plan), "", ""
	case progress.OutcomeDBTFailed:
		head = run + " failed" + afterDuration(res)
		if s := failedStep(res.Run); s != nil {
			head += fmt.Sprintf(" in step %d, %s", s.Index, sanitize.Truncate(stepName(*s), 60))
		}
		return head, errorText(res), "nothing was refreshed" + andWarnedTests(res)
	case progress.OutcomeDBTCancelled:
		return run + " was cancelled in dbt" + afterDuration(res), errorText(res), "nothing was refreshed"
	case progress.OutcomeRefreshFailed:
		return statusCounts(res.Refreshes), firstRefreshError(res), res.Run.Label() + " succeeded" + andWarnedTests(res)
	case progress.OutcomeInvalidInput:
		return pluralize(len(sanitize.ErrorTexts(res.Err)), "mistake") + " in the inputs", errorText(res), "nothing was started"
	case progress.OutcomePreflightFailed:
		return failedChecks(res), errorText(res), "nothing was started"
	case progress.OutcomeTimedOut, progress.OutcomeCancelled:
		// These errors are sentences already.
		return "", cmp.Or(errorText(res), outcomeTitle(res)), stateAtEnd(res)
	}
	return "the step ended in an error", errorText(res), stateAtEnd(res)
}

// failedChecks returns how many checks before the run failed.
func failedChecks(res progress.Result) string {
	if n := len(sanitize.ErrorTexts(res.Err)); n > 1 {
		return pluralize(n, "check") + " failed"
	}
	return "a check failed"
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

// afterDuration returns " after 3m 42s", or "" if the duration is not known.
func afterDuration(res progress.Result) string {
	if res.Run.Started.IsZero() || res.Run.Finished.IsZero() {
		return ""
	}
	return " after " + formatDuration(elapsed(res.Run.Started, res.Run.Finished, res.End))
}

func refreshesText(res progress.Result) string {
	switch {
	case res.Site == nil:
		return "Tableau was no part of this step"
	case len(res.Refreshes) == 0:
		return "there was nothing to refresh"
	}
	text := statusCounts(res.Refreshes)
	if d := freshnessDelay(res); d > 0 {
		text += fmt.Sprintf("; the data was fresh in Tableau %s after dbt finished", formatDuration(d))
	}
	return text
}

func startedText(res progress.Result, run string) string {
	counts := countByStatus(res.Refreshes)
	accepted := counts[progress.StatusStarted] + counts[progress.StatusSuccess]
	switch {
	case res.Run.Status != progress.RunStatusSuccess:
		return run + " was started; its end is not waited for, and nothing was refreshed"
	case accepted == 0: // dbt-wait: false with the run of an earlier attempt
		return run + " succeeded" + afterDuration(res) + "; nothing was refreshed"
	}
	return fmt.Sprintf("%s succeeded%s; Tableau accepted %d of %s, whose end is not waited for", run, afterDuration(res)+andWarnedTests(res), accepted, pluralize(len(res.Refreshes), "refresh"))
}

// andWarnedTests returns ", and 2 dbt tests warned"; "" for none.
func andWarnedTests(res progress.Result) string {
	if n := len(res.WarnedTests); n > 0 {
		return fmt.Sprintf(", and %s warned", pluralize(n, "dbt test"))
	}
	return ""
}

// planText returns what would be refreshed, such as "3 workbooks, 2 data sources can be refreshed".
func planText(refreshes []progress.Refresh) string {
	if len(refreshes) == 0 {
		return "nothing is refreshed"
	}
	return typeCounts(refreshes) + " can be refreshed"
}

// javaClass matches the name of an exception at the start of Tableau's notes.
var javaClass = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[a-z0-9]+\.)+[A-Za-z0-9]+(?:Exception|Error): `) })

// firstRefreshError returns the first error of a refresh.
func firstRefreshError(res progress.Result) string {
	for _, r := range res.Refreshes {
		if needsReport(r) {
			return strings.TrimSuffix(quoteName(refreshName(r))+": "+javaClass().ReplaceAllString(unescapeLineBreaks(r.Error), ""), ": ")
		}
	}
	return errorText(res)
}

// stateAtEnd returns how far the run and the refreshes had come when the step ended early.
func stateAtEnd(res progress.Result) string {
	run := res.Run.Label()
	switch {
	case res.Leftover.StartUnknown() && res.Run.ID == 0:
		return "a dbt run may have been started; nothing was refreshed"
	case res.Leftover.StartUnknown():
		return run + " failed, and a retry of it may have been started; nothing was refreshed"
	case !res.Run.Known():
		return "nothing was refreshed"
	case res.Run.Ended() && res.Run.Status != progress.RunStatusSuccess:
		return fmt.Sprintf("%s %s; nothing was refreshed", run, finalStatusText(res.Run.Status))
	case res.Leftover == progress.LeftoverRunCanceling && !res.Run.Ended():
		return run + " is being cancelled; nothing was refreshed"
	case res.Run.Status != progress.RunStatusSuccess:
		return fmt.Sprintf("%s was last seen as %s; nothing was refreshed", run, sanitize.Truncate(string(res.Run.Status), 20))
	case len(res.Refreshes) == 0:
		return run + " succeeded"
	}
	return run + " succeeded; " + statusCounts(res.Refreshes)
}
