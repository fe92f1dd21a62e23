package sanitize

import (
	"html"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// hostile contains a text against each rule of the package.
const hostile = "##[error]x\r::set-output name=result::success\n::add-mask::e\u2028::stop-commands::x #\u200b#[group]y " +
	"<img src=x onerror=alert(1)> | **b** `c` [l](javascript:alert(1)) @octocat #1 GH-2 https://evil.example www.evil.example " +
	"\u202etxt.exe\u202c \x1b[31mred\x1b[0m $x^2$ ~~s~~ --> %% ; : \"q\" \xff_GitHubActionsFileCommandDelimeter_ dbtc_secret"

// seeds returns the texts that every fuzz target starts with.
func seeds() []string {
	return []string{
		hostile, "", "::", "##[", "::x::y", " ::error::x", "a\r::error file=x::y", "##[set-env name=a;b=c]d", "#\u200b#[x]", "#\u034f#[x]",
		"_GitHubActionsFileCommandDelimeter_", "a<<b", "a=b\nc<<d", "\\", "\\|", "www\\.x", "`", "```", "www.x", "@a", "GH-1", "a:tada:b", "&amp;", "\xff",
		"%%{init: {}}%%", "section a", "2000-01-01", "click a", "a\u2028b", "dbtc_secret", "…", "abcdefg…", "éééé…",
	}
}

// findCommand returns the first line of text in which a runner could find a command, registered or not, and "" if there
// is none. Like the runner, it ignores what a comparison by culture ignores.
func findCommand(text string) string {
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\n\r\u0085\u2028\u2029", r) }) {
		line = strings.Map(func(r rune) rune {
			if unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) || unicode.IsControl(r) && !unicode.IsSpace(r) {
				return -1
			}
			return r
		}, line)
		if strings.HasPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::") || strings.Contains(line, "##[") {
			return line
		}
	}
	return ""
}

// FuzzLine checks lines alone, and after what the log puts in front.
func FuzzLine(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = min(max(limit, 1), 5000)
		got := Line(s, limit)
		if found := findCommand(got + "\n00:00  " + got); found != "" {
			t.Errorf("Line() leaves a command in %q", found)
		}
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit {
			t.Errorf("Line() = %q, want valid text of at most %d characters", got, limit)
		}
		if twice := Line(got, limit); twice != got {
			t.Errorf("Line() changes its own result %q to %q", got, twice)
		}
		for _, line := range (Cleaner{}).Tail(s, 50, limit) {
			if findCommand("| "+line) != "" || strings.Contains(line, "\n") {
				t.Errorf("Tail() leaves a command or a line break in %q", line)
			}
		}
	})
}

// FuzzMarkdown removes the escapes again, as a renderer does: each special character must have one.
func FuzzMarkdown(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Cleaner{}.Markdown(s, 200)
		if findCommand(got) != "" {
			t.Errorf("Markdown() leaves a command in %q", got)
		}
		var rendered strings.Builder
		for rest := got; rest != ""; {
			r, size := utf8.DecodeRuneInString(rest)
			switch {
			case r == '\\':
				r, n := utf8.DecodeRuneInString(rest[1:])
				size += n
				rendered.WriteRune(r)
			case r == '&':
				size = strings.IndexByte(rest, ';') + 1
				rendered.WriteString(html.UnescapeString(rest[:size]))
			case strings.ContainsRune("`*_{}[]()#+-.!|<>~$\n", r):
				t.Fatalf("Markdown() does not escape %q in %q", r, got)
			default:
				rendered.WriteRune(r)
			}
			rest = rest[size:]
		}
		plain := strings.ReplaceAll(rendered.String(), html.UnescapeString(zeroWidthSpace), "")
		if diff := cmp.Diff(Line(s, 200), plain); diff != "" {
			t.Errorf("rendered text (-want +got):\n%s", diff)
		}
		// What GitHub would link in the rendered text.
		for _, link := range []string{"://", "www.", "@octocat", "gh-1"} {
			if strings.Contains(strings.ToLower(rendered.String()), link) {
				t.Errorf("Markdown() leaves %q in %q", link, got)
			}
		}
	})
}

// FuzzMermaid allows no character that has a meaning in Mermaid's grammar.
func FuzzMermaid(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		const limit = 40
		got := Cleaner{}.Mermaid(s, limit)
		if strings.ContainsAny(got, ":;#,%\"'`<>{}[]&\n\r\\$") || utf8.RuneCountInString(got) > limit {
			t.Errorf("Mermaid() = %q, want the name of a task", got)
		}
	})
}

// FuzzURL allows no character that could end a link.
func FuzzURL(f *testing.F) {
	for _, s := range append(seeds(), "https://x.example/a)b") {
		f.Add(s)
		f.Add("https://x.example/" + s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Cleaner{}.URL(s)
		if got == "" {
			return
		}
		if !strings.HasPrefix(got, "http://") && !strings.HasPrefix(got, "https://") || strings.ContainsAny(got, "()<>[]|\\` \"'\n") {
			t.Errorf("URL() = %q, which ends a link", got)
		}
		if slices.ContainsFunc([]rune(got), func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("URL() = %q, want ASCII", got)
		}
	})
}
