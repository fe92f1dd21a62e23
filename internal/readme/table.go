package main

import (
	"fmt"
	"regexp"
	"strings"
)

// inputTables returns a table for each heading, with complete descriptions.
func inputTables(inputs entries) string {
	var b strings.Builder
	for _, in := range inputs {
		if in.Heading != "" || b.Len() == 0 {
			b.WriteString("\n### " + in.Heading + "\n\n" + table([]string{"Input", "Default", "Description"}, nil))
		}
		b.WriteString(row(anchorLink("input", in.Name), defaultCell(in), descriptionCell(in.Description)))
	}
	return b.String()
}

func outputTable(outputs entries) string {
	var rows []string
	for _, out := range outputs {
		rows = append(rows, row(anchorLink("output", out.Name), descriptionCell(out.Description)))
	}
	return table([]string{"Output", "Description"}, rows)
}

func shortInputTable(inputs entries) string {
	var rows []string
	for _, in := range inputs {
		rows = append(rows, row("`"+in.Name+"`", defaultCell(in), escape(firstSentence(in.Description))))
	}
	return table([]string{"Input", "Default", "Description"}, rows)
}

func shortOutputTable(outputs entries) string {
	var rows []string
	for _, out := range outputs {
		rows = append(rows, row("`"+out.Name+"`", escape(firstSentence(out.Description))))
	}
	return table([]string{"Output", "Description"}, rows)
}

func table(header, rows []string) string {
	separator := strings.Repeat("| --- ", len(header)) + "|\n"
	return row(header...) + separator + strings.Join(rows, "")
}

func row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// anchorLink returns the name of an input or output with an anchor that other documents can link to, such as #input-dbt-url.
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

// firstSentence returns the text up to the first period that ends a line or precedes a space.
func firstSentence(description string) string {
	text := strings.TrimSpace(description)
	if end := regexp.MustCompile(`\.(\s|$)`).FindStringIndex(text); end != nil {
		text = text[:end[0]+1]
	}
	return strings.Join(strings.Fields(text), " ")
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
