package report

import (
	"fmt"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// listed is how many targets the log names one by one.
const listed = 500

func (r *Report) job(job progress.Job) {
	r.run.usual = job.MedianDuration
	text := fmt.Sprintf("dbt job %s (%d)", quote(job.Name), job.ID)
	if job.AccountName != "" {
		text += " in account " + sanitize.Truncate(job.AccountName, nameLimit)
	}
	if len(job.Steps) > 0 {
		text += " · " + number(len(job.Steps), "step")
	}
	if job.MedianDuration > 0 {
		text += " · usually " + words(job.MedianDuration)
	}
	r.log.line("%s", text)
}

func (r *Report) site(e progress.TableauReady) {
	r.out.ready(e.Refreshes)
	r.log.line("%s · %s", siteText(e.Site), orNothing(kinds(e.Refreshes)))
	if len(e.Refreshes) > 0 {
		r.log.group("what is refreshed once dbt has succeeded", r.plan(e.Refreshes))
	}
	r.warnOnce("the outputs", r.out.early())
}

func orNothing(text string) string {
	if text == "" {
		return "nothing to refresh yet"
	}
	return text
}

// siteText is one line about the Tableau site: "Tableau 2025.3.0 (REST API 3.27) · site MarketingTeam".
func siteText(s progress.Site) string {
	site := "site " + sanitize.Truncate(s.ContentURL, nameLimit)
	if s.ContentURL == "" {
		site = "the Default site"
	}
	if s.Product == "" {
		return "Tableau · " + site // it has not told
	}
	return fmt.Sprintf("Tableau %s (REST API %s) · %s", s.Product, s.API, site)
}

// plan lists the targets in columns.
func (r *Report) plan(refreshes []progress.Refresh) []string {
	var lines []string
	for i, target := range refreshes {
		if i == listed {
			lines = append(lines, fmt.Sprintf("and %d more", len(refreshes)-listed))
			break
		}
		name := sanitize.Truncate(target.Name, nameLimit)
		if target.Project != "" {
			name = sanitize.Truncate(target.Project, nameLimit) + "/" + name
		}
		line := fmt.Sprintf("%-11s  %s", kind(target.Type), r.log.clean.Line(name, lineLimit))
		if target.Error != "" {
			line += ": " + r.log.clean.Line(notes(target.Error), errorLimit)
		}
		lines = append(lines, line)
	}
	return lines
}
