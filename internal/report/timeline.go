package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sanitize"
)

const (
	maxBars         = 25             // fit on a screen
	barNameLimit    = 40             // characters that fit beside a bar
	maxTimelineSpan = 72 * time.Hour // beyond it, a clock is probably wrong
)

type bar struct {
	name       string // not sanitized
	status     string // of the run, a step, or a refresh; "" for the queue
	start, end time.Time
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
	text := "```mermaid\ngantt\n    dateFormat YYYY-MM-DDTHH:mm:ss\n" + axis(span) + "    todayMarker off\n" +
		p.section("dbt", dbt) + p.section("Tableau", tableau) + "```\n"
	if total > len(tableau) {
		count := progress.Count(total, "refresh")
		text += fmt.Sprintf("\n<sub>Showing the run and %d of %s (failures, then the slowest).</sub>\n", len(tableau), count)
	}
	return text
}

// dbtBars returns a bar for the queue, for dbt's own setup, and for each other step, or runBars if there are no steps.
func (p page) dbtBars() []bar {
	bars := p.queueBar()
	queued, inSetup := len(bars), true
	for _, s := range p.res.Run.Steps {
		if s.Started.IsZero() {
			continue
		}
		next := bar{stepName(s), string(s.Status), s.Started, cmp.Or(s.Finished, p.res.End)}
		isSetup := next.name == "dbt deps" || !strings.HasPrefix(s.Name, dbtCommandPrefix)
		inSetup = inSetup && isSetup && s.Status == progress.RunStatusSuccess
		if inSetup && len(bars) > queued {
			bars[queued].end = next.end
			continue
		}
		if inSetup {
			next.name = "setup"
		}
		bars = append(bars, next)
	}
	if len(bars) == queued {
		return p.runBars()
	}
	return bars
}

func (p page) runBars() []bar {
	run := p.res.Run
	if run.Started.IsZero() {
		return p.queueBar()
	}
	return append(p.queueBar(), bar{"dbt run", string(run.Status), run.Started, cmp.Or(run.Finished, p.res.End)})
}

// queueBar returns a bar for the queue, unless the run started at once.
func (p page) queueBar() []bar {
	run := p.res.Run
	end := cmp.Or(run.Started, run.Finished, p.res.End)
	if run.Created.IsZero() || end.Sub(run.Created) < time.Second {
		return nil
	}
	return []bar{{name: "queued", start: run.Created, end: end}}
}

// refreshBars returns a bar for each refresh. Items with the same name also have their project, and if that is the same, too,
// the start of their LUID.
func (p page) refreshBars() []bar {
	counts := map[string]int{}
	for _, r := range p.res.Refreshes {
		counts[r.Name]++
		counts[r.Name+"\n"+r.Project]++
	}
	var bars []bar
	for _, r := range p.res.Refreshes {
		if start := cmp.Or(r.Running, r.Accepted); !start.IsZero() {
			name := barName(r, counts[r.Name] > 1, counts[r.Name+"\n"+r.Project] > 1)
			bars = append(bars, bar{name, string(r.Status), start, cmp.Or(r.Ended, p.res.End)})
		}
	}
	return bars
}

func barName(r progress.Refresh, withProject, withID bool) string {
	suffix := ""
	if withProject {
		suffix = sanitize.Truncate(r.Project, 16)
		if withID {
			suffix += fmt.Sprintf(", %.8s", r.ID)
		}
		suffix = " (" + suffix + ")"
	}
	return sanitize.Truncate(refreshName(r), barNameLimit-utf8.RuneCountInString(suffix)) + suffix
}

// slowestBars returns n bars in their order: those of failed refreshes, then the longest.
func slowestBars(bars []bar, n int) []bar {
	ranked := slices.SortedStableFunc(slices.Values(bars), func(a, b bar) int {
		rank := cmp.Compare(failureRank(a.status), failureRank(b.status))
		return cmp.Or(rank, cmp.Compare(b.end.Sub(b.start), a.end.Sub(a.start)))
	})
	return slices.DeleteFunc(bars, func(b bar) bool { return !slices.Contains(ranked[:min(n, len(ranked))], b) })
}

// axis returns the times below a chart of this duration, so few that they do not overlap on a narrow screen.
func axis(span time.Duration) string {
	most := 8
	if span < 5*time.Minute || span >= 24*time.Hour {
		most = 5
	}
	ticks := []int{1, 2, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400} // seconds
	tick := ticks[slices.IndexFunc(ticks, func(tick int) bool { return int(span.Seconds()) <= most*tick })]
	format, interval := "%H:%M", fmt.Sprintf("%dminute", tick/60)
	switch {
	case span >= 24*time.Hour:
		format, interval = "%b %d %H:%M", fmt.Sprintf("%dhour", tick/3600)
	case tick >= 3600:
		interval = fmt.Sprintf("%dhour", tick/3600)
	case tick < 60:
		format, interval = "%H:%M:%S", fmt.Sprintf("%dsecond", tick)
	}
	return fmt.Sprintf("    axisFormat %s\n    tickInterval %s\n", format, interval)
}

func (p page) section(title string, bars []bar) string {
	if len(bars) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "    section %s\n", title)
	for _, bar := range bars {
		seconds := max(1, int(bar.end.Sub(bar.start).Round(time.Second)/time.Second))
		symbol, tag := bar.style()
		name, start := p.clean.Mermaid(bar.name, barNameLimit), bar.start.UTC().Format("2006-01-02T15:04:05")
		fmt.Fprintf(&b, "    %s%s :%s%s, %ds\n", symbol, name, tag, start, seconds)
	}
	return b.String()
}

// style returns a symbol for readers who can't distinguish the colors, and the color: done is gray, crit is red; active is not
// readable in dark mode. The symbol also keeps Mermaid from parsing the name after it as a keyword or a date.
func (b bar) style() (symbol, tag string) {
	switch {
	case b.status == "":
		return "", "done, "
	case failed(b.status):
		return "✗ ", "crit, "
	case b.status == string(progress.StatusSuccess):
		return "✓ ", ""
	}
	return "· ", ""
}
