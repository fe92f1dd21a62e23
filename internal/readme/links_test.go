package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// TestLinks checks every link in the documents to a file of the repository.
func TestLinks(t *testing.T) {
	t.Parallel()

	repository := os.DirFS("../..")
	names := documents(t, repository)
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "RELEASING.md", "CHANGELOG.md"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing", name)
		}
	}
	for _, name := range names {
		for _, problem := range brokenLinks(t, repository, name) {
			t.Error(problem)
		}
	}
}

func TestBrokenLinks(t *testing.T) {
	t.Parallel()

	const target = "# Two words, `code` & more_\n## Again\n## Again\n<a id=\"own\"></a>\n```\n# not a heading\n```\n"
	cases := []struct {
		name string
		text string
		want []string
	}{
		{name: "other_site", text: "[a](https://example.com/x#y) [b](mailto:a@example.com)"},
		{name: "file", text: "[a](docs/other.md) [b](./docs/other.md) [c](docs)"},
		{name: "heading", text: "[a](docs/other.md#two-words-code--more_) [b](docs/other.md#again) [c](docs/other.md#again-1)"},
		{name: "anchor", text: "[a](docs/other.md#own)"},
		{name: "same_document", text: "# Here\n[a](#here)"},
		{name: "picture", text: "<picture><source srcset=\"docs/p.svg\"><img src=\"docs/p.svg\" alt=\"x\"></picture> ![p](docs/p.svg)"},
		{name: "definition", text: "[a]\n\n[a]: docs/other.md\n"},
		{name: "in_code", text: "`[a](no.md)`\n```\n[b](no.md)\n```\n    [c](docs/other.md)\n"},
		{name: "no_file", text: "[a](no.md)", want: []string{"README.md: no.md is no file"}},
		{name: "no_picture", text: "<img src=\"no.svg\">", want: []string{"README.md: no.svg is no file"}},
		{name: "no_definition", text: "[a]: no.md", want: []string{"README.md: no.md is no file"}},
		{name: "outside", text: "[a](../x.md)", want: []string{"README.md: ../x.md is no file"}},
		{name: "absolute", text: "[a](/docs/other.md)", want: []string{"README.md: /docs/other.md is no file"}},
		{name: "no_heading", text: "[a](docs/other.md#again-2)", want: []string{"README.md: docs/other.md#again-2 has no such heading"}},
		{name: "no_heading_in_code", text: "[a](docs/other.md#not-a-heading)", want: []string{"README.md: docs/other.md#not-a-heading has no such heading"}},
		{name: "no_heading_in_same_document", text: "# There\n[a](#here)", want: []string{"README.md: #here has no such heading"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			files := fstest.MapFS{
				"README.md": {Data: []byte(tc.text)}, "docs/other.md": {Data: []byte(target)}, "docs/p.svg": {},
			}
			if diff := cmp.Diff(tc.want, brokenLinks(t, files, "README.md")); diff != "" {
				t.Errorf("broken links (-want +got):\n%s", diff)
			}
		})
	}
}

// documents returns the paths of the Markdown files in the repository.
func documents(t *testing.T, repository fs.FS) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", ".github/*.md"} {
		found, err := fs.Glob(repository, pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

var (
	codeBlockPattern  = regexp.MustCompile("(?ms)^ *(```+).*?^ *```+ *$")
	inlineCodePattern = regexp.MustCompile("``[^\n]*?``|`[^`\n]*`")
	linkPattern       = regexp.MustCompile(`\]\(([^)\s]+)|(?m:^\[[^\]]+\]: (\S+))|(?:href|src|srcset)="([^"\s]+)`)
	urlPattern        = regexp.MustCompile(`^[a-z]+:`)
)

// brokenLinks returns a message for each link of a document to a file or heading that does not exist.
func brokenLinks(t *testing.T, repository fs.FS, name string) []string {
	t.Helper()
	var problems []string
	text := inlineCodePattern.ReplaceAllString(codeBlockPattern.ReplaceAllString(readFile(t, repository, name), ""), "")
	for _, found := range linkPattern.FindAllStringSubmatch(text, -1) {
		link := found[1] + found[2] + found[3]
		if urlPattern.MatchString(link) {
			continue
		}
		file, anchor, hasAnchor := strings.Cut(link, "#")
		target := name
		if file != "" {
			target = path.Dir(name) + "/" + file
		}
		target = path.Clean(target)
		if strings.HasPrefix(link, "/") || !exists(repository, target) {
			problems = append(problems, fmt.Sprintf("%s: %s is no file", name, link))
			continue
		}
		if hasAnchor && !slices.Contains(anchors(readFile(t, repository, target)), anchor) {
			problems = append(problems, fmt.Sprintf("%s: %s has no such heading", name, link))
		}
	}
	return problems
}

func exists(repository fs.FS, name string) bool {
	_, err := fs.Stat(repository, name)
	return err == nil
}

func readFile(t *testing.T, repository fs.FS, name string) string {
	t.Helper()
	text, err := fs.ReadFile(repository, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	headingPattern    = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	anchorPattern     = regexp.MustCompile(`<a id="([^"]+)"`)
	linkedTextPattern = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// anchors returns the anchors of a document: those that GitHub generates for its headings, and those in its text.
func anchors(text string) []string {
	text = codeBlockPattern.ReplaceAllString(text, "")
	var all []string
	for _, found := range headingPattern.FindAllStringSubmatch(text, -1) {
		slug := slug(linkedTextPattern.ReplaceAllString(found[1], "$1"))
		unique := slug
		for i := 1; slices.Contains(all, unique); i++ {
			unique = fmt.Sprintf("%s-%d", slug, i)
		}
		all = append(all, unique)
	}
	for _, found := range anchorPattern.FindAllStringSubmatch(text, -1) {
		all = append(all, found[1])
	}
	return all
}

func slug(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}
