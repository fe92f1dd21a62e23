package main

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestQuotes_are_in_docs: all YAML in the README and in the pages below docs is an exact part of a file below docs. Those
// files are run, or at least checked.
func TestQuotes_are_in_docs(t *testing.T) {
	t.Parallel()

	repository := os.DirFS("../..")
	var files []string
	for _, pattern := range []string{"docs/*.yml", "docs/recipes/*.yml"} {
		found, err := fs.Glob(repository, pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, file := range found {
			files = append(files, readFile(t, repository, file))
		}
	}
	count := 0
	for _, name := range documents(t, repository) {
		for _, block := range yamlBlocks(readFile(t, repository, name)) {
			count++
			if !slices.ContainsFunc(files, func(text string) bool { return strings.Contains(text, block) }) {
				t.Errorf("no file in docs contains this part of %s:\n%s", name, block)
			}
		}
	}
	if count < 10 {
		t.Errorf("only %d quotes were found", count)
	}
}

var yamlBlockPattern = regexp.MustCompile("(?ms)^```ya?ml\n(.*?)^```$")

func yamlBlocks(text string) []string {
	var all []string
	for _, found := range yamlBlockPattern.FindAllStringSubmatch(text, -1) {
		all = append(all, found[1])
	}
	return all
}
