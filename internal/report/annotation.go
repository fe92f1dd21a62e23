package report

import (
	"cmp"
	"fmt"
	"strings"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// The runner truncates a text after 4096 characters, and shows 10 annotations of a type.
// See https://github.com/actions/runner/blob/main/src/Runner.Worker/ExecutionContext.cs.
const (
	annotationLimit = 4000
	maxAnnotations  = 10
)

// annotation is an error that a runner shows on the page of the workflow run, where each stands alone.
type annotation struct{ title, text string }

// annotate writes the notices, the warnings, one error that summarizes the step, and one for each of its causes.
func annotate(log *logger, res progress.Result) {
	for _, text := range res.Notices {
		log.annotateNotice(text)
	}
	for i, text := range res.Warnings {
		if i == maxAnnotations-1 && len(res.Warnings) > maxAnnotations {
			log.annotateWarning(fmt.Sprintf("%d more warnings are in the log and the job summary", len(res.Warnings)-i))
			break
		}
		log.annotateWarning(text)
	}
	if res.Outcome.OK() {
		return
	}
	log.annotateError(annotation{outcomeTitle(res), fullMessage(res) + " " + advice(res) + runLink(res)})
	causes := causeAnnotations(res)
	for _, cause := range causes[:min(len(causes), maxAnnotations-1)] {
		log.annotateError(cause)
	}
	texts := sanitize.ErrorTexts(res.Err) // the first causes
	for _, text := range texts[min(len(texts), maxAnnotations-1):] {
		log.line("error: %s", text)
	}
}

// runLink returns the URL of the dbt run, if the run is why the step failed.
func runLink(res progress.Result) string {
	if res.Run.URL == "" || res.Outcome != progress.OutcomeDBTFailed && res.Outcome != progress.OutcomeDBTCancelled {
		return ""
	}
	return " The run: " + res.Run.URL
}

// causeAnnotations returns an annotation for each cause that is not in the message as a whole.
func causeAnnotations(res progress.Result) []annotation {
	var all []annotation
	if texts := sanitize.ErrorTexts(res.Err); len(texts) > 1 {
		for _, text := range texts {
			all = append(all, annotation{outcomeTitle(res), text})
		}
	}
	for _, f := range res.Failures {
		text := sanitize.Truncate(strings.TrimSuffix(failureMessage(f), "."), errorLimit)
		if res.Run.URL != "" {
			text += ". The run: " + res.Run.URL
		}
		all = append(all, annotation{"dbt " + f.Type + " failed: " + sanitize.Truncate(f.Name, nameLimit), text})
	}
	if s := failedStep(res.Run); s != nil && res.Run.Status == progress.RunStatusError && len(res.Failures) == 0 {
		all = append(all, stepAnnotation(res.Run, s))
	}
	for _, r := range res.Refreshes {
		if needsReport(r) {
			all = append(all, refreshAnnotation(r))
		}
	}
	return all
}

func stepAnnotation(run progress.Run, s *progress.RunStep) annotation {
	return annotation{
		fmt.Sprintf("dbt step %d failed", s.Index),
		fmt.Sprintf("step %d of dbt run %d, %s, failed: %s. The end of its log is in the job summary, the whole at %s", s.Index, run.ID,
			sanitize.Truncate(stepName(*s), nameLimit), sanitize.Truncate(cmp.Or(s.Error, run.Message, "dbt does not say why"), errorLimit), run.URL),
	}
}

func refreshAnnotation(r progress.Refresh) annotation {
	text := refreshLabel(r) + ": " + statusText(r.Status)
	if r.Error != "" {
		text += ": " + strings.TrimRight(sanitize.Truncate(unescapeLineBreaks(r.Error), errorLimit), ". \n")
	}
	if r.URL != "" {
		text += ". Look at it in Tableau: " + r.URL
	}
	if r.JobID != "" {
		text += ", job " + r.JobID
	}
	return annotation{"Tableau refresh " + statusText(r.Status) + ": " + sanitize.Truncate(refreshName(r), nameLimit/2), text}
}
