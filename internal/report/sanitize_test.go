package report

import (
	"html"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestText(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, in, want string
		limit          int
	}{
		{name: "plain", in: `Finance: "Weekly" – 50 %`, want: `Finance: "Weekly" – 50 %`},
		{name: "other_scripts", in: "売上 Übersicht תקציב", want: "売上 Übersicht תקציב"},
		{name: "command", in: " \t::error::x", want: ": :error::x"},
		{name: "command_behind_nothing_visible", in: "\u200b\ufe0f:\u00ad:error::x", want: ": :error::x"},
		{name: "older_command", in: "a ##[add-mask]b", want: "a ## [add-mask]b"},
		{name: "older_command_hidden", in: "#\u200b#\ufe0f[x]###[y]", want: "## [x]### [y]"},
		{name: "cast_stays", in: "select x::int", want: "select x::int"},
		{name: "line_ends", in: "a\r\nb\rc\u2028d\u2029e\u0085f\vg", want: "a b c d e f g"},
		{name: "controls", in: "a\x00b\x07c\x7fd\u009be", want: "a b c d e"},
		{name: "colours", in: "\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x1b\\link\x1b]8;;\x07 \x1b(", want: "red link ("},
		{name: "directions", in: "\u202etxt\u2066.\u2069exe", want: "txt.exe"},
		{name: "not_utf8", in: "a\xff\xfeb", want: "a��b"},
		{name: "delimiter", in: "_GitHubActionsFileCommandDelimeter_", want: "_GitHubActionsFileCommand Delimeter_"},
		{name: "secret", in: "Bearer s3cret/+ and s3cret%2F%2B", want: "Bearer *** and ***"},
		{name: "cut_by_characters", in: "äöüß", limit: 3, want: "äö…"},
		{name: "not_cut", in: "äöü", limit: 3, want: "äöü"},
		{name: "long", in: strings.Repeat("x", 10_000), limit: 5, want: "xxxx…"},
	}
	c := hiding([]string{"s3cret/+", "abc"})
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			limit := tc.limit
			if limit == 0 {
				limit = 100
			}
			if diff := cmp.Diff(tc.want, c.text(tc.in, limit)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHiding(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		secrets []string
		in      string
		want    string
	}{
		{name: "none", in: "abcd", want: "abcd"},
		{name: "too_short", secrets: []string{"abc"}, in: "abcd", want: "abcd"},
		{name: "longest_first", secrets: []string{"abcd", "abcdefgh"}, in: "abcdefgh", want: "***"},
		{name: "each_line", secrets: []string{"first line\nsecond line"}, in: "it is second line", want: "it is ***"},
		{name: "cut_after_hiding", secrets: []string{strings.Repeat("k", 150)}, in: strings.Repeat("k", 150), want: "***"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, hiding(tc.secrets).text(tc.in, 100)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	got := tail("a\n\n\tb \r\n  c\rd ##[x]\u2028::y::", 4, 10)
	if diff := cmp.Diff([]string{"    b", "  c", "d ## [x]", "::y::"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{name: "plain", in: "https://x.example/#/site/a/workbooks/1?:iid=1", want: "https://x.example/#/site/a/workbooks/1?:iid=1"},
		{name: "breaks_out", in: "https://x.example/a)b c<d>\\|`", want: "https://x.example/a%29b%20c%3Cd%3E%5C%7C%60"},
		{name: "entity", in: "https://x.example/?a=1&copy;=2", want: "https://x.example/?a=1&amp;copy;=2"},
		{name: "script", in: "javascript:alert(1)"},
		{name: "data", in: "data:text/html,x"},
		{name: "no_scheme", in: "//x.example"},
		{name: "no_host", in: "https:///a"},
		{name: "user", in: "https://a:b@x.example"},
		{name: "line_end", in: "https://x.example/\n"},
		{name: "too_long", in: "https://x.example/" + strings.Repeat("a", 2000)},
		{name: "empty"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, cleaner{}.address(tc.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// seeds are the texts that every fuzz target begins with.
func seeds() []string {
	return []string{
		evil, "", "::", "##[", "::x::y", " ::error::x", "a\r::error file=x::y", "##[set-env name=a;b=c]d", "#\u200b#[x]", "#\u034f#[x]",
		"_GitHubActionsFileCommandDelimeter_", "a<<b", "a=b\nc<<d", "\\", "\\|", "www\\.x", "`", "```", "www.x", "@a", "GH-1", "a:tada:b", "&amp;", "\xff",
		"%%{init: {}}%%", "section a", "2000-01-01", "click a", "a\u2028b", "dbtc_secret", "…", "abcdefg…", "éééé…",
	}
}

// FuzzText holds the sanitiser against the runner's own reading of a line, alone and behind what the log puts in front.
func FuzzText(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = min(max(limit, 1), 5000)
		got := flat(s, limit)
		if found := commandsIn(got + "\n00:00  " + got); len(found) > 0 {
			t.Errorf("a command is left in %q: %+v", got, found)
		}
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit {
			t.Errorf("%q is no text of %d characters", got, limit)
		}
		if again := flat(got, limit); again != got {
			t.Errorf("cleaned twice, %q becomes %q", got, again)
		}
		for _, line := range tail(s, 50, limit) {
			if found := commandsIn("| " + line); len(found) > 0 || strings.Contains(line, "\n") {
				t.Errorf("a command is left in %q: %+v", line, found)
			}
		}
	})
}

// FuzzMarkdown takes the escapes away again, as a renderer does: every special character must have had one.
func FuzzMarkdown(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cleaner{}.markdown(s, 200)
		if commands := commandsIn(got); len(commands) > 0 {
			t.Errorf("a command is left in %q", got)
		}
		var shown strings.Builder
		for rest := got; rest != ""; {
			r, size := utf8.DecodeRuneInString(rest)
			switch {
			case r == '\\':
				r, n := utf8.DecodeRuneInString(rest[1:])
				size += n
				shown.WriteRune(r)
			case r == '&':
				size = strings.IndexByte(rest, ';') + 1
				shown.WriteString(html.UnescapeString(rest[:size]))
			case strings.ContainsRune("`*_{}[]()#+-.!|<>~$\n", r):
				t.Fatalf("%q is not escaped in %q", r, got)
			default:
				shown.WriteRune(r)
			}
			rest = rest[size:]
		}
		plain := strings.ReplaceAll(shown.String(), html.UnescapeString(gap), "")
		if diff := cmp.Diff(flat(s, 200), plain); diff != "" {
			t.Errorf("the text is changed (-want +got):\n%s", diff)
		}
		// What GitHub would make a link or a mention of in the text as it is shown.
		rendered := strings.ToLower(shown.String())
		for _, link := range []string{"://", "www.", "@octocat", "gh-1"} {
			if strings.Contains(rendered, link) {
				t.Errorf("%q is left in %q", link, rendered)
			}
		}
	})
}

// FuzzMermaid allows no character in a task's name that the grammar knows.
func FuzzMermaid(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cleaner{}.mermaid(s, barName)
		if strings.ContainsAny(got, ":;#,%\"'`<>{}[]&\n\r\\$") || utf8.RuneCountInString(got) > barName {
			t.Errorf("%q is no name of a task", got)
		}
	})
}

// FuzzAddress allows no character that could end a link.
func FuzzAddress(f *testing.F) {
	for _, s := range append(seeds(), "https://x.example/a)b") {
		f.Add(s)
		f.Add("https://x.example/" + s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cleaner{}.address(s)
		if got == "" {
			return
		}
		if !strings.HasPrefix(got, "http://") && !strings.HasPrefix(got, "https://") || strings.ContainsAny(got, "()<>[]|\\` \"'\n") {
			t.Errorf("%q ends its link", got)
		}
		if slices.ContainsFunc([]rune(got), func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q is no address", got)
		}
	})
}
