package main

import (
	"fmt"
	"strings"
)

// generate gives the README with its tables written anew. The rest of it stays as it is.
func generate(readme string, definition []byte) (string, error) {
	a, err := parseAction(definition)
	if err != nil {
		return "", err
	}
	if readme, err = replace(readme, "inputs", inputTables(a.Inputs)); err != nil {
		return "", err
	}
	return replace(readme, "outputs", outputTable(a.Outputs))
}

// replace puts content between the two comments that mark a section, which appear once each.
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
