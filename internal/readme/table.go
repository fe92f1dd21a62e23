package main

import (
	"fmt"
	"strings"
)

// group is a table of inputs under a heading of its own.
type group struct{ title, prefix string }

// groups are told apart by how names begin; the last takes what is left.
func groups() []group {
	return []group{{"dbt", "dbt-"}, {"Tableau", "tableau-"}, {"The whole step", ""}}
}

// inputTables gives one table a group.
func inputTables(inputs entries) string {
	rows := make(map[string][]string)
	for _, in := range inputs {
		for _, g := range groups() {
			if strings.HasPrefix(in.Name, g.prefix) {
				rows[g.title] = append(rows[g.title], row(link("input", in.Name), preset(in), cell(in.Description)))
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
		rows = append(rows, row(link("output", out.Name), cell(out.Description)))
	}
	return table([]string{"Output", "Description"}, rows)
}

func table(head, rows []string) string {
	rule := strings.Repeat("| --- ", len(head)) + "|\n"
	return row(head...) + rule + strings.Join(rows, "")
}

func row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// link gives a name that other parts of the README can point at, like #input-dbt-url.
func link(kind, name string) string {
	return fmt.Sprintf(`<a id="%[1]s-%[2]s"></a>[%[3]s](#%[1]s-%[2]s)`, kind, name, "`"+name+"`")
}

// preset fills the column of defaults, in which a required input says so.
func preset(in entry) string {
	switch {
	case in.Required:
		return "**required**"
	case in.Default != "":
		return "`" + escape(in.Default) + "`"
	default:
		return ""
	}
}

// cell puts a description into the one line that a cell of a table has. Paragraphs and
// list entries keep a line of their own; other line breaks were only for the file.
func cell(description string) string {
	var b strings.Builder
	paragraph := false
	for line := range strings.SplitSeq(strings.TrimSpace(description), "\n") {
		line = strings.TrimSpace(line)
		item, listed := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
			paragraph = true
			continue
		case listed:
			b.WriteString("<br>• " + escape(item))
		case paragraph:
			b.WriteString("<br><br>" + escape(line))
		case b.Len() > 0:
			b.WriteString(" " + escape(line))
		default:
			b.WriteString(escape(line))
		}
		paragraph = false
	}
	return strings.TrimPrefix(b.String(), "<br>")
}

// escape keeps a pipe from ending the cell. GitHub takes the backslash away inside of code, too.
func escape(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
