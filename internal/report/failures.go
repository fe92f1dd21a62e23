package report

import (
	"fmt"
	"strings"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// maxFailures is how many failures, or warnings, the summary lists in full.
const maxFailures = 20

// failures lists why the step failed.
func (p page) failures() string {
	if p.res.Outcome.OK() {
		return ""
	}
	items := p.causes()
	for _, r := range p.res.Refreshes {
		if needsReport(r) {
			items = append(items, p.refreshFailure(r))
		}
	}
	if len(items) > maxFailures {
		items = append(items[:maxFailures], "and more, see the table and the log")
	}
	return bulletList(items)
}

// causes returns, as Markdown, the failed step of the run and its error, or the errors of the step.
func (p page) causes() []string {
	var items []string
	switch p.res.Outcome {
	case progress.OutcomeRefreshFailed:
	case progress.OutcomeDBTFailed, progress.OutcomeDBTCancelled:
		if s := failedStep(p.res.Run); s != nil {
			items = append(items, fmt.Sprintf("**Step %d**, %s, failed after %s", s.Index, p.clean.Code(stepName(*s), nameLimit), formatDuration(elapsed(s.Started, s.Finished, p.res.End))))
		}
		if text := errorText(p.res); text != "" && len(p.res.Failures) == 0 {
			items = append(items, p.clean.Markdown(text, errorLimit))
		}
	default:
		for _, text := range sanitize.ErrorTexts(p.res.Err) {
			items = append(items, p.clean.Markdown(text, errorLimit))
		}
	}
	return items
}

func (p page) refreshFailure(r progress.Refresh) string {
	text := fmt.Sprintf("**%s** (%s", p.clean.Markdown(refreshName(r), nameLimit), r.Type.Noun())
	if r.Project != "" {
		text += ", " + p.clean.Markdown(r.Project, nameLimit)
	}
	text += ") " + statusText(r.Status)
	if r.Error != "" {
		text += ": " + p.clean.Markdown(unescapeLineBreaks(r.Error), errorLimit)
	}
	return text
}

// nodeTable lists nodes of the dbt project, with the message of the database. A long table is collapsed.
func (p page) nodeTable(heading string, nodes []progress.Failure) string {
	if len(nodes) == 0 {
		return ""
	}
	text := table("| | "+heading+" | Type | Why |\n|---|---|---|---|\n", nodes, maxTableBytes/4, "node", p.nodeRow)
	if len(nodes) > maxOpenRows {
		return details(fmt.Sprintf("%s: %s", heading, pluralize(len(nodes), "node")), text)
	}
	return text
}

func (p page) nodeRow(f progress.Failure) string {
	icon := "❌"
	if f.Status == "warn" {
		icon = "⚠️"
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", icon, p.clean.Code(f.Name, nameLimit),
		p.clean.Markdown(strings.ReplaceAll(f.Type, "_", " "), nameLimit), p.clean.Markdown(failureMessage(f), errorLimit))
}

// failedLog returns the end of the log of the failed step, collapsed if the failed nodes are listed.
func (p page) failedLog() string {
	s := failedStep(p.res.Run)
	if s == nil || s.Log == "" {
		return ""
	}
	lines, open := p.clean.Tail(s.Log, progress.LogTail, errorLimit), " open"
	if len(p.res.Failures) > 0 {
		open = ""
	}
	return fmt.Sprintf("<details"+open+"><summary>The last %s of step %d's log</summary>\n\n%s\n</details>", pluralize(len(lines), "line"), s.Index, sanitize.CodeBlock(lines))
}

// remarks lists warnings or notices, which did not change the outcome.
func (p page) remarks(icon string, texts []string) string {
	return bulletList(limitLines(texts, maxFailures, ", see the log", func(text string) string {
		return icon + p.clean.Markdown(text, errorLimit)
	}))
}
