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
	// bars is how many fit on a screen.
	bars = 25
	// barName is what fits beside a bar.
	barName = 40
	// longest is the span of time beyond which a picture tells nothing, or a clock is wrong.
	longest = 72 * time.Hour
)

// bar is one task of the timeline.
type bar struct {
	sign, name string // the name is not cleaned yet
	tag        string // Mermaid's: done is grey, crit red; active can't be read on a dark page
	start, end time.Time
}

// timeline draws what ran when, as a Mermaid Gantt chart, with a word on what it leaves out.
func (p page) timeline() string {
	dbt, tableau := p.dbtBars(), p.refreshBars()
	if len(dbt)+len(tableau) > bars {
		dbt = p.runBars()
	}
	all := len(tableau)
	tableau = slowest(tableau, bars-len(dbt))
	start, end := span(slices.Concat(dbt, tableau))
	// One bar alone says nothing that a number does not.
	if len(dbt)+len(tableau) < 2 || end.Sub(start) > longest {
		return ""
	}
	text := "```mermaid\ngantt\n    dateFormat YYYY-MM-DDTHH:mm:ss\n    axisFormat " + axis(end.Sub(start)) + "\n    todayMarker off\n" +
		p.section("dbt", dbt) + p.section("Tableau", tableau) + "```\n"
	if all > len(tableau) {
		text += fmt.Sprintf("\n<sub>Drawn are the run and %d of %s: those that failed, then the slowest.</sub>\n", len(tableau), number(all, "refresh"))
	}
	return text
}

// dbtBars are the queue and the steps, or the run as a whole when dbt does not tell its steps.
func (p page) dbtBars() []bar {
	run := p.res.Run
	var all []bar
	for _, s := range run.Steps {
		if s.Started.IsZero() {
			continue
		}
		all = append(all, bar{sign: sign(string(s.Status)), name: stepName(s), tag: tag(s.Status == progress.RunStatusError), start: s.Started, end: p.until(s.Finished)})
	}
	if len(all) == 0 {
		return p.runBars()
	}
	return append(p.queueBar(), all...)
}

// runBars are the queue and the run in one.
func (p page) runBars() []bar {
	run := p.res.Run
	if run.Started.IsZero() {
		return p.queueBar()
	}
	return append(p.queueBar(), bar{sign: sign(string(run.Status)), name: "dbt run", tag: tag(run.Status == progress.RunStatusError), start: run.Started, end: p.until(run.Finished)})
}

func (p page) queueBar() []bar {
	run := p.res.Run
	if run.Created.IsZero() {
		return nil
	}
	end := first(run.Started, run.Finished, p.res.End)
	if end.Sub(run.Created) < time.Second {
		return nil
	}
	return []bar{{name: "in the queue", tag: "done, ", start: run.Created, end: end}}
}

func (p page) refreshBars() []bar {
	var all []bar
	for _, r := range p.res.Refreshes {
		start := first(r.Running, r.Accepted)
		if start.IsZero() {
			continue
		}
		all = append(all, bar{sign: sign(string(r.Status)), name: r.Name, tag: tag(bad(r.Status)), start: start, end: p.until(r.Ended)})
	}
	return all
}

func (p page) until(end time.Time) time.Time { return first(end, p.res.End) }

// sign says in front of a name how it went, for those who can't tell red from blue; and it keeps Mermaid from reading the
// name as a keyword or a date.
func sign(status string) string {
	switch status {
	case "success":
		return "✓ "
	case "error", "failed", "cancelled", "timed-out", "unknown":
		return "✗ "
	}
	return "· "
}

func tag(failed bool) string {
	if failed {
		return "crit, "
	}
	return ""
}

// slowest keeps n bars, those of what failed first, in their old order.
func slowest(all []bar, n int) []bar {
	if len(all) <= n {
		return all
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if x, y := all[a].tag, all[b].tag; x != y {
			return -cmp.Compare(x, y)
		}
		return -cmp.Compare(all[a].end.Sub(all[a].start), all[b].end.Sub(all[b].start))
	})
	kept := order[:n]
	slices.Sort(kept)
	var some []bar
	for _, i := range kept {
		some = append(some, all[i])
	}
	return some
}

func span(all []bar) (start, end time.Time) {
	for i, b := range all {
		if i == 0 || b.start.Before(start) {
			start = b.start
		}
		if i == 0 || b.end.After(end) {
			end = b.end
		}
	}
	return start, end
}

// axis is the form of the times below the chart.
func axis(d time.Duration) string {
	switch {
	case d < 15*time.Minute:
		return "%H:%M:%S"
	case d < 24*time.Hour:
		return "%H:%M"
	}
	return "%d. %H:%M"
}

func (p page) section(name string, all []bar) string {
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "    section %s\n", name)
	for _, bar := range all {
		length := max(1, int(bar.end.Sub(bar.start).Round(time.Second)/time.Second))
		fmt.Fprintf(&b, "    %s%s :%s%s, %ds\n", bar.sign, cmp.Or(p.clean.Mermaid(bar.name, barName), "no name"), bar.tag, bar.start.UTC().Format("2006-01-02T15:04:05"), length)
	}
	return b.String()
}
