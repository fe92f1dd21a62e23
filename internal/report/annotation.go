package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

type cause struct {
	title      string // of its annotation
	label      string // what failed; "" if text contains it
	text       string // can have several lines
	url, jobID string // in Tableau
	candidates []progress.Candidate
}

// causes returns why the step failed. For the annotations, it returns nodes instead of their dbt step, and no error that is the
// message itself.
func causes(res progress.Result, forAnnotations bool) []cause {
	var all []cause
	run, ok := errors.AsType[*progress.RunError](res.Err)
	onlyRun := ok && run.Error() == res.Err.Error()
	inMessage := forAnnotations && (res.Outcome == progress.OutcomeTimedOut || res.Outcome == progress.OutcomeCancelled)
	errs := sanitize.Errors(res.Err)
	for _, err := range errs {
		_, counted := errors.AsType[*progress.RefreshError](err)
		if !onlyRun && !counted && !(inMessage && len(errs) == 1) {
			all = append(all, errorCause(outcomeTitle(res), err))
		}
	}
	if onlyRun && run.RetryRefusal != "" {
		all = append(all, cause{title: outcomeTitle(res), text: "dbt can't retry it: " + run.RetryRefusal})
	}
	step := failedStep(res.Run)
	switch {
	case forAnnotations && len(res.Failures) > 0:
		for _, f := range res.Failures {
			name := sanitize.Truncate(f.Name, nameLimit)
			title := "dbt " + f.Type + " failed: " + name
			all = append(all, cause{title: title, label: f.Type + " " + name, text: failureMessage(f)})
		}
	case step != nil && res.Run.Status == progress.RunStatusError:
		all = append(all, stepCause(res, step, forAnnotations))
	case onlyRun && len(all) == 0 && errorText(res) != "":
		all = append(all, cause{title: outcomeTitle(res), text: errorText(res)})
	}
	texts := sanitize.ErrorTexts(res.Err)
	for _, r := range res.Refreshes {
		if needsReport(r) && !slices.Contains(texts, r.Error) {
			status := statusText(r.Status)
			title := "Tableau refresh " + status + ": " + sanitize.Truncate(refreshName(r), nameLimit/2)
			label := refreshLabel(r) + " " + status
			all = append(all, cause{title: title, label: label, text: readable(r.Error), url: r.URL, jobID: r.JobID})
		}
	}
	return all
}

// errorCause splits an error into lines, and removes the candidates of a selector from its text.
func errorCause(title string, err error) cause {
	c := cause{title: title, text: err.Error()}
	if match, ok := errors.AsType[*progress.MatchError](err); ok {
		c.text, c.candidates = strings.Replace(c.text, match.List(), ":", 1), match.Candidates
	}
	c.text = errorParts(c.text)
	return c
}

func stepCause(res progress.Result, s *progress.RunStep, forAnnotations bool) cause {
	c := cause{title: fmt.Sprintf("dbt step %d failed", s.Index)}
	if !forAnnotations { // the message of an annotation contains the step
		duration := elapsed(s.Started, s.Finished, res.End)
		c.label = fmt.Sprintf("step %d (%s) failed after %s", s.Index, quoteName(stepName(*s)), formatDuration(duration))
	}
	if len(res.Failures) == 0 {
		c.text = cmp.Or(s.Error, res.Run.Message, "dbt gave no reason")
	}
	if forAnnotations && s.Log != "" {
		c.text = strings.TrimSuffix(c.text, ".") + ". The last log lines are in the job summary."
	}
	return c
}

func (c cause) annotationText() string {
	text := c.text
	if c.label != "" {
		text = strings.TrimSuffix(c.label+": "+text, ": ")
	}
	text = sanitize.Truncate(strings.TrimSpace(text), errorLimit)
	for _, candidate := range c.candidates {
		text += "\n" + candidate.String()
	}
	where := c.url
	if c.jobID != "" {
		where += " (job " + c.jobID + ")"
	}
	if where != "" {
		text += "\nIn Tableau: " + strings.TrimSpace(where)
	}
	return text
}

