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

	"github.com/google/go-cmp/cmp"
)

// TestLinks checks every link in the documents and templates to a file of the repository.
func TestLinks(t *testing.T) {
	t.Parallel()

	repository := os.DirFS("../..")
	names := documents(t, repository)
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "RELEASING.md", "CHANGELOG.md", "docs/troubleshooting.md"} {
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

// TestLinks_readme_is_absolute: the Marketplace shows the README without the repository, so its links must be complete URLs.
func TestLinks_readme_is_absolute(t *testing.T) {
	t.Parallel()

	links := linksOf(readFile(t, os.DirFS("../.."), "README.md"))
	if len(links) < 20 {
		t.Errorf("only %d links were found", len(links))
	}
	for _, link := range links {
		if !strings.HasPrefix(link, "https://") && !strings.HasPrefix(link, "#") {
			t.Errorf("README.md: %s is relative", link)
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
		{
			name: "own_repository",
			text: "[a](" + repositoryURL + "/blob/main/docs/other.md#again) [b](" + repositoryURL + "/blob/main/docs/other.md) [c](" + repositoryURL + "/issues)" +
				" <img src=\"" + rawURL + "docs/p.svg\">",
		},
		{name: "own_readme", text: "# Here\n[a](" + repositoryURL + "#here) [b](" + repositoryURL + ")"},
		{name: "defined_reference", text: "[a][docs/x.y] [b][B]\n\n[docs/x.y]: docs/other.md\n[b]: docs/other.md\n"},
		{
			name: "no_file_in_own_repository", text: "[a](" + repositoryURL + "/blob/main/no.md)",
			want: []string{"README.md: " + repositoryURL + "/blob/main/no.md is no file"},
		},
		{
			name: "no_heading_in_own_repository", text: "[a]: " + repositoryURL + "/blob/main/docs/other.md#no",
			want: []string{"README.md: " + repositoryURL + "/blob/main/docs/other.md#no has no such heading"},
		},
		{
			name: "no_picture_in_own_repository", text: "<source srcset=\"" + rawURL + "no.svg\">",
			want: []string{"README.md: " + rawURL + "no.svg is no file"},
		},
		{name: "no_heading_in_own_readme", text: "[a](" + repositoryURL + "#no)", want: []string{"README.md: " + repositoryURL + "#no has no such heading"}},
		{name: "other_branch", text: "[a](" + repositoryURL + "/blob/v1/no.md)", want: []string{"README.md: " + repositoryURL + "/blob/v1/no.md is not on main"}},
		{name: "undefined_reference", text: "[a][no]", want: []string{"README.md: [no] is not defined"}},
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
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", ".github/*.md", ".github/ISSUE_TEMPLATE/*.yml"} {
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
	linkPattern       = regexp.MustCompile(`\]\(([^)\s]+)|(?m:^\[[^\]]+\]: (\S+))|(?:href|src|srcset)="([^"\s]+)|(?m:^ *url: (\S+))`)
	definitionPattern = regexp.MustCompile(`(?m)^\[([^\]]+)\]: `)
	referencePattern  = regexp.MustCompile(`\]\[([^\]]+)\]`)
	urlPattern        = regexp.MustCompile(`^[a-z]+:`)
)

// The URLs of the repository. RELEASING.md describes how OWNER is replaced.
const (
	repositoryURL = "https://github.com/OWNER/dbt-tableau-refresh"
	rawURL        = "https://raw.githubusercontent.com/OWNER/dbt-tableau-refresh/main/"
)

// withoutCode removes what Markdown does not interpret.
func withoutCode(text string) string {
	return inlineCodePattern.ReplaceAllString(codeBlockPattern.ReplaceAllString(text, ""), "")
}

func linksOf(text string) []string {
	var links []string
	for _, found := range linkPattern.FindAllStringSubmatch(withoutCode(text), -1) {
		links = append(links, found[1]+found[2]+found[3]+found[4])
	}
	return links
}

// brokenLinks returns a message for each link of a document to a file or heading that does not exist.
func brokenLinks(t *testing.T, repository fs.FS, name string) []string {
	t.Helper()
	text := readFile(t, repository, name)
	problems := undefinedReferences(name, text)
	for _, link := range linksOf(text) {
		if problem := brokenLink(t, repository, name, link); problem != "" {
			problems = append(problems, fmt.Sprintf("%s: %s %s", name, link, problem))
		}
	}
	return problems
}

// brokenLink returns what is wrong with a link, or "".
func brokenLink(t *testing.T, repository fs.FS, document, link string) string {
	t.Helper()
	file, anchor, hasAnchor := strings.Cut(link, "#")
	target := document
	if file != "" {
		target = path.Dir(document) + "/" + file
	}
	if onMain, isOwn := ownPath(file); isOwn {
		target = onMain
	} else if strings.HasPrefix(file, repositoryURL+"/blob/") || strings.HasPrefix(file, repositoryURL+"/tree/") {
		return "is not on main"
	} else if urlPattern.MatchString(link) {
		return ""
	}
	target = path.Clean(target)
	if strings.HasPrefix(link, "/") || !exists(repository, target) {
		return "is no file"
	}
	if hasAnchor && !slices.Contains(anchors(readFile(t, repository, target)), anchor) {
		return "has no such heading"
	}
	return ""
}

// ownPath returns the path of the file that a URL of this repository shows. The repository's own page shows the README.
func ownPath(url string) (string, bool) {
	if url == repositoryURL {
		return "README.md", true
	}
	for _, prefix := range []string{repositoryURL + "/blob/main/", repositoryURL + "/tree/main/", rawURL} {
		if file, ok := strings.CutPrefix(url, prefix); ok {
			return file, true
		}
	}
	return "", false
}

// undefinedReferences returns a message for each reference link without a definition.
func undefinedReferences(name, text string) []string {
	text = withoutCode(text)
	defined := map[string]bool{}
	for _, found := range definitionPattern.FindAllStringSubmatch(text, -1) {
		defined[strings.ToLower(found[1])] = true
	}
	var problems []string
	for _, found := range referencePattern.FindAllStringSubmatch(text, -1) {
		if !defined[strings.ToLower(found[1])] {
			problems = append(problems, fmt.Sprintf("%s: [%s] is not defined", name, found[1]))
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
