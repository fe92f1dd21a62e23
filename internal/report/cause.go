package report

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// errorText returns why the step failed. For a run that did not succeed, that is what dbt returned, unless the error contains
// more than the run.
func errorText(res progress.Result) string {
	run, ok := errors.AsType[*progress.RunError](res.Err)
	if !ok || run.Error() != res.Err.Error() {
		return strings.Join(sanitize.ErrorTexts(res.Err), "; ")
	}
	if run.RetryRefusal != "" {
		return strings.Trim(runFailure(res)+"; dbt can't retry it: "+run.RetryRefusal, "; ")
	}
	return runFailure(res)
}

// runFailure returns why the run did not succeed, as far as dbt returned it.
func runFailure(res progress.Result) string {
	if len(res.Failures) > 0 {
		return failureText(likelyCause(res.Failures))
	}
	if s := failedStep(res.Run); s != nil {
		return cmp.Or(firstError(s.Log), res.Run.Message)
	}
	return res.Run.Message
}

// likelyCause returns the first failure that is not a test, because tests usually fail as a consequence.
func likelyCause(failures []progress.Failure) progress.Failure {
	for _, f := range failures {
		if f.Type != "test" && f.Type != "unit_test" {
			return f
		}
	}
	return failures[0]
}

// failureText returns what failed, and why: "model orders: Database Error in model orders ...".
func failureText(f progress.Failure) string {
	return strings.TrimSuffix(fmt.Sprintf("%s %s: %s", f.Type, sanitize.Truncate(f.Name, nameLimit), failureMessage(f)), ".")
}

func failureMessage(f progress.Failure) string {
	return cmp.Or(unescapeLineBreaks(f.Message), f.Status)
}

// errorHeading matches how an error starts in dbt's log: "Database Error in model orders", "Failure in test unique".
var errorHeading = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:\w+ )?(?:Error|Failure) in `) })

// logTimestamp matches the time at the start of a line of dbt's log.
var logTimestamp = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\d\d:\d\d:\d\d\s+`) })

// firstError returns the first error in the log of a step, with the line that explains it; "" if there is none.
func firstError(log string) string {
	lines := sanitize.Tail(log, progress.LogTail, errorLimit)
	for i, line := range lines {
		lines[i] = strings.TrimSpace(logTimestamp().ReplaceAllString(strings.TrimSpace(line), ""))
	}
	i := slices.IndexFunc(lines, errorHeading().MatchString)
	if i < 0 {
		return ""
	}
	return strings.Join(lines[i:min(i+2, len(lines))], ": ")
}
