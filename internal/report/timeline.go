package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/progress"
)

const (
	// maxBars is how many bars fit on a screen.
	maxBars = 25
	// barNameLimit is how many characters fit beside a bar.
	barNameLimit = 40
	// maxTimelineSpan is the longest time for which a chart is readable. Beyond it, a clock is probably wrong.
	maxTimelineSpan = 72 * time.Hour
)

// bar is a task in Mermaid's sense.
type bar struct {
	symbol, name string // the name is not sanitized yet
	tag          string // such as "crit, ": done is gray, crit is red; active is not readable in dark mode
	start, end   time.Time
}

// timeline returns a Mermaid Gantt chart of the run and its refreshes, and how many of them it shows.
// See https://mermaid.js.org/syntax/gantt.html.
func (p page) timeline() string {
	dbt, tableau := p.dbtBars(), p.refreshBars()
	if len(dbt)+len(tableau) > maxBars {
		dbt = p.runBars()
	}
	total := len(tableau)
	tableau = slowestBars(tableau, maxBars-len(dbt))
	bars := slices.Concat(dbt, tableau)
	if len(bars) < 2 { // a single bar shows no more than its duration
		return ""
	}
	first := slices.MinFunc(bars, func(a, b bar) int { return a.start.Compare(b.start) })
	last := slices.MaxFunc(bars, func(a, b bar) int { return a.end.Compare(b.end) })
	span := last.end.Sub(first.start)
	if span > maxTimelineSpan {
		return ""
	}
	text := "```mermaid\ngantt\n    dateFormat YYYY-MM-DDTHH:mm:ss\n    axisFormat " + axisFormat(span) + "\n    todayMarker off\n" +
		p.section("dbt", dbt) + p.section("Tableau", tableau) + "```\n"
	if total > len(tableau) {
		text += fmt.Sprintf("\n<sub>Drawn are the run and %d of %s: those that failed, then the slowest.</sub>\n", len(tableau), pluralize(total, "refresh"))
	}
	return text
}

// newBar returns a bar that ends at end, or at the end of the step if end is zero.
func (p page) newBar(name, status string, failed bool, start, end time.Time) bar {
	b := bar{symbol: barSymbol(status), name: name, start: start, end: cmp.Or(end, p.res.End)}
	if failed {
		b.tag = "crit, "
	}
	return b
}

// dbtBars returns a bar for the queue and for each step, or runBars if dbt did not return the steps.
func (p page) dbtBars() []bar {
	bars := p.queueBar()
	queued := len(bars)
	for _, s := range p.res.Run.Steps {
		if !s.Started.IsZero() {
			bars = append(bars, p.newBar(stepName(s), string(s.Status), s.Status == progress.RunStatusError, s.Started, s.Finished))
		}
	}
	if len(bars) == queued {
		return p.runBars()
	}
	return bars
}

// runBars returns a bar for the queue and for the run.
func (p page) runBars() []bar {
	run := p.res.Run
	if run.Started.IsZero() {
		return p.queueBar()
	}
	return append(p.queueBar(), p.newBar("dbt run", string(run.Status), run.Status == progress.RunStatusError, run.Started, run.Finished))
}

// queueBar returns a bar for the queue, unless the run started at once.
func (p page) queueBar() []bar {
	run := p.res.Run
	end := cmp.Or(run.Started, run.Finished, p.res.End)
	if run.Created.IsZero() || end.Sub(run.Created) < time.Second {
		return nil
	}
	return []bar{{name: "in the queue", tag: "done, ", start: run.Created, end: end}}
}

func (p page) refreshBars() []bar {
	var bars []bar
	for _, r := range p.res.Refreshes {
		if start := cmp.Or(r.Running, r.Accepted); !start.IsZero() {
			bars = append(bars, p.newBar(r.Name, string(r.Status), failed(r.Status), start, r.Ended))
		}
	}
	return bars
}

// barSymbol returns a symbol for readers who can't distinguish the colors. It also keeps Mermaid from parsing the name
// after it as a keyword or a date.
func barSymbol(status string) string {
	switch status {
	case "success":
		return "✓ "
	case "error", "failed", "cancelled", "timed-out", "unknown":
		return "✗ "
	}
	return "· "
}

// slowestBars returns n bars in their order: those of failed refreshes, then the longest.
func slowestBars(bars []bar, n int) []bar {
	if len(bars) <= n {
		return bars
	}
	ranking := make([]int, len(bars)) // indexes of bars
	for i := range ranking {
		ranking[i] = i
	}
	slices.SortStableFunc(ranking, func(i, j int) int {
		a, b := bars[i], bars[j]
		return -cmp.Or(cmp.Compare(a.tag, b.tag), cmp.Compare(a.end.Sub(a.start), b.end.Sub(b.start)))
	})
	var slowest []bar
	for i, b := range bars {
		if slices.Contains(ranking[:n], i) {
			slowest = append(slowest, b)
		}
	}
	return slowest
}

// axisFormat returns the format of the times below a chart of this duration.
func axisFormat(d time.Duration) string {
	switch {
	case d < 15*time.Minute:
		return "%H:%M:%S"
	case d < 24*time.Hour:
		return "%H:%M"
	}
	return "%d. %H:%M"
}

// section returns bars below a title, or "" for none.
func (p page) section(title string, bars []bar) string {
	if len(bars) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "    section %s\n", title)
	for _, bar := range bars {
		seconds := max(1, int(bar.end.Sub(bar.start).Round(time.Second)/time.Second))
		fmt.Fprintf(&b, "    %s%s :%s%s, %ds\n", bar.symbol, cmp.Or(p.clean.Mermaid(bar.name, barNameLimit), "no name"), bar.tag, bar.start.UTC().Format("2006-01-02T15:04:05"), seconds)
	}
	return b.String()
}
