package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

const (
	// maxTableBytes leaves space in the summary for everything else.
	maxTableBytes = 500 << 10
	// maxOpenRows is how many rows fit on two screens. Longer tables are collapsed.
	maxOpenRows = 50
)

// table returns a Markdown table of at most maxListed rows, and of about limit bytes. A noun names the rows that are omitted.
func table[T any](header string, rows []T, limit int, noun string, format func(T) string) string {
	var b strings.Builder
	b.WriteString(header)
	for i, row := range rows {
		if i == maxListed || b.Len() > limit {
			fmt.Fprintf(&b, "\n_%s more found no room here._\n", pluralize(len(rows)-i, noun))
			break
		}
		b.WriteString(format(row))
	}
	return b.String()
}

// details collapses text below a title without text from outside, in which Markdown is not rendered.
func details(title, text string) string {
	return "<details><summary>" + title + "</summary>\n\n" + text + "\n</details>"
}

// bulletList returns items, which are Markdown, as a list; "" for none.
func bulletList(items []string) string {
	if len(items) == 0 {
		return ""
	}
	return "- " + strings.Join(items, "\n- ")
}

func typeCell(t content.Type) string { return strings.ReplaceAll(t.Noun(), " ", "&nbsp;") }

// refreshTable lists the refreshes, those that failed first, so that no limit omits them.
func (p page) refreshTable() string {
	if len(p.res.Refreshes) == 0 {
		return ""
	}
	refreshes := slices.Clone(p.res.Refreshes)
	slices.SortStableFunc(refreshes, func(a, b progress.Refresh) int { return cmp.Compare(failedFirst(a), failedFirst(b)) })
	accepted := slices.ContainsFunc(refreshes, func(r progress.Refresh) bool { return !r.Accepted.IsZero() })
	header, format := "| | Tableau content | Type | Project | Result |\n|---|---|---|---|---|\n", p.refreshRow
	if accepted {
		header, format = "| | Tableau content | Type | Project | Result | Queued | Ran | Job |\n|---|---|---|---|---|--:|--:|---|\n", p.timedRefreshRow
	}
	text := table(header, refreshes, maxTableBytes, "refresh", format)
	switch title := pluralize(len(refreshes), "Tableau refresh"); {
	case !accepted && !p.res.Outcome.OK():
		return details(title+", not started", text)
	case len(refreshes) > maxOpenRows:
		return details(title, text)
	}
	return text
}

// failedFirst returns the rank of a refresh in the table.
func failedFirst(r progress.Refresh) int {
	if failed(r.Status) {
		return 0
	}
	return 1
}

func (p page) refreshRow(r progress.Refresh) string {
	result := statusText(r.Status)
	if (r.Status == progress.StatusSkipped || r.Skip != "") && r.Error != "" {
		result += ": " + p.clean.Markdown(unescapeLineBreaks(r.Error), nameLimit)
	}
	if r.Status == progress.StatusNotStarted && r.Skip == "" && r.WaitsFor != "" {
		result += ", waits for " + p.clean.Markdown(r.WaitsFor, nameLimit)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", statusIcon(r.Status), p.clean.Link(refreshName(r), nameLimit, r.URL),
		typeCell(r.Type), p.clean.Markdown(r.Project, nameLimit), result)
}

// timedRefreshRow returns refreshRow with the times and the job of the refresh.
func (p page) timedRefreshRow(r progress.Refresh) string {
	queued, ran, job := "", "", ""
	if !r.Accepted.IsZero() {
		queued = formatDuration(r.Queued(p.res.End))
	}
	if !r.Running.IsZero() {
		ran = formatDuration(r.Ran(p.res.End))
	}
	if r.JobID != "" {
		job = p.clean.Code(sanitize.Truncate(r.JobID, 9), nameLimit)
	}
	return strings.TrimSuffix(p.refreshRow(r), "\n") + fmt.Sprintf(" %s | %s | %s |\n", queued, ran, job)
}

func statusIcon(s progress.Status) string {
	switch s {
	case progress.StatusSuccess:
		return "✅"
	case progress.StatusFailed, progress.StatusUnknown:
		return "❌"
	case progress.StatusCancelled:
		return "🛑"
	case progress.StatusTimedOut:
		return "⏱️"
	case progress.StatusStarted:
		return "⏳"
	case progress.StatusSkipped:
		return "⏭️"
	}
	return "⚪"
}

// stepTable returns the steps of the run, collapsed, because only few readers need them.
func (p page) stepTable() string {
	steps := p.res.Run.Steps
	if len(steps) == 0 {
		return ""
	}
	text := table("| | # | Step | Result | Time |\n|---|--:|---|---|--:|\n", steps[:min(len(steps), maxListed)], summaryLimit, "step", p.stepRow)
	return details(pluralize(len(steps), "step")+" in dbt", text)
}

func (p page) stepRow(s progress.RunStep) string {
	duration, icon := "", "⚪"
	if !s.Started.IsZero() {
		duration, icon = formatDuration(elapsed(s.Started, s.Finished, p.res.End)), "⏳"
	}
	switch s.Status {
	case progress.RunStatusSuccess:
		icon = "✅"
	case progress.RunStatusError:
		icon = "❌"
	case progress.RunStatusCancelled:
		icon = "🛑"
	}
	return fmt.Sprintf("| %s | %d | %s | %s | %s |\n", icon, s.Index, p.clean.Code(stepName(s), nameLimit), p.clean.Markdown(string(s.Status), nameLimit), duration)
}
