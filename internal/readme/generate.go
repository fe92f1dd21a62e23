package main

import (
	"fmt"
	"strings"
)

// generate returns the README with new tables. It does not change the rest.
func generate(readme string, definition []byte) (string, error) {
	m, err := parseMetadata(definition)
	if err != nil {
		return "", err
	}
	if readme, err = replace(readme, "inputs", inputTables(m.Inputs)); err != nil {
		return "", err
	}
	return replace(readme, "outputs", outputTable(m.Outputs))
}

// replace replaces the text between the two comments that mark a section. Each must appear exactly once.
func replace(readme, section, content string) (string, error) {
	begin, end := "<!-- "+section+":begin -->", "<!-- "+section+":end -->"
	if strings.Count(readme, begin) != 1 || strings.Count(readme, end) != 1 {
		return "", fmt.Errorf("failed to find the %s in the readme: it must hold %q and %q once each", section, begin, end)
	}
	before, rest, _ := strings.Cut(readme, begin)
	_, after, ordered := strings.Cut(rest, end)
	if !ordered {
		return "", fmt.Errorf("failed to find the %s in the readme: %q must stand before %q", section, begin, end)
	}
	return before + begin + "\n\n" + strings.TrimSpace(content) + "\n\n" + end + after, nil
}
