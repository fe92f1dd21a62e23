package report

import (
	"fmt"
	"strings"

	"dbt-tableau-refresh/internal/progress"
)

// maxReasons is how many tables, views, and exposures are named for an item, and how many of those without an item.
const maxReasons = 5

// discoveryTitle returns a sentence such as "dbt run 4711 built 12 relations, and feeds 5 items in Tableau (1 left out)".
func discoveryTitle(d progress.Discovery) string {
	skipped := 0
	for _, item := range d.Items {
		if item.Skipped != "" {
			skipped++
		}
	}
	text := fmt.Sprintf("%s built %s, and feeds %s in Tableau", d.Run, pluralize(d.Relations, "relation"), pluralize(len(d.Items), "item"))
	if skipped > 0 {
		text += fmt.Sprintf(" (%d left out)", skipped)
	}
	return text
}

func discoveryLine(item progress.DiscoveredItem) string {
	line := fmt.Sprintf("%-11s  %s: %s", item.Type.Noun(), quoteName(item.Name), strings.Join(reasons(item), ", "))
	if text := disposition(item); text != "" {
		line += "; " + text
	}
	return line
}

// reasons returns the first tables, views, and exposures that led to an item.
func reasons(item progress.DiscoveredItem) []string {
	return limitLines(item.Reasons, maxReasons, "", func(reason string) string { return reason })
}

// disposition returns why an item is not refreshed, or what it is refreshed after; "" for neither.
func disposition(item progress.DiscoveredItem) string {
	switch {
	case item.Skipped != "":
		return "left out: " + item.Skipped
	case item.After != "":
		return "after " + item.After
	}
	return ""
}

// unusedText returns which tables and views led to no item; "" for none.
func unusedText(d progress.Discovery) string {
	if len(d.Unused) == 0 {
		return ""
	}
	names := d.Unused[:min(len(d.Unused), maxReasons)]
	text := fmt.Sprintf("read by nothing in Tableau: %s of %d: %s", pluralize(len(d.Unused), "relation"), d.Relations, strings.Join(names, ", "))
	if more := len(d.Unused) - maxReasons; more > 0 {
		text += " " + andMore(more)
	}
	return text
}

// discovery returns a collapsed table of what is downstream of what the run has built.
func (p page) discovery() string {
	d := p.res.Discovery
	if d == nil {
		return ""
	}
	text := ""
	if len(d.Items) > 0 {
		text = table("| Tableau content | Type | Project | Fed by | |\n|---|---|---|---|---|\n", d.Items, maxTableBytes/4, "item", p.discoveryRow)
	}
	if unused := unusedText(*d); unused != "" {
		text += "\n" + p.clean.Markdown(unused, lineLimit) + "\n"
	}
	if text == "" {
		return ""
	}
	return details(discoveryTitle(*d), text)
}

func (p page) discoveryRow(item progress.DiscoveredItem) string {
	var by []string
	for _, reason := range reasons(item) {
		by = append(by, p.clean.Markdown(reason, nameLimit))
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", p.clean.Markdown(item.Name, nameLimit), typeCell(item.Type),
		p.clean.Markdown(item.Project, nameLimit), strings.Join(by, "<br>"), p.clean.Markdown(disposition(item), nameLimit))
}
