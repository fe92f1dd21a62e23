package report

import (
	"fmt"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

// summaryLimit is the size of the summary in bytes. The runner shows nothing of one over 1 MiB, and masks may lengthen it.
const summaryLimit = 900 << 10

// summarise adds Markdown to the job summary, or prints it outside of a workflow.
func (r *Report) summarise(md string) error {
	if r.summary.path == "" {
		r.log.group("job summary", strings.Split(md, "\n"))
		return nil
	}
	if room := max(0, summaryLimit-r.summary.size); len(md) > room {
		md = strings.ToValidUTF8(md[:room], "") + "\n\n_The rest found no room here._\n"
	}
	return r.summary.append(md)
}

// page renders a result as Markdown. The verdict comes first, then what to do, then the reasons, then the details.
type page struct {
	clean sanitize.Cleaner
	res   progress.Result
}

func (p page) render() string {
	var b strings.Builder
	for _, part := range []string{
		"## " + p.headline(), p.todo(), p.facts(), p.chain(), p.failures(), p.nodes(), p.failedLog(), p.timeline(), p.table(), p.discovery(), p.steps(), p.warnings(), p.footer(),
	} {
		if part != "" {
			b.WriteString(strings.TrimRight(part, "\n") + "\n\n")
		}
	}
	return b.String()
}

func (p page) headline() string {
	job := "dbt job"
	if p.res.Job.Name != "" {
		job = p.clean.Markdown(p.res.Job.Name, nameLimit)
	}
	to := ""
	if n := len(wanted(p.res.Refreshes)); n > 0 {
		to = fmt.Sprintf(" → %s", number(n, "Tableau refresh"))
	}
	switch p.res.Outcome {
	case progress.OutcomeSuccess:
		return "✅ " + job + to
	case progress.OutcomeStarted:
		if p.res.Site != nil && p.res.Run.Status != progress.RunStatusSuccess {
			return "🚀 " + job + ": started, not waited for → Tableau was not refreshed"
		}
		return "🚀 " + job + to + ": started, not waited for"
	case progress.OutcomeChecked:
		return "☑️ Dry run: " + job + to
	case progress.OutcomeRefreshFailed:
		n := 0
		for _, r := range p.res.Refreshes {
			if r.Status != progress.StatusSuccess && r.Status != progress.StatusSkipped {
				n++
			}
		}
		return fmt.Sprintf("❌ %s → %d of %s did not succeed", job, n, number(len(p.res.Refreshes), "Tableau refresh"))
	case progress.OutcomeInvalidInput:
		return "❌ Nothing was started: " + number(len(sanitize.ErrorTexts(p.res.Err)), "mistake") + " in the inputs"
	case progress.OutcomePreflightFailed:
		return "❌ " + job + ": " + checks(p.res) + ", nothing was started"
	}
	return strings.Replace(icon(p.res.Outcome)+" "+job+" "+ending(p.res), job+" :", job+":", 1)
}

// ending says how the step ended, for the outcomes that may come at any moment.
func ending(res progress.Result) string {
	text := map[progress.Outcome]string{
		progress.OutcomeDBTFailed:    "failed",
		progress.OutcomeDBTCancelled: "was cancelled in dbt",
		progress.OutcomeTimedOut:     "ran out of time",
		progress.OutcomeCancelled:    ": the step was cancelled",
	}[res.Outcome]
	if text == "" {
		text = "ended in an error"
	}
	if res.Site != nil && (res.Run.ID == 0 || res.Run.Status != progress.RunStatusSuccess) {
		text += " → Tableau was not refreshed"
	}
	return text
}

func icon(o progress.Outcome) string {
	switch o {
	case progress.OutcomeCancelled, progress.OutcomeDBTCancelled:
		return "🛑"
	case progress.OutcomeTimedOut:
		return "⏱️"
	}
	return "❌"
}

// todo is the one line for the person on call.
func (p page) todo() string {
	if p.res.Outcome.OK() {
		return ""
	}
	return "**What to do:** " + advice(p.res)
}

// facts is one line: which run, how long, which commit, how many refreshes, how fresh.
func (p page) facts() string {
	var facts []string
	run := p.res.Run
	if run.ID != 0 {
		facts = append(facts, "dbt run "+p.clean.Link(fmt.Sprint(run.ID), nameLimit, run.URL)+" "+p.runFact()+builtText(p.res.Built))
	}
	if run.GitSHA != "" {
		commit := "commit " + p.clean.Code(firstRunes(run.GitSHA, 7), nameLimit)
		if run.Branch != "" {
			commit += " of " + p.clean.Code(run.Branch, nameLimit)
		}
		facts = append(facts, commit)
	}
	if len(p.res.Refreshes) > 0 && p.res.Run.Status == progress.RunStatusSuccess && p.res.Outcome != progress.OutcomeChecked {
		facts = append(facts, counted(p.res.Refreshes))
	}
	if d := freshAfter(p.res); d > 0 {
		facts = append(facts, "data was fresh in Tableau **"+words(d)+"** after dbt finished")
	}
	if p.res.Plan != "" {
		facts = append(facts, p.clean.Markdown(p.res.Plan, noteLimit))
	}
	if p.res.Outcome == progress.OutcomeSuccess && p.res.Site == nil {
		facts = append(facts, "Tableau was no part of this step")
	}
	return strings.Join(facts, " · ")
}

// chain lists the failed runs that were taken up again until the one that counts.
func (p page) chain() string {
	var lines []string
	for i, run := range p.res.Retried {
		next := p.res.Run
		if i+1 < len(p.res.Retried) {
			next = p.res.Retried[i+1]
		}
		lines = append(lines, fmt.Sprintf("- dbt run %s failed after **%s** and was taken up again by run %s",
			p.clean.Link(fmt.Sprint(run.ID), nameLimit, run.URL), words(took(run, p.res.End)), p.clean.Link(fmt.Sprint(next.ID), nameLimit, next.URL)))
	}
	return strings.Join(lines, "\n")
}

// runFact says how the run stands, with its time set off.
func (p page) runFact() string {
	run := p.res.Run
	text := "is " + p.clean.Markdown(string(run.Status), nameLimit)
	if ended(run) {
		text = p.clean.Markdown(verb(run.Status), nameLimit)
	}
	var more []string
	if d := took(run, p.res.End); d > 0 {
		text += " after **" + words(d) + "**"
		if p.res.Job.MedianDuration > 0 {
			more = append(more, "usually "+words(p.res.Job.MedianDuration))
		}
	}
	if d := waited(run); d >= time.Second {
		more = append(more, "queued "+words(d))
	}
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	return text
}

// builtText counts what dbt did: ", 118 models, 412 tests".
func builtText(built []progress.Built) string {
	var text strings.Builder
	for _, b := range built {
		text.WriteString(", " + number(b.Nodes, strings.ReplaceAll(b.Type, "_", " ")))
	}
	return text.String()
}

func firstRunes(s string, n int) string {
	runes := []rune(s)
	return string(runes[:min(n, len(runes))])
}

// footer is the small print.
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
	const clock = "2006-01-02 15:04:05"
	facts = append(facts, p.res.Began.UTC().Format(clock)+" to "+p.res.End.UTC().Format("15:04:05")+" UTC ("+words(p.res.End.Sub(p.res.Began))+")")
	return "<sub>" + strings.Join(facts, " · ") + "</sub>"
}
