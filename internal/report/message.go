package report

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// messageLimit is the length of the output message in characters.
const messageLimit = 300

// message is the verdict in one plain sentence of at most limit characters, without a line break.
func message(res progress.Result, limit int) string {
	head, cause, tail := sentence(res)
	if cause != "" || tail != "" {
		// What the cause is about and what became of the rest must survive a cause of any length.
		head, tail = sanitize.Line(head, limit/2), sanitize.Line(tail, limit/2)
	}
	room := limit - utf8.RuneCountInString(head) - utf8.RuneCountInString(tail) - len(": ; .")
	if cause = strings.TrimSuffix(sanitize.Line(cause, max(room, 1)), "."); cause != "" && head != "" {
		head += ": "
	}
	if tail != "" {
		tail = "; " + tail
	}
	return sanitize.Line(upper(head+cause+tail+"."), limit)
}

// upper begins a sentence with a capital, unless it begins with dbt or the name of an input.
func upper(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if word, _, _ := strings.Cut(s, " "); word == "dbt" || strings.Contains(word, "-") || strings.HasPrefix(s, "timeout ") {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

// sentence returns the parts of the message, without full stops.
func sentence(res progress.Result) (head, cause, tail string) {
	run := runName(res)
	switch res.Outcome {
	case progress.OutcomeSuccess:
		return run + " succeeded" + after(res) + "; " + refreshed(res), "", ""
	case progress.OutcomeStarted:
		return startedText(res, run), "", ""
	case progress.OutcomeChecked:
		return fmt.Sprintf("all checks hold: %s can run, and then %s; nothing was started", jobName(res.Job), planned(wanted(res.Refreshes))), "", ""
	case progress.OutcomeDBTFailed:
		head = run + " failed" + after(res)
		if s := failedStep(res.Run); s != nil {
			head += fmt.Sprintf(" in step %d, %s", s.Index, sanitize.Truncate(stepName(*s), 60))
		}
		return head, reason(res), "nothing was refreshed"
	case progress.OutcomeDBTCancelled:
		return run + " was cancelled in dbt" + after(res), reason(res), "nothing was refreshed"
	case progress.OutcomeRefreshFailed:
		return counted(res.Refreshes), firstBad(res), fmt.Sprintf("dbt run %d succeeded", res.Run.ID)
	case progress.OutcomeInvalidInput:
		return number(len(sanitize.ErrorTexts(res.Err)), "mistake") + " in the inputs", reason(res), "nothing was started"
	case progress.OutcomePreflightFailed:
		return checks(res), reason(res), "nothing was started"
	case progress.OutcomeTimedOut, progress.OutcomeCancelled:
		// Their errors are sentences already.
		return "", cmp.Or(reason(res), title(res)), standing(res)
	}
	return "the step ended in an error", reason(res), standing(res)
}

// checks says how many checks before the run have failed: "a check failed".
func checks(res progress.Result) string {
	if n := len(sanitize.ErrorTexts(res.Err)); n > 1 {
		return number(n, "check") + " failed"
	}
	return "a check failed"
}

// verb says how a run ended.
func verb(status progress.RunStatus) string {
	switch status {
	case progress.RunStatusSuccess:
		return "succeeded"
	case progress.RunStatusError:
		return "failed"
	case progress.RunStatusCancelled:
		return "was cancelled"
	}
	return "ended as " + sanitize.Truncate(string(status), 20)
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
	case res.Run.ID == 0:
		return jobName(res.Job)
	case res.Job.Name == "":
		return fmt.Sprintf("dbt run %d", res.Run.ID)
	}
	return fmt.Sprintf(`dbt run %d of "%s"`, res.Run.ID, sanitize.Truncate(res.Job.Name, 60))
}

// after is " after 3m 42s", or "" when the times are not known.
func after(res progress.Result) string {
	if res.Run.Started.IsZero() || res.Run.Finished.IsZero() {
		return ""
	}
	return " after " + words(took(res.Run, res.End))
}

func refreshed(res progress.Result) string {
	switch {
	case res.Site == nil:
		return "Tableau was no part of this step"
	case len(res.Refreshes) == 0:
		return "there was nothing to refresh"
	}
	text := counted(res.Refreshes)
	if d := freshAfter(res); d > 0 {
		text += fmt.Sprintf("; the data was fresh in Tableau %s after dbt finished", words(d))
	}
	return text
}

func startedText(res progress.Result, run string) string {
	if res.Run.Status != progress.RunStatusSuccess {
		return run + " was started; its end is not waited for, and nothing was refreshed"
	}
	counts := tally(res.Refreshes)
	accepted := counts[progress.StatusStarted] + counts[progress.StatusSuccess]
	return fmt.Sprintf("%s succeeded%s; Tableau accepted %d of %s, whose end is not waited for", run, after(res), accepted, number(len(res.Refreshes), "refresh"))
}

// planned says what would be refreshed: "3 workbooks and 2 data sources are refreshed".
func planned(refreshes []progress.Refresh) string {
	if len(refreshes) == 0 {
		return "nothing is refreshed"
	}
	return kinds(refreshes) + " can be refreshed"
}

// kinds counts targets by kind: "3 workbooks, 2 data sources".
func kinds(refreshes []progress.Refresh) string {
	var all []string
	for _, k := range []content.Type{content.Workbook, content.Datasource, content.Flow, content.Task} {
		n := 0
		for _, r := range refreshes {
			if r.Type == k {
				n++
			}
		}
		if n > 0 {
			all = append(all, number(n, kind(k)))
		}
	}
	return strings.Join(all, ", ")
}

// class matches the Java class with which Tableau's notes mostly begin. A short message has no room for it.
var class = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[a-z0-9]+\.)+[A-Za-z0-9]+(?:Exception|Error): `) })

// firstBad is the first thing that went wrong with a refresh.
func firstBad(res progress.Result) string {
	for _, r := range res.Refreshes {
		if wrong(r) {
			return strings.TrimSuffix(quote(name(r))+": "+class().ReplaceAllString(notes(r.Error), ""), ": ")
		}
	}
	return reason(res)
}

// standing says where everything stands when the step ended before its end.
func standing(res progress.Result) string {
	run := fmt.Sprintf("dbt run %d", res.Run.ID)
	switch {
	case res.Unanswered && res.Run.ID == 0:
		return "a dbt run may have been started; nothing was refreshed"
	case res.Unanswered:
		return run + " failed, and a retry of it may have been started; nothing was refreshed"
	case res.Run.ID == 0:
		return "nothing was refreshed"
	case ended(res.Run) && res.Run.Status != progress.RunStatusSuccess:
		return fmt.Sprintf("%s %s; nothing was refreshed", run, verb(res.Run.Status))
	case res.Run.Cancelling:
		return run + " is being cancelled; nothing was refreshed"
	case res.Run.Status != progress.RunStatusSuccess:
		return fmt.Sprintf("%s was last seen as %s; nothing was refreshed", run, sanitize.Truncate(string(res.Run.Status), 20))
	case len(res.Refreshes) == 0:
		return run + " succeeded"
	}
	return run + " succeeded; " + counted(res.Refreshes)
}
