package report

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

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
		return cmp.Or(s.Error, res.Run.Message)
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
