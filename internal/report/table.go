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
	maxTableBytes = 500 << 10 // leaves space in the summary for everything else
	maxOpenRows   = 50        // fit on two screens; longer tables are collapsed
)

// table returns a Markdown table of at most maxListed rows, and of about limit bytes. A noun names the rows that are omitted.
func table[T any](header string, rows []T, limit int, noun string, format func(T) string) string {
	var b strings.Builder
	b.WriteString(header)
	for i, row := range rows {
		if i == maxListed || b.Len() > limit {
			b.WriteString(notShown(len(rows)-i, noun))
			break
		}
		b.WriteString(format(row))
	}
	return b.String()
}

func notShown(n int, noun string) string {
	verb := "are"
	if n == 1 {
		verb = "is"
	}
	return fmt.Sprintf("\n_%s %s not shown._\n", progress.Count(n, "more "+noun), verb)
}

// details collapses text below a title without text from outside, in which Markdown is not rendered.
func details(title, text string) string {
	return "<details><summary>" + title + "</summary>\n\n" + text + "\n</details>"
}

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
	slices.SortStableFunc(refreshes, func(a, b progress.Refresh) int { return cmp.Compare(failureRank(a.Status), failureRank(b.Status)) })
	accepted := slices.ContainsFunc(refreshes, func(r progress.Refresh) bool { return !r.Accepted.IsZero() })
	header, times := "| | Tableau content | Type | Project | Result |", func(progress.Refresh) string { return "" }
	columns := "|---|---|---|---|---|"
	if accepted {
		header, columns, times = header+" Queued | Ran |", columns+"--:|--:|", p.timeCells
	}
	text := table(header+"\n"+columns+"\n", refreshes, maxTableBytes, "refresh", func(r progress.Refresh) string {
		status := r.Status
		if r.Skip != "" {
			status = progress.StatusSkipped
		}
		return fmt.Sprintf("| %s | %s | %s | %s | %s |%s\n", icon(status), p.clean.Link(refreshName(r), nameLimit, r.URL),
			typeCell(r.Type), p.clean.Markdown(r.Project, nameLimit), p.refreshResult(r), times(r))
	})
	switch title := progress.Count(len(refreshes), "Tableau refresh"); {
	case !accepted && !p.res.Outcome.OK():
		return details(title+", not started", text)
	case len(refreshes) > maxOpenRows:
		return details(title, text)
	}
	return text
}

func (p page) refreshResult(r progress.Refresh) string {
	isPlan := p.res.Outcome == progress.OutcomeChecked
	text := statusText(r.Status)
	switch {
	case isPlan && r.Skip != "":
		return p.clean.Markdown(skipText(r), 2*nameLimit)
	case isPlan:
		text = "will be refreshed"
	case (r.Status == progress.StatusSkipped || r.Skip != "") && r.Error != "":
		return text + ": " + p.clean.Markdown(readable(r.Error), nameLimit)
	}
	if r.Status == progress.StatusNotStarted && r.Skip == "" && r.WaitsFor != "" {
		text += ", after " + p.clean.Markdown(r.WaitsFor, nameLimit)
	}
	return text
}

func (p page) timeCells(r progress.Refresh) string {
	queued, ran := "", ""
	if !r.Accepted.IsZero() {
		queued = formatDuration(r.Queued(p.res.End))
	}
	if !r.Running.IsZero() {
		ran = formatDuration(r.Ran(p.res.End))
	}
	return fmt.Sprintf(" %s | %s |", queued, ran)
}

func icon[S ~string](status S) string {
	return cmp.Or(map[string]string{
		"success": "✅", "error": "❌", "failed": "❌", "unknown": "❌", "cancelled": "🛑", "timed-out": "⏱️", "started": "⏳", "running": "⏳",
		"skipped": "⏭️",
	}[string(status)], "⚪")
}

// stepTable returns the steps of the run, collapsed, because only few readers need them.
func (p page) stepTable() string {
	steps := p.res.Run.Steps
	if len(steps) == 0 {
		return ""
	}
	text := table("| | # | Step | Result | Time |\n|---|--:|---|---|--:|\n", steps, summaryLimit, "step", p.stepRow)
	return details(progress.Count(len(steps), "dbt step"), text)
}

func (p page) stepRow(s progress.RunStep) string {
	duration := ""
	if !s.Started.IsZero() {
		duration = formatDuration(elapsed(s.Started, s.Finished, p.res.End))
	}
	return fmt.Sprintf("| %s | %d | %s | %s | %s |\n", icon(s.Status), s.Index, p.clean.Code(stepName(s), nameLimit),
		p.clean.Markdown(string(s.Status), nameLimit), duration)
}

// nodeTable lists nodes of the dbt project, with the message of the database. A long table is collapsed.
func (p page) nodeTable(mark, heading string, nodes []progress.Failure) string {
	if len(nodes) == 0 {
		return ""
	}
	header := "| | " + heading + " | Type | Why |\n|---|---|---|---|\n"
	text := table(header, nodes, maxTableBytes/4, "node", func(f progress.Failure) string {
		return fmt.Sprintf("| %s | %s | %s | %s |\n", mark, p.clean.Code(f.Name, nameLimit),
			p.clean.Markdown(strings.ReplaceAll(f.Type, "_", " "), nameLimit), p.clean.Markdown(failureMessage(f), errorLimit))
	})
	if len(nodes) > maxOpenRows {
		return details(fmt.Sprintf("%s: %s", heading, progress.Count(len(nodes), "node")), text)
	}
	return text
}

// failedLog returns the end of the log of the failed step, collapsed if the failed nodes are listed.
func (p page) failedLog() string {
	s := failedStep(p.res.Run)
	if s == nil || s.Log == "" {
		return ""
	}
	lines := p.clean.Tail(s.Log, progress.LogTail, errorLimit)
	title := fmt.Sprintf("Last %s of step %d", progress.Count(len(lines), "log line"), s.Index)
	text := details(title, sanitize.CodeBlock(lines))
	if len(p.res.Failures) == 0 {
		return strings.Replace(text, "<details>", "<details open>", 1)
	}
	return text
}
