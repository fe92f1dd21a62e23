package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

const (
	// summaryLimit is the size of the summary in bytes. The runner rejects one of more than 1 MiB, and its masks can be
	// longer than what they replace.
	// See https://github.com/actions/runner/blob/main/src/Runner.Worker/FileCommandManager.cs.
	summaryLimit = 900 << 10
	maxCauses    = 20 // or warnings
)

// addSummary appends Markdown to the job summary, or logs it outside of a workflow.
func (r *Report) addSummary(markdown string) {
	f := &r.summary
	if f.path == "" {
		r.log.group("job summary", strings.Split(markdown, "\n"))
		return
	}
	if space := max(0, summaryLimit-f.size); len(markdown) > space {
		markdown = strings.ToValidUTF8(markdown[:space], "") + "\n\n_The rest is not shown._\n"
	}
	f.append(markdown)
}

// page renders a result as Markdown: the outcome, what to do, why, and the details.
type page struct {
	clean sanitize.Cleaner
	res   progress.Result
}

func (p page) render() string {
	head := "## " + p.headline()
	if !p.res.Outcome.OK() {
		head += "\n\n**What to do:** " + advice(p.res)
	}
	var b strings.Builder
	for _, part := range []string{
		head, p.dryRun(), p.facts(), p.retries(), p.causes(), p.nodeTable("❌", "Failed in dbt", p.res.Failures), p.failedLog(),
		p.remarks("⚠️ ", p.res.Warnings), p.refreshTable(), p.timeline(), p.nodeTable("⚠️", "Warned in dbt", p.res.WarnedTests),
		p.discovery(), p.stepTable(), p.remarks("", commandLines(p.res.Run.Commands, p.res.Began)),
		p.remarks("ℹ️ ", p.res.Notices), p.footer(),
	} {
		if part != "" {
			b.WriteString(strings.TrimRight(part, "\n") + "\n\n")
		}
	}
	return b.String()
}

func (p page) headline() string {
	job := "dbt"
	if p.res.Job.Name != "" {
		job = p.clean.Markdown(p.res.Job.Name, nameLimit)
	}
	target := ""
	if n := len(withoutSkipped(p.res.Refreshes)); n > 0 {
		target = " → " + progress.Count(n, "Tableau refresh")
	}
	switch p.res.Outcome {
	case progress.OutcomeSuccess:
		return "✅ " + job + target
	case progress.OutcomeStarted:
		if p.res.Site != nil && countByStatus(p.res.Refreshes)[progress.StatusStarted] == 0 { // dbt-wait: false
			return "🚀 " + job + ": started without waiting → Tableau was not refreshed"
		}
		return "🚀 " + job + target + ": started without waiting"
	case progress.OutcomeChecked:
		return "☑️ Dry run: " + job + target
	case progress.OutcomeRefreshFailed:
		counts, total := countByStatus(p.res.Refreshes), len(p.res.Refreshes)
		unsuccessful := total - counts[progress.StatusSuccess] - counts[progress.StatusSkipped]
		return fmt.Sprintf("❌ %s → %d of %s did not succeed", job, unsuccessful, progress.Count(total, "Tableau refresh"))
	case progress.OutcomeInvalidInput:
		return "❌ " + countErrors(p.res, "invalid input") + ", nothing was started"
	case progress.OutcomePreflightFailed:
		text := countErrors(p.res, "check") + " failed, nothing was started"
		if p.res.Job.Name != "" {
			text = job + ": " + text
		}
		return "❌ " + text
	}
	text := cmp.Or(map[progress.Outcome]string{
		progress.OutcomeDBTFailed:    "❌ %s failed",
		progress.OutcomeDBTCancelled: "🛑 %s was canceled in dbt",
		progress.OutcomeTimedOut:     "⏱️ %s timed out",
		progress.OutcomeCancelled:    "🛑 %s: the step was canceled",
	}[p.res.Outcome], "❌ %s: the step ended with an error")
	if p.res.Site != nil && p.res.Run.Status != progress.RunStatusSuccess {
		text += " → Tableau was not refreshed"
	}
	return fmt.Sprintf(text, job)
}

// dryRun returns what a dry run would do, in sentences.
func (p page) dryRun() string {
	if p.res.Outcome != progress.OutcomeChecked {
		return ""
	}
	text := "Checks passed, nothing started."
	if p.res.Plan != "" {
		text += " " + p.clean.Markdown(capitalize(p.res.Plan), noteLimit) + "."
	}
	if p.res.Site != nil {
		text += " Would refresh " + progress.Count(len(withoutSkipped(p.res.Refreshes)), "item") + "."
	}
	return text
}

