package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

const (
	// tableSize leaves room in the summary for everything else.
	tableSize = 500 << 10
	// unfolded is how many rows fit on two screens.
	unfolded = 50
	// shown is how many failures are told in full.
	shown = 20
)

// table lists the refreshes, those that failed first: nobody should have to look for them, and no limit cuts them.
func (p page) table() string {
	if len(p.res.Refreshes) == 0 {
		return ""
	}
	rows := slices.Clone(p.res.Refreshes)
	slices.SortStableFunc(rows, func(a, b progress.Refresh) int { return cmp.Compare(rank(a.Status), rank(b.Status)) })
	var b strings.Builder
	timed := slices.ContainsFunc(rows, func(r progress.Refresh) bool { return !r.Accepted.IsZero() })
	b.WriteString(head(timed))
	for i, r := range rows {
		if i == listed || b.Len() > tableSize {
			fmt.Fprintf(&b, "\n_%s more found no room here._\n", number(len(rows)-i, "refresh"))
			break
		}
		b.WriteString(p.row(r, timed))
	}
	switch all := number(len(rows), "Tableau refresh"); {
	case !timed && !p.res.Outcome.OK():
		return fold(all+", not started", b.String())
	case len(rows) > unfolded:
		return fold(all, b.String())
	}
	return b.String()
}

// fold hides text behind a title that holds nothing from outside: no Markdown is read there.
func fold(title, text string) string {
	return "<details><summary>" + title + "</summary>\n\n" + text + "\n</details>"
}

// head begins the table. Before anything was accepted there are no times to show.
func head(timed bool) string {
	if timed {
		return "| | Tableau content | Type | Project | Result | Queued | Ran | Job |\n|---|---|---|---|---|--:|--:|---|\n"
	}
	return "| | Tableau content | Type | Project | Result |\n|---|---|---|---|---|\n"
}

func rank(s progress.Status) int {
	if bad(s) {
		return 0
	}
	return 1
}

func (p page) row(r progress.Refresh, timed bool) string {
	result := state(r.Status)
	if (r.Status == progress.StatusSkipped || r.Skip != "") && r.Error != "" {
		result += ": " + p.clean.Markdown(notes(r.Error), nameLimit)
	}
	if r.Status == progress.StatusNotStarted && r.Skip == "" && r.WaitsFor != "" {
		result += ", waits for " + p.clean.Markdown(r.WaitsFor, nameLimit)
	}
	row := fmt.Sprintf("| %s | %s | %s | %s | %s |", mark(r.Status), p.clean.Link(name(r), nameLimit, r.URL),
		strings.ReplaceAll(kind(r.Type), " ", "&nbsp;"), p.clean.Markdown(r.Project, nameLimit), result)
	if !timed {
		return row + "\n"
	}
	queued, ran, job := "", "", ""
	if !r.Accepted.IsZero() {
		queued = words(r.Queued(p.res.End))
	}
	if !r.Running.IsZero() {
		ran = words(r.Ran(p.res.End))
	}
	if r.JobID != "" {
		job = p.clean.Code(sanitize.Truncate(r.JobID, 9), nameLimit)
	}
	return row + fmt.Sprintf(" %s | %s | %s |\n", queued, ran, job)
}

func mark(s progress.Status) string {
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

// failures tells what went wrong, one by one.
func (p page) failures() string {
	var lines []string
	for i, text := range p.reasons() {
		if i == shown {
			lines = append(lines, "- and more, see the table and the log")
			break
		}
		lines = append(lines, "- "+text)
	}
	return strings.Join(lines, "\n")
}

// reasons is Markdown.
func (p page) reasons() []string {
	if p.res.Outcome.OK() {
		return nil
	}
	var all []string
	switch p.res.Outcome {
	case progress.OutcomeRefreshFailed:
	case progress.OutcomeDBTFailed, progress.OutcomeDBTCancelled:
		if s := failedStep(p.res.Run); s != nil {
			all = append(all, fmt.Sprintf("**Step %d**, %s, failed after %s", s.Index, p.clean.Code(stepName(*s), nameLimit), words(between(s.Started, s.Finished, p.res.End))))
		}
		if text := reason(p.res); text != "" && len(p.res.Failures) == 0 {
			all = append(all, p.clean.Markdown(text, errorLimit))
		}
	default:
		for _, text := range sanitize.ErrorTexts(p.res.Err) {
			all = append(all, p.clean.Markdown(text, errorLimit))
		}
	}
	for _, r := range p.res.Refreshes {
		if wrong(r) {
			all = append(all, p.refreshReason(r))
		}
	}
	return all
}

func (p page) refreshReason(r progress.Refresh) string {
	text := fmt.Sprintf("**%s** (%s", p.clean.Markdown(name(r), nameLimit), kind(r.Type))
	if r.Project != "" {
		text += ", " + p.clean.Markdown(r.Project, nameLimit)
	}
	text += ") " + state(r.Status)
	if r.Error != "" {
		text += ": " + p.clean.Markdown(notes(r.Error), errorLimit)
	}
	return text
}

// failedLog is the end of the failed step's log, in dbt's own words.
func (p page) failedLog() string {
	s := failedStep(p.res.Run)
	if s == nil || s.Log == "" {
		return ""
	}
	lines, open := p.clean.Tail(s.Log, progress.LogTail, errorLimit), " open"
	if len(p.res.Failures) > 0 {
		open = "" // the nodes say it better
	}
	return fmt.Sprintf("<details"+open+"><summary>The last %s of step %d's log</summary>\n\n%s\n</details>", number(len(lines), "line"), s.Index, sanitize.CodeBlock(lines))
}

// steps folds the steps of the run away: who looks here on success does not need them.
func (p page) steps() string {
	if len(p.res.Run.Steps) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| | # | Step | Result | Time |\n|---|--:|---|---|--:|\n")
	for i, s := range p.res.Run.Steps {
		if i == listed {
			break
		}
		time, icon := "", "⚪"
		if !s.Started.IsZero() {
			time, icon = words(between(s.Started, s.Finished, p.res.End)), "⏳"
		}
		switch s.Status {
		case progress.RunStatusSuccess:
			icon = "✅"
		case progress.RunStatusError:
			icon = "❌"
		case "cancelled":
			icon = "🛑"
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s |\n", icon, s.Index, p.clean.Code(stepName(s), nameLimit), p.clean.Markdown(string(s.Status), nameLimit), time)
	}
	return fold(number(len(p.res.Run.Steps), "step")+" in dbt", b.String())
}

// warnings lists what did not change the outcome.
func (p page) warnings() string {
	var lines []string
	for i, text := range p.res.Warnings {
		if i == shown {
			lines = append(lines, fmt.Sprintf("- and %d more, see the log", len(p.res.Warnings)-shown))
			break
		}
		lines = append(lines, "- ⚠️ "+p.clean.Markdown(text, errorLimit))
	}
	return strings.Join(lines, "\n")
}
