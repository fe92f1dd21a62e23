package main

import (
	"fmt"
	"strings"
)

// essentialInputs returns the names of the inputs in README.md.
func essentialInputs() []string {
	return []string{
		"dbt-job-id", "dbt-token", "dbt-target-path",
		"tableau-url", "tableau-site", "tableau-token-name", "tableau-token-value",
		"tableau-workbooks", "tableau-datasources", "tableau-discover", "tableau-exclude", "tableau-preflight",
		"timeout", "dry-run",
	}
}

// tables are the generated parts of a document.
type tables struct{ inputs, outputs string }

// shortTables returns the tables of README.md: the essential inputs and all outputs, with the first sentence of each.
func shortTables(m metadata) (tables, error) {
	essential, err := m.Inputs.byName(essentialInputs())
	if err != nil {
		return tables{}, err
	}
	return tables{inputs: shortInputTable(essential), outputs: shortOutputTable(m.Outputs)}, nil
}

// fullTables returns the tables of docs/inputs.md.
func fullTables(m metadata) tables {
	return tables{inputs: inputTables(m.Inputs), outputs: outputTable(m.Outputs)}
}

// generate returns the document with new tables. It does not change the rest.
func generate(document string, t tables) (string, error) {
	document, err := replace(document, "inputs", t.inputs)
	if err != nil {
		return "", err
	}
	return replace(document, "outputs", t.outputs)
}

// replace replaces the text between the two comments that mark a section. Each must appear exactly once.
func replace(document, section, content string) (string, error) {
	begin, end := "<!-- "+section+":begin -->", "<!-- "+section+":end -->"
	if strings.Count(document, begin) != 1 || strings.Count(document, end) != 1 {
		return "", fmt.Errorf("failed to find the %s: the document must contain %q and %q once each", section, begin, end)
	}
	before, rest, _ := strings.Cut(document, begin)
	_, after, ordered := strings.Cut(rest, end)
	if !ordered {
		return "", fmt.Errorf("failed to find the %s: %q must be before %q", section, begin, end)
	}
	return before + begin + "\n\n" + strings.TrimSpace(content) + "\n\n" + end + after, nil
}