func (p page) facts() string {
	var facts []string
	run := p.res.Run
	if len(run.Commands) > 0 && run.Status != "" {
		facts = append(facts, "dbt "+finalStatusText(run.Status)+builtText(p.res.Built))
	}
	if run.ID != 0 {
		status := runStatusText(run, p.res.Job.MedianDuration, p.res.End)
		facts = append(facts, p.runLink(run)+" "+p.clean.Markdown(status, nameLimit)+builtText(p.res.Built))
	}
	if run.GitSHA != "" {
		commit := "commit " + p.clean.Code(fmt.Sprintf("%.7s", run.GitSHA), nameLimit)
		if run.Branch != "" {
			commit += " of " + p.clean.Code(run.Branch, nameLimit)
		}
		facts = append(facts, commit)
	}
	if len(p.res.Refreshes) > 0 && run.Status == progress.RunStatusSuccess && p.res.Outcome != progress.OutcomeChecked {
		facts = append(facts, statusCounts(p.res.Refreshes))
	}
	if d := freshnessDelay(p.res); d > 0 {
		facts = append(facts, "data was fresh in Tableau **"+formatDuration(d)+"** after dbt finished")
	}
	if p.res.Outcome == progress.OutcomeSuccess && p.res.Site == nil {
		facts = append(facts, "no Tableau inputs set")
	}
	return strings.Join(facts, " · ")
}

// retries lists the failed runs that were retried.
func (p page) retries() string {
	var items []string
	runs := append(p.res.Retried[:len(p.res.Retried):len(p.res.Retried)], p.res.Run)
	for i, run := range p.res.Retried {
		items = append(items, fmt.Sprintf("%s failed after **%s**, retried by %s",
			p.runLink(run), formatDuration(elapsed(run.Started, run.Finished, p.res.End)), p.runLink(runs[i+1])))
	}
	return bulletList(items)
}

func (p page) runLink(run progress.Run) string {
	return "dbt run " + p.clean.Link(fmt.Sprint(run.ID), nameLimit, run.URL)
}

func builtText(built []progress.Built) string {
	var text strings.Builder
	for _, b := range built {
		text.WriteString(", " + progress.Count(b.Nodes, strings.ReplaceAll(b.Type, "_", " ")))
	}
	return text.String()
}

// causes lists why the step failed.
func (p page) causes() string {
	if p.res.Outcome.OK() {
		return ""
	}
	return bulletList(limitLines(causes(p.res, false), maxCauses, ", in the table and the log", p.causeItem))
}

// causeItem returns a cause, and below it what its selector can be replaced by.
func (p page) causeItem(c cause) string {
	var parts []string
	if c.label != "" {
		parts = append(parts, "**"+p.clean.Markdown(capitalize(c.label), 2*nameLimit)+"**")
	}
	for line := range strings.Lines(capitalize(sanitize.Truncate(c.text, errorLimit))) {
		parts = append(parts, p.clean.Markdown(line, errorLimit))
	}
	if c.jobID != "" {
		parts = append(parts, "Tableau job "+p.clean.Code(c.jobID, nameLimit))
	}
	var text strings.Builder
	text.WriteString(strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), "<br>"))
	for _, candidate := range c.candidates {
		text.WriteString("\n  - " + p.clean.Link(candidate.Path, 2*nameLimit, candidate.URL))
		if candidate.ID != "" {
			text.WriteString(" " + p.clean.Code(candidate.ID, nameLimit))
		}
	}
	return text.String()
}

func (p page) remarks(icon string, texts []string) string {
	return bulletList(limitLines(texts, maxCauses, ", in the log", func(text string) string {
		return icon + p.clean.Markdown(capitalize(text), errorLimit)
	}))
}

func (p page) footer() string {
	var facts []string
	if p.res.Site != nil {
		facts = append(facts, p.clean.Markdown(siteText(*p.res.Site), lineLimit))
	}
	if p.res.Job.ID != 0 {
		job := p.clean.Link(fmt.Sprintf("dbt job %d", p.res.Job.ID), nameLimit, p.res.Job.URL)
		if p.res.Job.AccountName != "" {
			job += " in " + p.clean.Markdown(p.res.Job.AccountName, nameLimit)
		}
		facts = append(facts, job)
	}
	facts = append(facts, fmt.Sprintf("%s to %s UTC (%s)", p.res.Began.UTC().Format(time.DateTime),
		p.res.End.UTC().Format(time.TimeOnly), formatDuration(p.res.End.Sub(p.res.Began))))
	return "<sub>" + strings.Join(facts, " · ") + "</sub>"
}
