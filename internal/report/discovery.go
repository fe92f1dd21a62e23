package report

import (
	"fmt"
	"strings"

	"dbt-tableau-refresh/internal/progress"
)

// maxReasons is how many tables, views, and exposures are shown for an item, and how many items for a table or view.
const maxReasons = 5

// discoveryTitle returns a text such as "dbt run 4711 built 12 tables and views; 5 Tableau items depend on them (1 skipped)".
func discoveryTitle(d progress.Discovery) string {
	text := fmt.Sprintf("%s built %s", d.Run, tablesAndViews(d.Relations))
	if d.Unchanged > 0 {
		text += fmt.Sprintf(" and left %d unchanged", d.Unchanged)
	}
	items := "1 Tableau item depends"
	if n := len(d.Items); n != 1 {
		items = fmt.Sprintf("%d Tableau items depend", n)
	}
	text += "; " + items + " on them"
	skipped := 0
	for _, item := range d.Items {
		if item.Skipped != "" {
			skipped++
		}
	}
	if skipped > 0 {
		text += fmt.Sprintf(" (%d skipped)", skipped)
	}
	return text
}

// discoveryLines returns a line per item, followed by the tables and views that are not in these lines.
func discoveryLines(d progress.Discovery) []string {
	shown := map[string]bool{}
	lines := limitLines(d.Items, maxListed, "", func(item progress.DiscoveredItem) string {
		line := fmt.Sprintf("%-11s  %s: %s", item.Type.Noun(), quoteName(item.Name), strings.Join(reasons(item, shown), ", "))
		if text := disposition(item); text != "" {
			line += "; " + text
		}
		return line
	})
	return append(lines, tableLines(d, shown)...)
}

// reasons returns the first tables, views, and exposures that an item depends on, and adds them to shown.
func reasons(item progress.DiscoveredItem, shown map[string]bool) []string {
	return limitLines(item.Reasons, maxReasons, "", func(reason string) string {
		shown[reason] = true
		return reason
	})
}

func disposition(item progress.DiscoveredItem) string {
	switch {
	case item.Skipped != "":
		return "skipped: " + item.Skipped
	case item.After != "":
		return "after " + item.After
	}
	return ""
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
		if shown[name] {
			continue
		}
		title := "not used in Tableau"
		if len(items[name]) > 0 {
			title = "used by " + strings.Join(limitLines(items[name], maxReasons, "", quoteName), ", ")
		}
		if names[title] == nil {
			titles = append(titles, title)
		}
		names[title] = append(names[title], name)
	}
	var lines []string
	for _, title := range titles {
		start := fmt.Sprintf("%s: %d of %s: ", title, len(names[title]), tablesAndViews(len(d.Tables)))
		lines = append(lines, splitList(start, names[title])...)
	}
	return lines
}

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

func (p page) discovery() string {
	d := p.res.Discovery
	if d == nil {
		return ""
	}
	text := ""
	shown := map[string]bool{}
	if len(d.Items) > 0 {
		header := "| Tableau content | Type | Project | Depends on | |\n|---|---|---|---|---|\n"
		text = table(header, d.Items, maxTableBytes/4, "item", func(item progress.DiscoveredItem) string {
			by := reasons(item, shown)
			for i, reason := range by {
				by[i] = p.clean.Markdown(reason, nameLimit)
			}
			return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", p.clean.Markdown(item.Name, nameLimit), typeCell(item.Type),
				p.clean.Markdown(item.Project, nameLimit), strings.Join(by, "<br>"), p.clean.Markdown(disposition(item), nameLimit))
		})
	}
	lines := tableLines(*d, shown)
	for i, line := range lines {
		if len(text) > maxTableBytes {
			text += notShown(len(lines)-i, "line")
			break
		}
		text += "\n" + p.clean.Markdown(line, lineLimit) + "\n"
	}
	if text == "" {
		return ""
	}
	return details(discoveryTitle(*d), text)
}
