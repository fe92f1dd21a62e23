package report

import (
	"errors"
	"fmt"
	"strings"

	"dbt-tableau-refresh/internal/progress"
)

// outcomeTitle returns the title of the annotation that summarizes the step.
func outcomeTitle(res progress.Result) string {
	switch res.Outcome {
	case progress.OutcomeDBTFailed:
		return "dbt run failed"
	case progress.OutcomeDBTCancelled:
		return "dbt run was cancelled"
	case progress.OutcomeRefreshFailed:
		return "Tableau refresh failed"
	case progress.OutcomeTimedOut:
		return "Out of time"
	case progress.OutcomeCancelled:
		return "Cancelled"
	case progress.OutcomeInvalidInput:
		return "Mistakes in the inputs"
	case progress.OutcomePreflightFailed:
		return "Preflight failed"
	}
	return "Error"
}

// advice returns what to do about an outcome that is not OK. It contains no text from outside.
func advice(res progress.Result) string {
	switch res.Outcome {
	case progress.OutcomeDBTFailed:
		if res.Run.ID == 0 {
			return "Fix what failed in dbt, then run this job again." + staleDataText(res)
		}
		return "Look at the failed step, fix it, and run this again." + staleDataText(res)
	case progress.OutcomeDBTCancelled:
		return "Somebody cancelled the run in dbt: find out why, then run this again." + staleDataText(res)
	case progress.OutcomeRefreshFailed:
		return "Fix what Tableau names for each item." + refreshAgainText(res)
	case progress.OutcomeInvalidInput:
		return "Correct the `with:` block of this step. No request was made."
	case progress.OutcomePreflightFailed:
		return "Correct what is named here, and run this again."
	case progress.OutcomeTimedOut:
		return "Raise the limit" + limitName(res.Err) + ", or find out what took so long." + leftoverText(res)
	case progress.OutcomeCancelled:
		return "Run this again when ready." + leftoverText(res)
	}
	if res.Leftover.StartUnknown() {
		return strings.TrimSpace(leftoverText(res))
	}
	return "Look at the error; if it does not tell enough, run this again with debug logging." + leftoverText(res)
}

func limitName(err error) string {
	if limit, ok := errors.AsType[*progress.LimitError](err); ok {
		return " `" + limit.Input + "`"
	}
	return ""
}

// staleDataText returns what users of Tableau see until the next refresh.
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
		return fmt.Sprintf(" Re-run the failed jobs: dbt will not run again within `dbt-max-age` (%s).", progress.ShortDuration(res.ResumableFor))
	}
	return fmt.Sprintf(" With `dbt-run-id: %d` this step refreshes without running dbt again.", res.Run.ID)
}

// leftoverText returns what is possibly in progress after the step, and what to do about it.
func leftoverText(res progress.Result) string {
	switch res.Leftover {
	case progress.LeftoverUnknownStartForPost:
		return " A dbt run may have been started: the post step of this job looks for it, and cancels it."
	case progress.LeftoverUnknownStart:
		return " A dbt run may have been started: look at the job's runs before starting another."
	case progress.LeftoverRunForPost:
		return " The dbt run may still be going: the post step of this job cancels it."
	case progress.LeftoverRunContinues:
		return fmt.Sprintf(" dbt run %d was left as it is: look at it before starting another.", res.Run.ID)
	}
	if countByStatus(res.Refreshes)[progress.StatusStarted] > 0 {
		return " Refreshes that Tableau has accepted run on." + refreshAgainText(res)
	}
	return refreshAgainText(res)
}