// annotate writes one error that summarizes the step, and one for each cause if there are several. Each has up to three parts,
// on separate lines: what happened, what to do, and why.
func annotate(log *logger, res progress.Result) {
	all := causes(res, true)
	if len(all) == 1 && (res.Outcome == progress.OutcomeInvalidInput || res.Outcome == progress.OutcomePreflightFailed) {
		log.annotate("error", all[0].title, all[0].annotationText()) // the error contains what to do
		return
	}
	head, text, tail := messageParts(res)
	summary := sentence(cmp.Or(head, text), "", tail) + "\n" + strings.ReplaceAll(advice(res), "`", "")
	if len(all) == 1 {
		summary += "\n" + all[0].annotationText()
	}
	if res.Run.URL != "" && (res.Outcome == progress.OutcomeDBTFailed || res.Outcome == progress.OutcomeDBTCancelled) {
		summary += "\nRun: " + res.Run.URL
	}
	log.annotate("error", outcomeTitle(res), summary)
	if len(all) == 1 {
		return
	}
	if len(res.Failures) > 0 {
		log.line("what failed in dbt:")
	}
	for i, c := range all {
		if i == maxListed && len(res.Failures) > 0 { // errors are all logged
			log.line("and %d more", len(all)-i)
			break
		}
		log.annotate("error", c.title, c.annotationText())
	}
}

func outcomeTitle(res progress.Result) string {
	return cmp.Or(map[progress.Outcome]string{
		progress.OutcomeDBTFailed:       "dbt run failed",
		progress.OutcomeDBTCancelled:    "dbt run was canceled",
		progress.OutcomeRefreshFailed:   "Tableau refresh failed",
		progress.OutcomeTimedOut:        "Timed out",
		progress.OutcomeCancelled:       "Canceled",
		progress.OutcomeInvalidInput:    "Invalid inputs",
		progress.OutcomePreflightFailed: "Pre-run checks failed",
	}[res.Outcome], "Error")
}

// advice returns what to do about an outcome that is not OK, as Markdown. It contains no text from outside.
func advice(res progress.Result) string {
	switch res.Outcome {
	case progress.OutcomeDBTFailed:
		if res.Run.ID == 0 {
			return "Fix what failed in dbt, then re-run this job." + staleDataText(res)
		}
		return "Fix the failed dbt step, then re-run this job." + staleDataText(res)
	case progress.OutcomeDBTCancelled:
		return "Someone canceled the run in dbt. Find out why, then re-run this job." + staleDataText(res)
	case progress.OutcomeRefreshFailed:
		return "Fix the errors listed below, then re-run the failed jobs." + refreshAgainText(res)
	case progress.OutcomeInvalidInput:
		return "Fix the `with:` block of this step."
	case progress.OutcomePreflightFailed:
		return "Fix the problems listed below, then re-run."
	case progress.OutcomeTimedOut:
		limit := "the limit"
		if err, ok := errors.AsType[*progress.LimitError](res.Err); ok {
			limit = "`" + err.Input + "`"
		}
		return "Raise " + limit + ", or find out what took so long." + leftoverText(res)
	case progress.OutcomeCancelled:
		return "Re-run this job when ready." + leftoverText(res)
	}
	if res.Leftover.StartUnknown() {
		return strings.TrimSpace(leftoverText(res))
	}
	return "Read the error. If the cause is unclear, re-run this job with debug logging." + leftoverText(res)
}

func staleDataText(res progress.Result) string {
	if res.Site == nil && len(res.Run.Commands) == 0 {
		return ""
	}
	return " Tableau still shows the data of the last refresh."
}

// refreshAgainText returns how to repeat the refreshes without dbt.
func refreshAgainText(res progress.Result) string {
	switch {
	case res.Run.ID == 0 || res.Run.Status != progress.RunStatusSuccess || res.Site == nil:
		return ""
	case res.ResumableFor > 0:
		maxAge := progress.ShortDuration(res.ResumableFor)
		return fmt.Sprintf(" Within `dbt-max-age` (%s), \"Re-run failed jobs\" does not run dbt again.", maxAge)
	}
	return fmt.Sprintf(" To refresh without running dbt again, set `dbt-run-id: %d`.", res.Run.ID)
}

// leftoverText returns what is possibly in progress after the step, and what to do about it.
func leftoverText(res progress.Result) string {
	if text := map[progress.Leftover]string{
		progress.LeftoverUnknownStartForPost: " A dbt run might have started. The post step of this job searches for it and cancels it.",
		progress.LeftoverUnknownStart:        " A dbt run might have started. Check the job's runs in dbt before you start another.",
		progress.LeftoverRunForPost:          " The dbt run might still be in progress. The post step of this job cancels it.",
		progress.LeftoverRunContinues:        fmt.Sprintf(" dbt run %d was not canceled. Check it before you start another.", res.Run.ID),
	}[res.Leftover]; text != "" {
		return text
	}
	if slices.ContainsFunc(res.Refreshes, func(r progress.Refresh) bool { return r.Status == progress.StatusStarted }) {
		return " Refreshes that Tableau accepted continue to run." + refreshAgainText(res)
	}
	return refreshAgainText(res)
}
