package main

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// avoidedPhrases are phrases that users have to read twice. Each has a plain equivalent, such as "URL" or "in progress".
var avoidedPhrases = []string{
	"page address", "by hand", "one a line", "left out", "left empty", "under way", "still going", "answers so", "the nearest", "fed",
	"mistakes in the inputs", "parted by", "taken up again", "takes up", "taken over", "for want of", "may see", "is told",
	"can't be told", "is not known", "once more", "in the clear", "Tableau half", "way to sign in", "ran out", "waited out",
	"ridden out", "extract of its own", "found no room",
}

// TestWording: no document, no text in the code, and no expected text of the action contains an avoided phrase.
func TestWording(t *testing.T) {
	t.Parallel()

	repository := os.DirFS("../..")
	for _, pattern := range []string{
		"*.md", "action.yml", "docs/*.md", "docs/*.yml", "docs/recipes/*.yml",
		".github/*.md", ".github/*.yml", ".github/ISSUE_TEMPLATE/*.yml", ".github/workflows/*.yml",
		"*.go", "internal/*/*.go", "internal/*/testdata/*.txtar", "internal/report/testdata/*/*",
	} {
		names, err := fs.Glob(repository, pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, name := range names {
			if name == "internal/readme/wording_test.go" { // it contains the phrases
				continue
			}
			for _, problem := range avoidedIn(readFile(t, repository, name)) {
				t.Errorf("%s:%s", name, problem)
			}
		}
	}
}

func TestAvoidedIn(t *testing.T) {
	t.Parallel()

	got := avoidedIn("What is FED\nis federated, or taken\nover by-hand. Taken  up\n# again.")
	want := []string{`1: "fed"`, `3: "taken up again"`, `2: "taken over"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("avoidedIn (-want +got):\n%s", diff)
	}
}

// avoidedIn returns the line and the phrase for each avoided phrase in a text. A phrase can continue on the next line.
func avoidedIn(text string) []string {
	var problems []string
	for _, phrase := range avoidedPhrases {
		words := strings.Fields(regexp.QuoteMeta(phrase))
		pattern := regexp.MustCompile(`(?i)\b` + strings.Join(words, `[\s#]+`) + `\b`)
		for _, at := range pattern.FindAllStringIndex(text, -1) {
			problems = append(problems, fmt.Sprintf("%d: %q", 1+strings.Count(text[:at[0]], "\n"), phrase))
		}
	}
	return problems
}

// TestTroubleshooting_titles_occur: each title of the troubleshooting page that quotes a text is part of the code or of an expected
// text, so that a search for an error leads to its section.
func TestTroubleshooting_titles_occur(t *testing.T) {
	t.Parallel()

	repository := os.DirFS("../..")
	var texts strings.Builder
	err := fs.WalkDir(repository, "internal", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(name, "internal/readme/") {
			return err
		}
		if strings.HasSuffix(name, ".go") || strings.Contains(name, "/testdata/") && !strings.Contains(name, "/fuzz/") {
			texts.WriteString(strings.ReplaceAll(readFile(t, repository, name), `\"`, `"`))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all, quoted := texts.String(), regexp.MustCompile("`([^`]+)`")
	count := 0
	for line := range strings.Lines(readFile(t, repository, "docs/troubleshooting.md")) {
		if !strings.HasPrefix(line, "#### ") {
			continue
		}
		for _, quote := range quoted.FindAllStringSubmatch(line, -1) {
			for part := range strings.SplitSeq(quote[1], "…") {
				count++
				if !strings.Contains(all, strings.TrimSpace(part)) {
					t.Errorf("%s: %q is not in the code or in an expected text", strings.TrimSpace(line), part)
				}
			}
		}
	}
	if count < 30 {
		t.Errorf("only %d quotes were found", count)
	}
}
