package report

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// bad reports whether a refresh with this status is what made a step fail. One that was not started has a reason elsewhere.
func bad(s progress.Status) bool {
	switch s {
	case progress.StatusFailed, progress.StatusCancelled, progress.StatusTimedOut, progress.StatusUnknown:
		return true
	}
	return false
}

// wrong reports whether a refresh is to be told of by itself: it went bad, or has a reason of its own not to be started.
func wrong(r progress.Refresh) bool {
	return bad(r.Status) || r.Status == progress.StatusNotStarted && r.Error != "" && r.Skip == ""
}

// wanted are the refreshes that are not left out.
func wanted(refreshes []progress.Refresh) []progress.Refresh {
	return slices.DeleteFunc(slices.Clone(refreshes), func(r progress.Refresh) bool {
		return r.Skip != "" || r.Status == progress.StatusSkipped
	})
}

// order is the one in which statuses are counted: good news first.
func order() []progress.Status {
	return []progress.Status{
		progress.StatusSuccess, progress.StatusFailed, progress.StatusCancelled, progress.StatusTimedOut,
		progress.StatusUnknown, progress.StatusSkipped, progress.StatusStarted, progress.StatusNotStarted,
	}
}

// tally counts the refreshes by status.
func tally(refreshes []progress.Refresh) map[progress.Status]int {
	counts := map[progress.Status]int{}
	for _, r := range refreshes {
		counts[r.Status]++
	}
	return counts
}

// counted says how many refreshes ended how: "3 of 5 refreshes succeeded, 1 failed, 1 skipped".
func counted(refreshes []progress.Refresh) string {
	counts := tally(refreshes)
	var text strings.Builder
	text.WriteString(fmt.Sprintf("%d of %s succeeded", counts[progress.StatusSuccess], number(len(refreshes), "refresh")))
	for _, s := range order()[1:] {
		if counts[s] > 0 {
			text.WriteString(fmt.Sprintf(", %d %s", counts[s], state(s)))
		}
	}
	return text.String()
}

// freshAfter is the time from the end of the dbt run to the end of the last refresh; 0 unless all of them succeeded. What was
// left to a refresh of somebody else may be old, and so may what reads it.
func freshAfter(res progress.Result) time.Duration {
	var last time.Time
	for _, r := range res.Refreshes {
		if r.Skip == progress.SkipConflict || r.Status != progress.StatusSuccess && r.Status != progress.StatusSkipped {
			return 0
		}
		if r.Status == progress.StatusSuccess && r.Ended.After(last) {
			last = r.Ended
		}
	}
	if last.IsZero() || res.Run.Finished.IsZero() {
		return 0
	}
	return max(0, last.Sub(res.Run.Finished))
}

// reason is the cause of a failed run in dbt's words, or the error's when it says more than that the run failed.
func reason(res progress.Result) string {
	run, ok := errors.AsType[*progress.RunError](res.Err)
	if !ok || run.Error() != res.Err.Error() {
		return strings.Join(sanitize.ErrorTexts(res.Err), "; ")
	}
	if run.RetryRefusal != "" {
		return strings.Trim(cause(res)+"; dbt can't retry it: "+run.RetryRefusal, "; ")
	}
	return cause(res)
}

// cause is what dbt says went wrong.
func cause(res progress.Result) string {
	if len(res.Failures) > 0 {
		return failureText(likeliest(res.Failures))
	}
	if s := failedStep(res.Run); s != nil {
		return cmp.Or(said(s.Log), res.Run.Message)
	}
	return res.Run.Message
}

// likeliest is the failure to begin with: a test mostly fails because of what it tests.
func likeliest(failures []progress.Failure) progress.Failure {
	for _, f := range failures {
		if f.Type != "test" && f.Type != "unit_test" {
			return f
		}
	}
	return failures[0]
}

// failureText says what failed and why: "model orders: Database Error in model orders ...".
func failureText(f progress.Failure) string {
	return strings.TrimSuffix(fmt.Sprintf("%s %s: %s", f.Type, sanitize.Truncate(f.Name, nameLimit), cmp.Or(notes(f.Message), f.Status)), ".")
}

// heading matches how dbt begins to tell what failed: "Database Error in model orders", "Failure in test unique".
var heading = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:\w+ )?(?:Error|Failure) in `) })

// stamp is the time in front of a line of dbt's log.
var stamp = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\d\d:\d\d:\d\d\s+`) })

// said finds the first error that a step's log tells, with the line that explains it; "" when there is none.
func said(log string) string {
	lines := sanitize.Tail(log, progress.LogTail, errorLimit)
	for i, line := range lines {
		lines[i] = strings.TrimSpace(stamp().ReplaceAllString(strings.TrimSpace(line), ""))
	}
	i := slices.IndexFunc(lines, heading().MatchString)
	if i < 0 {
		return ""
	}
	return strings.Join(lines[i:min(i+2, len(lines))], ": ")
}

// failedStep is the first step of the run that failed, nil when dbt names none.
func failedStep(run progress.Run) *progress.RunStep {
	for i, s := range run.Steps {
		if s.Status == progress.RunStatusError {
			return &run.Steps[i]
		}
	}
	return nil
}

// item is one thing that went wrong.
type item struct{ title, text string }

// items lists what went wrong one by one, where there is more to say than the message says.
func items(res progress.Result) []item {
	var all []item
	if len(sanitize.ErrorTexts(res.Err)) > 1 {
		for _, text := range sanitize.ErrorTexts(res.Err) {
			all = append(all, item{title(res), text})
		}
	}
	for _, f := range res.Failures {
		all = append(all, item{"dbt " + f.Type + " failed: " + sanitize.Truncate(f.Name, nameLimit), sanitize.Truncate(strings.TrimSuffix(cmp.Or(notes(f.Message), f.Status), "."), errorLimit) + ". The run: " + res.Run.URL})
	}
	if s := failedStep(res.Run); s != nil && res.Run.Status == progress.RunStatusError && len(res.Failures) == 0 {
		all = append(all, item{
			fmt.Sprintf("dbt step %d failed", s.Index),
			fmt.Sprintf("step %d of dbt run %d, %s, failed: %s. The end of its log is in the job summary, the whole at %s",
				s.Index, res.Run.ID, sanitize.Truncate(stepName(*s), nameLimit), sanitize.Truncate(cmp.Or(said(s.Log), res.Run.Message, "dbt does not say why"), errorLimit), res.Run.URL),
		})
	}
	for _, r := range res.Refreshes {
		if wrong(r) {
			all = append(all, item{"Tableau refresh " + state(r.Status) + ": " + sanitize.Truncate(name(r), nameLimit/2), refreshText(r)})
		}
	}
	return all
}

// refreshText says all about a refresh that did not succeed.
func refreshText(r progress.Refresh) string {
	text := label(r) + ": " + state(r.Status)
	if r.Error != "" {
		text += ": " + strings.TrimRight(sanitize.Truncate(notes(r.Error), errorLimit), ". \n")
	}
	if r.URL != "" {
		text += ". Look at it in Tableau: " + r.URL
	}
	if r.JobID != "" {
		text += ", job " + r.JobID
	}
	return text
}
