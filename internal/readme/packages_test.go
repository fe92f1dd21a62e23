package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPackages_diagram compares the diagram in CONTRIBUTING.md with the imports of the code.
func TestPackages_diagram(t *testing.T) {
	t.Parallel()
	var drawn []string
	for _, arrow := range regexp.MustCompile(`(?m)^    (\w+) --> (\w+)$`).FindAllStringSubmatch(readFile(t, os.DirFS("../.."), "CONTRIBUTING.md"), -1) {
		drawn = append(drawn, arrow[1]+" --> "+arrow[2])
	}
	slices.Sort(drawn)
	if diff := cmp.Diff(importArrows(t), drawn); diff != "" {
		t.Errorf("arrows in CONTRIBUTING.md (-want +got):\n%s", diff)
	}
}

// TestPackages_table: the table in CONTRIBUTING.md has one row for each package.
func TestPackages_table(t *testing.T) {
	t.Parallel()
	var rows []string
	for _, row := range regexp.MustCompile("(?m)^\\| `internal/(\\w+)` \\|").FindAllStringSubmatch(readFile(t, os.DirFS("../.."), "CONTRIBUTING.md"), -1) {
		rows = append(rows, row[1])
	}
	slices.Sort(rows)
	var packages []string
	for _, file := range goFiles(t) {
		packages = append(packages, filepath.Base(filepath.Dir(file)))
	}
	slices.Sort(packages)
	if diff := cmp.Diff(slices.Compact(packages), rows); diff != "" {
		t.Errorf("rows in CONTRIBUTING.md (-want +got):\n%s", diff)
	}
}

// goFiles returns the paths of the Go files in all packages except the main package.
func goFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../internal/*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no Go files: %v", err)
	}
	return files
}

const internalPath = "dbt-tableau-refresh/internal/"

// vocabulary are the packages that the diagram omits as targets: they define words that nearly all others share.
var vocabulary = map[string]bool{"content": true, "progress": true}

// importArrows returns the imports between packages, without those of tests and of the vocabulary.
func importArrows(t *testing.T) []string {
	t.Helper()
	var arrows []string
	for _, file := range append(goFiles(t), "../../main.go") {
		from := filepath.Base(filepath.Dir(file))
		if from == ".." {
			from = "main"
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			to, ok := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), internalPath)
			if ok && !strings.HasSuffix(file, "_test.go") && !vocabulary[to] {
				arrows = append(arrows, from+" --> "+to)
			}
		}
	}
	slices.Sort(arrows)
	return slices.Compact(arrows)
}
