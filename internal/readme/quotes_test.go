package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestQuotes_are_in_docs: all YAML in the README is an exact part of a file in docs. Those files are run, or at least
// checked.
func TestQuotes_are_in_docs(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, pattern := range []string{"../../docs/*.yml", "../../docs/recipes/*.yml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text))
		}
	}
	blocks := regexp.MustCompile("(?ms)^```ya?ml\n(.*?)^```$").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) == 0 {
		t.Fatal("README.md quotes no YAML")
	}
	for _, block := range blocks {
		if !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, block[1]) }) {
			t.Errorf("no file in docs contains this part of README.md:\n%s", block[1])
		}
	}
}
