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

// TestRooms holds the diagram in CONTRIBUTING.md to the imports of the code.
func TestRooms(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	var drawn []string
	for _, arrow := range regexp.MustCompile(`(?m)^    (\w+) --> (\w+)$`).FindAllStringSubmatch(string(text), -1) {
		drawn = append(drawn, arrow[1]+" --> "+arrow[2])
	}
	slices.Sort(drawn)
	if diff := cmp.Diff(drawn, arrows(t)); diff != "" {
		t.Errorf("arrows in CONTRIBUTING.md and imports (-want +got):\n%s", diff)
	}
}

const internal = "dbt-tableau-refresh/internal/"

// arrows are what the rooms import of each other, tests left out.
func arrows(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../internal/*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no code: %v", err)
	}
	var all []string
	for _, file := range append(files, "../../main.go") {
		room := filepath.Base(filepath.Dir(file))
		if room == ".." {
			room = "main"
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			to, ok := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), internal)
			if ok && !strings.HasSuffix(file, "_test.go") {
				all = append(all, room+" --> "+to)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
