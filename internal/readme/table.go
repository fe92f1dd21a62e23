package main

import (
	"fmt"
	"strings"
)

// group is a table of inputs with its own heading.
type group struct{ title, prefix string }

// groups returns the groups. An input belongs to the first one whose prefix its name has.
func groups() []group {
	return []group{{"dbt", "dbt-"}, {"Tableau", "tableau-"}, {"The whole step", ""}}
}

// inputTables returns one table per group.
func inputTables(inputs entries) string {
	rows := make(map[string][]string)
	for _, in := range inputs {
		for _, g := range groups() {
			if strings.HasPrefix(in.Name, g.prefix) {
				rows[g.title] = append(rows[g.title], row(anchorLink("input", in.Name), defaultCell(in), descriptionCell(in.Description)))
				break
			}
		}
	}
	var tables []string
	for _, g := range groups() {
		if len(rows[g.title]) > 0 {
			tables = append(tables, "### "+g.title+"\n\n"+table([]string{"Input", "Default", "Description"}, rows[g.title]))
		}
	}
	return strings.Join(tables, "\n")
}

func outputTable(outputs entries) string {
	var rows []string
	for _, out := range outputs {
		rows = append(rows, row(anchorLink("output", out.Name), descriptionCell(out.Description)))
	}
	return table([]string{"Output", "Description"}, rows)
}

func table(header, rows []string) string {
	separator := strings.Repeat("| --- ", len(header)) + "|\n"
	return row(header...) + separator + strings.Join(rows, "")
}

func row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// anchorLink returns the name of an input or output with an anchor that other parts of the README can link to, such as
// #input-dbt-url.
func anchorLink(kind, name string) string {
	return fmt.Sprintf(`<a id="%[1]s-%[2]s"></a>[%[3]s](#%[1]s-%[2]s)`, kind, name, "`"+name+"`")
}

// defaultCell returns the content of the column of defaults.
func defaultCell(in entry) string {
	switch {
	case in.Required:
		return "**required**"
	case in.Default != "":
		return "`" + escape(in.Default) + "`"
	default:
		return ""
	}
}

// descriptionCell returns a description as a single line. Paragraphs and list items stay on lines of their own; other line
// breaks become spaces.
func descriptionCell(description string) string {
	var b strings.Builder
	newParagraph := false
	for line := range strings.SplitSeq(strings.TrimSpace(description), "\n") {
		line = strings.TrimSpace(line)
		item, isListItem := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
			newParagraph = true
			continue
		case isListItem:
			b.WriteString("<br>• " + escape(item))
		case newParagraph:
			b.WriteString("<br><br>" + escape(line))
		case b.Len() > 0:
			b.WriteString(" " + escape(line))
		default:
			b.WriteString(escape(line))
		}
		newParagraph = false
	}
	return strings.TrimPrefix(b.String(), "<br>")
}

// escape escapes pipes, which would end the cell. GitHub removes the backslash in code, too.
func escape(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
