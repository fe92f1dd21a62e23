package report

import (
	"fmt"

	"dbt-tableau-refresh/internal/sanitize"
)

// Cleanup is what the post step found and did about a dbt run that the main step left behind.
type Cleanup struct {
	// RunID is 0 if no run was found.
	RunID int64
	URL   string
	// Status is the status of the run as last seen; "" if not known.
	Status string
	// Cancelled is true if dbt accepted the request to cancel the run.
	Cancelled bool
	// Err is why the search for the run, or its cancellation, failed.
	Err error
}

// Post reports a Cleanup in the log and the job summary. Call it only if the main step possibly left a run behind.
func (r *Report) Post(c Cleanup) {
	c = sanitize.RedactAll(r.log.clean, c)
	text, icon := postText(c)
	if c.Err != nil {
		r.log.annotateWarning(text)
	} else {
		r.log.event("%s", text)
	}
	if c.RunID == 0 && c.Err == nil {
		return
	}
	markdown := "### " + icon + " Left behind by the step\n\n" + r.log.clean.Markdown(text, lineLimit)
	if url := r.log.clean.URL(c.URL); url != "" {
		markdown += fmt.Sprintf(" ([run %d](%s))", c.RunID, url)
	}
	r.summary.add(markdown + "\n")
}

func postText(c Cleanup) (text, icon string) {
	run := fmt.Sprintf("dbt run %d", c.RunID)
	switch {
	case c.Err != nil && c.RunID == 0:
		return fmt.Sprintf("failed to find out whether a dbt run was left behind: %v. Look at the job's runs in dbt and cancel what should not run.", c.Err), "⚠️"
	case c.Err != nil:
		return fmt.Sprintf("%s may still be going: %v. Cancel it in dbt: %s", run, c.Err, c.URL), "⚠️"
	case c.RunID == 0:
		return "no dbt run was left behind", "✅"
	case c.Cancelled:
		return run + " was cancelled here: the step that started it could not do so itself", "🛑"
	}
	return fmt.Sprintf("%s needed no cancelling: it is %s", run, c.Status), "✅"
}
