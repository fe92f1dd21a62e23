package report

import (
	"fmt"
	"strings"

	"dbt-tableau-refresh/internal/progress"
)

// maxReasons is how many tables, views, and exposures are shown for an item, and how many items for a table or view.
const maxReasons = 5

// discoveryTitle returns a sentence such as "dbt run 4711 built 12 relations, and feeds 5 items in Tableau (1 left out)".
func discoveryTitle(d progress.Discovery) string {
	skipped := 0
	for _, item := range d.Items {
		if item.Skipped != "" {
			skipped++
		}
	}
	text := fmt.Sprintf("%s built %s, ", d.Run, pluralize(d.Relations, "relation"))
	if d.Unchanged > 0 {
		text += fmt.Sprintf("left %d unchanged, ", d.Unchanged)
	}
	text += fmt.Sprintf("and feeds %s in Tableau", pluralize(len(d.Items), "item"))
	if skipped > 0 {
		text += fmt.Sprintf(" (%d left out)", skipped)
	}
	return text
}

// discoveryLines returns a line per item, followed by the tables and views that are not in these lines.
func discoveryLines(d progress.Discovery) []string {
	shown := map[string]bool{}
	lines := limitLines(d.Items, maxListed, "", func(item progress.DiscoveredItem) string {
		addReasons(shown, item)
		return discoveryLine(item)
	})
	return append(lines, tableLines(d, shown)...)
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

// addReasons adds the reasons that are shown for an item.
func addReasons(shown map[string]bool, item progress.DiscoveredItem) {
	for _, reason := range item.Reasons[:min(len(item.Reasons), maxReasons)] {
		shown[reason] = true
	}
}

// tableLines returns the tables and views that are not shown with an item, those with the same items together. None of them is
// omitted, so that nothing is left stale without a message.
func tableLines(d progress.Discovery, shown map[string]bool) []string {
	items := map[string][]string{}
	for _, item := range d.Items {
		for _, reason := range item.Reasons {
			items[reason] = append(items[reason], item.Name)
		}
	}
	var titles []string
	names := map[string][]string{}
	for _, name := range d.Tables {
		title := "nothing found in Tableau that uses"
		if len(items[name]) > 0 {
			title = "used by " + strings.Join(limitLines(items[name], maxReasons, "", quoteName), ", ")
		}
		if shown[name] {
			continue
		}
		if names[title] == nil {
			titles = append(titles, title)
		}
		names[title] = append(names[title], name)
	}
	var lines []string
	for _, title := range titles {
		lines = append(lines, splitList(fmt.Sprintf("%s %d of %s: ", title, len(names[title]), pluralize(len(d.Tables), "relation")), names[title])...)
	}
	return lines
}

// splitList returns lines that together list the names, each after the title.
func splitList(title string, names []string) []string {
	lines := []string{title + names[0]}
	for _, name := range names[1:] {
		if last := &lines[len(lines)-1]; len(*last)+len(name) < lineLimit/2 {
			*last += ", " + name
		} else {
			lines = append(lines, title+name)
		}
	}
	return lines
}

// discovery returns a collapsed table of what is downstream of what the run has built.
func (p page) discovery() string {
	d := p.res.Discovery
	if d == nil {
		return ""
	}
	var text strings.Builder
	shown := map[string]bool{}
	if len(d.Items) > 0 {
		text.WriteString(table("| Tableau content | Type | Project | Fed by | |\n|---|---|---|---|---|\n", d.Items, maxTableBytes/4, "item", func(item progress.DiscoveredItem) string {
			addReasons(shown, item)
			return p.discoveryRow(item)
		}))
	}
	lines := tableLines(*d, shown)
	for i, line := range lines {
		if text.Len() > maxTableBytes {
			fmt.Fprintf(&text, "\n_%s more found no room here._\n", pluralize(len(lines)-i, "line"))
			break
		}
		text.WriteString("\n" + p.clean.Markdown(line, lineLimit) + "\n")
	}
	if text.Len() == 0 {
		return ""
	}
	return details(discoveryTitle(*d), text.String())
}

func (p page) discoveryRow(item progress.DiscoveredItem) string {
	var by []string
	for _, reason := range reasons(item) {
		by = append(by, p.clean.Markdown(reason, nameLimit))
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", p.clean.Markdown(item.Name, nameLimit), typeCell(item.Type),
		p.clean.Markdown(item.Project, nameLimit), strings.Join(by, "<br>"), p.clean.Markdown(disposition(item), nameLimit))
}
