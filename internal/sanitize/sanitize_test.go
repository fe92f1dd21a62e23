package sanitize

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCleaner_Line(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, in, want string
		limit          int
	}{
		{name: "plain", in: `Finance: "Weekly" – 50 %`, want: `Finance: "Weekly" – 50 %`},
		{name: "other_scripts", in: "売上 Übersicht תקציב", want: "売上 Übersicht תקציב"},
		{name: "command", in: " \t::error::x", want: ": :error::x"},
		{name: "command_after_invisible_characters", in: "\u200b\ufe0f:\u00ad:error::x", want: ": :error::x"},
		{name: "legacy_command", in: "a ##[add-mask]b", want: "a ## [add-mask]b"},
		{name: "legacy_command_with_invisible_characters", in: "#\u200b#\ufe0f[x]###[y]", want: "## [x]### [y]"},
		{name: "cast_stays", in: "select x::int", want: "select x::int"},
		{name: "line_ends", in: "a\r\nb\rc\u2028d\u2029e\u0085f\vg", want: "a b c d e f g"},
		{name: "control_characters", in: "a\x00b\x07c\x7fd\u009be", want: "a b c d e"},
		{name: "colors", in: "\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x1b\\link\x1b]8;;\x07 \x1b(", want: "red link ("},
		{name: "direction_marks", in: "\u202etxt\u2066.\u2069exe", want: "txt.exe"},
		{name: "not_utf8", in: "a\xff\xfeb", want: "a��b"},
		{name: "delimiter", in: "_GitHubActionsFileCommandDelimeter_", want: "_GitHubActionsFileCommand Delimeter_"},
		{name: "secret", in: "Bearer s3cret/+ and s3cret%2F%2B", want: "Bearer *** and ***"},
		{name: "truncated_by_characters", in: "äöüß", limit: 3, want: "äö…"},
		{name: "within_the_limit", in: "äöü", limit: 3, want: "äöü"},
		{name: "long", in: strings.Repeat("x", 10_000), limit: 5, want: "xxxx…"},
	}
	c := NewCleaner([]string{"s3cret/+", "abc"})
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			limit := tc.limit
			if limit == 0 {
				limit = 100
			}
			if diff := cmp.Diff(tc.want, c.Line(tc.in, limit)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewCleaner(t *testing.T) {
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
		{name: "redacted_before_truncated", secrets: []string{strings.Repeat("k", 150)}, in: strings.Repeat("k", 150), want: "***"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, NewCleaner(tc.secrets).Line(tc.in, 100)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCleaner_Tail(t *testing.T) {
	t.Parallel()
	got := Cleaner{}.Tail("a\n\n\tb \r\n  c\rd ##[x]\u2028::y::", 4, 10)
	if diff := cmp.Diff([]string{"    b", "  c", "d ## [x]", "::y::"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCleaner_URL(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{name: "plain", in: "https://x.example/#/site/a/workbooks/1?:iid=1", want: "https://x.example/#/site/a/workbooks/1?:iid=1"},
		{name: "ends_the_link", in: "https://x.example/a)b c<d>\\|`", want: "https://x.example/a%29b%20c%3Cd%3E%5C%7C%60"},
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
			if diff := cmp.Diff(tc.want, Cleaner{}.URL(tc.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
