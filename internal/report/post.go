package report

import (
	"fmt"

	"dbt-tableau-refresh/internal/sanitize"
)

// Cleanup is what the post step found and did about a run that the main step left behind.
type Cleanup struct {
	// RunID is 0 when no run was found.
	RunID int64
	URL   string
	// Status is the run's status as last seen, "" when not known.
	Status string
	// Cancelled is true when dbt took the request to cancel the run.
	Cancelled bool
	// Err says why the run could not be looked for or cancelled.
	Err error
}

// Post reports what became of a run that the main step left behind. Call it only if there was one to look for.
func (r *Report) Post(c Cleanup) {
	c = sanitize.RedactAll(r.log.clean, c)
	text, icon := postText(c)
	if c.Err != nil {
		r.log.warn(text)
	} else {
		r.log.event("%s", text)
	}
	if c.RunID == 0 && c.Err == nil {
		return
	}
	md := "### " + icon + " Left behind by the step\n\n" + r.log.clean.Markdown(text, lineLimit)
	if to := r.log.clean.URL(c.URL); to != "" {
		md += fmt.Sprintf(" ([run %d](%s))", c.RunID, to)
	}
	r.warnOnce("the job summary", r.summarise(md+"\n"))
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
