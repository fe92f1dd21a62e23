package report

import (
	"fmt"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// summaryLimit is the size of the summary in bytes. The runner rejects one of more than 1 MiB, and its masks can be
// longer than what they replace.
// See https://github.com/actions/runner/blob/main/src/Runner.Worker/FileCommandManager.cs.
const summaryLimit = 900 << 10

// summaryFile writes GITHUB_STEP_SUMMARY.
type summaryFile struct{ runnerFile }

// add appends Markdown, or logs it outside of a workflow.
func (f *summaryFile) add(markdown string) {
	if f.path == "" {
		f.log.group("job summary", strings.Split(markdown, "\n"))
		return
	}
	if space := max(0, summaryLimit-f.size); len(markdown) > space {
		markdown = strings.ToValidUTF8(markdown[:space], "") + "\n\n_The rest found no room here._\n"
	}
	f.append(markdown)
}

// page renders a result as Markdown: the outcome, what to do, why, and the details.
type page struct {
	clean sanitize.Cleaner
	res   progress.Result
}

func (p page) render() string {
	var b strings.Builder
	for _, part := range []string{
		"## " + p.headline(), p.advice(), p.facts(), p.retries(), p.failures(), p.nodeTable("Failed in dbt", p.res.Failures), p.failedLog(),
		p.timeline(), p.refreshTable(), p.nodeTable("Warned in dbt", p.res.WarnedTests), p.discovery(), p.stepTable(), p.commands(),
		p.remarks("⚠️ ", p.res.Warnings), p.remarks("ℹ️ ", p.res.Notices), p.footer(),
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
		target = fmt.Sprintf(" → %s", pluralize(n, "Tableau refresh"))
	}
	switch p.res.Outcome {
	case progress.OutcomeSuccess:
		return "✅ " + job + target
	case progress.OutcomeStarted:
		if p.res.Site != nil && countByStatus(p.res.Refreshes)[progress.StatusStarted] == 0 { // dbt-wait: false
			return "🚀 " + job + ": started, not waited for → Tableau was not refreshed"
		}
		return "🚀 " + job + target + ": started, not waited for"
	case progress.OutcomeChecked:
		return "☑️ Dry run: " + job + target
	case progress.OutcomeRefreshFailed:
		counts, total := countByStatus(p.res.Refreshes), len(p.res.Refreshes)
		unsuccessful := total - counts[progress.StatusSuccess] - counts[progress.StatusSkipped]
		return fmt.Sprintf("❌ %s → %d of %s did not succeed", job, unsuccessful, pluralize(total, "Tableau refresh"))
	case progress.OutcomeInvalidInput:
		return "❌ Nothing was started: " + pluralize(len(sanitize.ErrorTexts(p.res.Err)), "mistake") + " in the inputs"
	case progress.OutcomePreflightFailed:
		return "❌ " + job + ": " + failedChecks(p.res) + ", nothing was started"
	}
	return outcomeIcon(p.res.Outcome) + " " + job + outcomeText(p.res)
}

// outcomeText returns how the step ended, for the outcomes that are possible at any time.
func outcomeText(res progress.Result) string {
	text := map[progress.Outcome]string{
		progress.OutcomeDBTFailed:    " failed",
		progress.OutcomeDBTCancelled: " was cancelled in dbt",
		progress.OutcomeTimedOut:     " ran out of time",
		progress.OutcomeCancelled:    ": the step was cancelled",
	}[res.Outcome]
	if text == "" {
		text = " ended in an error"
	}
	if res.Site != nil && (!res.Run.Known() || res.Run.Status != progress.RunStatusSuccess) {
		text += " → Tableau was not refreshed"
	}
	return text
}

func outcomeIcon(o progress.Outcome) string {
	switch o {
	case progress.OutcomeCancelled, progress.OutcomeDBTCancelled:
		return "🛑"
	case progress.OutcomeTimedOut:
		return "⏱️"
	}
	return "❌"
}

func (p page) advice() string {
	if p.res.Outcome.OK() {
		return ""
	}
	return "**What to do:** " + advice(p.res)
}

// facts returns one line about the run, its commit, and the refreshes.
func (p page) facts() string {
	var facts []string
	run := p.res.Run
	if len(run.Commands) > 0 && run.Status != "" {
		facts = append(facts, "dbt "+finalStatusText(run.Status)+builtText(p.res.Built))
	}
	if run.ID != 0 {
		facts = append(facts, "dbt run "+p.clean.Link(fmt.Sprint(run.ID), nameLimit, run.URL)+" "+p.runStatus()+builtText(p.res.Built))
	}
	if run.GitSHA != "" {
		commit := "commit " + p.clean.Code(fmt.Sprintf("%.7s", run.GitSHA), nameLimit)
		if run.Branch != "" {
			commit += " of " + p.clean.Code(run.Branch, nameLimit)
		}
		facts = append(facts, commit)
	}
	if len(p.res.Refreshes) > 0 && p.res.Run.Status == progress.RunStatusSuccess && p.res.Outcome != progress.OutcomeChecked {
		facts = append(facts, statusCounts(p.res.Refreshes))
	}
	if d := freshnessDelay(p.res); d > 0 {
		facts = append(facts, "data was fresh in Tableau **"+formatDuration(d)+"** after dbt finished")
	}
	if p.res.Plan != "" {
		facts = append(facts, p.clean.Markdown(p.res.Plan, noteLimit))
	}
	if p.res.Outcome == progress.OutcomeSuccess && p.res.Site == nil {
		facts = append(facts, "Tableau was no part of this step")
	}
	return strings.Join(facts, " · ")
}

// commands lists what dbt left in an earlier step.
func (p page) commands() string {
	lines := commandLines(p.res.Run.Commands, p.res.Began)
	for i, line := range lines {
		lines[i] = p.clean.Markdown(line, lineLimit)
	}
	return bulletList(lines)
}

// retries lists the failed runs that were retried.
func (p page) retries() string {
	var items []string
	for i, run := range p.res.Retried {
		next := p.res.Run
		if i+1 < len(p.res.Retried) {
			next = p.res.Retried[i+1]
		}
		items = append(items, fmt.Sprintf("dbt run %s failed after **%s** and was taken up again by run %s",
			p.clean.Link(fmt.Sprint(run.ID), nameLimit, run.URL), formatDuration(elapsed(run.Started, run.Finished, p.res.End)), p.clean.Link(fmt.Sprint(next.ID), nameLimit, next.URL)))
	}
	return bulletList(items)
}

// runStatus returns the status of the run and its times.
func (p page) runStatus() string {
	run := p.res.Run
	text := "is " + p.clean.Markdown(string(run.Status), nameLimit)
	if run.Ended() {
		text = p.clean.Markdown(finalStatusText(run.Status), nameLimit)
	}
	var times []string
	if d := elapsed(run.Started, run.Finished, p.res.End); d > 0 {
		text += " after **" + formatDuration(d) + "**"
		if p.res.Job.MedianDuration > 0 {
			times = append(times, "usually "+formatDuration(p.res.Job.MedianDuration))
		}
	}
	if d := queueDuration(run); d >= time.Second {
		times = append(times, "queued "+formatDuration(d))
	}
	if len(times) > 0 {
		text += " (" + strings.Join(times, ", ") + ")"
	}
	return text
}

// builtText returns what dbt built: ", 118 models, 412 tests".
func builtText(built []progress.Built) string {
	var text strings.Builder
	for _, b := range built {
		text.WriteString(", " + pluralize(b.Nodes, strings.ReplaceAll(b.Type, "_", " ")))
	}
	return text.String()
}

// footer returns the site, the job, and the times of the step.
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
	facts = append(facts, p.res.Began.UTC().Format(time.DateTime)+" to "+p.res.End.UTC().Format(time.TimeOnly)+" UTC ("+formatDuration(p.res.End.Sub(p.res.Began))+")")
	return "<sub>" + strings.Join(facts, " · ") + "</sub>"
}
