package report

import (
	"fmt"
	"strings"

	"dbt-tableau-refresh/internal/progress"
)

// mostLed is how many relations are named beside what they led to.
const mostLed = 5

// discovered tells what the run fed, and by which relations.
func (r *Report) discovered(e progress.Discovered) {
	r.out.ready(e.Refreshes)
	d := e.Discovery
	r.log.event("%s", discoveryTitle(d))
	if len(d.Items) > 0 {
		r.log.group("what dbt run "+fmt.Sprint(d.Run)+" fed", r.finds(d))
	}
	r.warnOnce("the outputs", r.out.early())
}

// discoveryTitle counts: "dbt run 4711 built 12 relations, and feeds 5 items in Tableau (1 left out)".
func discoveryTitle(d progress.Discovery) string {
	left := 0
	for _, f := range d.Items {
		if f.Skipped != "" {
			left++
		}
	}
	text := fmt.Sprintf("dbt run %d built %s, and feeds %s in Tableau", d.Run, number(d.Relations, "relation"), number(len(d.Items), "item"))
	if left > 0 {
		text += fmt.Sprintf(" (%d left out)", left)
	}
	return text
}

func (r *Report) finds(d progress.Discovery) []string {
	var lines []string
	for i, f := range d.Items {
		if i == listed {
			lines = append(lines, fmt.Sprintf("and %d more", len(d.Items)-listed))
			break
		}
		line := fmt.Sprintf("%-11s  %s: %s", kind(f.Type), quote(f.Name), strings.Join(led(f), ", "))
		if text := fate(f); text != "" {
			line += "; " + text
		}
		lines = append(lines, line)
	}
	return append(lines, unread(d)...)
}

// led is what led to a find, the first few.
func led(f progress.Found) []string {
	if more := len(f.By) - mostLed; more > 0 {
		return append(f.By[:mostLed:mostLed], fmt.Sprintf("and %d more", more))
	}
	return f.By
}

// fate says what becomes of a find beyond being refreshed.
func fate(f progress.Found) string {
	switch {
	case f.Skipped != "":
		return "left out: " + f.Skipped
	case f.After != "":
		return "after " + f.After
	}
	return ""
}

func unread(d progress.Discovery) []string {
	if len(d.Unused) == 0 {
		return nil
	}
	names := d.Unused[:min(len(d.Unused), mostLed)]
	text := fmt.Sprintf("read by nothing in Tableau: %s of %d: %s", number(len(d.Unused), "relation"), d.Relations, strings.Join(names, ", "))
	if more := len(d.Unused) - mostLed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return []string{text}
}

// discovery is a folded table of what the run fed, and why.
func (p page) discovery() string {
	d := p.res.Discovery
	if d == nil {
		return ""
	}
	var b strings.Builder
	if len(d.Items) > 0 {
		b.WriteString("| Tableau content | Type | Project | Fed by | |\n|---|---|---|---|---|\n")
	}
	for i, f := range d.Items {
		if i == listed || b.Len() > tableSize/4 {
			fmt.Fprintf(&b, "\n_%s more found no room here._\n", number(len(d.Items)-i, "item"))
			break
		}
		var by []string
		for _, text := range led(f) {
			by = append(by, p.clean.Markdown(text, nameLimit))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", p.clean.Markdown(f.Name, nameLimit), strings.ReplaceAll(kind(f.Type), " ", "&nbsp;"),
			p.clean.Markdown(f.Project, nameLimit), strings.Join(by, "<br>"), p.clean.Markdown(fate(f), nameLimit))
	}
	for _, text := range unread(*d) {
		b.WriteString("\n" + p.clean.Markdown(text, lineLimit) + "\n")
	}
	if b.Len() == 0 {
		return ""
	}
	return fold(discoveryTitle(*d), b.String())
}
