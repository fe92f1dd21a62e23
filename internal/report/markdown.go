package report

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// gap has no width. GitHub looks for names, issues and addresses in the rendered text, where a backslash is long gone.
const gap = "&#8203;"

// markdown returns s as one line of Markdown that shows it as it is: at most limit characters before escaping, no markup,
// no link, no mention, safe in a table's cell.
func (c cleaner) markdown(s string, limit int) string {
	s = c.text(s, limit)
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '.' && strings.HasSuffix(strings.ToLower(s[:i]), "www"):
			b.WriteString(gap + `\.`)
		case strings.ContainsRune("&<>|$\"'", r):
			fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("\\`*_{}[]()#+-.!~=^", r):
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		if refers(s[:i], r, s[i+utf8.RuneLen(r):]) {
			b.WriteString(gap)
		}
	}
	return b.String()
}

// refers reports whether r joins what is before and after it to a mention, an issue, an address or an emoji.
func refers(before string, r rune, after string) bool {
	next, _ := utf8.DecodeRuneInString(after)
	switch r {
	case '@':
		return unicode.IsLetter(next) || unicode.IsDigit(next)
	case '#':
		return unicode.IsDigit(next)
	case ':':
		return next == '/' || next == '+' || next == '-' || unicode.IsLetter(next)
	case '-':
		return unicode.IsDigit(next) && strings.HasSuffix(strings.ToLower(before), "gh")
	}
	return false
}

// code returns s in the type of code. A code span of backticks could not hold a pipe in a table.
func (c cleaner) code(s string, limit int) string {
	return "<code>" + c.markdown(s, limit) + "</code>"
}

// link returns s as a link to address, or s alone when the address is none that a reader should follow.
func (c cleaner) link(s string, limit int, address string) string {
	text := cmp.Or(c.markdown(s, limit), "no name")
	if to := c.address(address); to != "" {
		return "[" + text + "](" + to + ")"
	}
	return text
}

// address returns an http or https address that can't end a Markdown link, or "".
func (c cleaner) address(s string) string {
	const longest = 2000
	u, err := url.Parse(c.redact(s))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || len(s) > longest {
		return ""
	}
	var b strings.Builder
	for _, char := range []byte(u.String()) {
		switch {
		case char == '&':
			b.WriteString("&amp;")
		case char < utf8.RuneSelf && (unicode.IsLetter(rune(char)) || unicode.IsDigit(rune(char)) || strings.IndexByte("-._~:/?#@!+,;=%", char) >= 0):
			b.WriteByte(char)
		default:
			fmt.Fprintf(&b, "%%%02X", char)
		}
	}
	return b.String()
}

// fence returns lines as a block of code, with a fence that none of them can close.
func fence(lines []string) string {
	text := strings.Join(lines, "\n")
	ticks := "```"
	for strings.Contains(text, ticks) {
		ticks += "`"
	}
	return ticks + "text\n" + text + "\n" + ticks + "\n"
}

// mermaid returns s as the text of a Mermaid task. Letters, digits and a few signs stay: the grammar has many special
// ones, and no way to escape them. The caller puts a sign in front, because a keyword or a date would be read as such.
func (c cleaner) mermaid(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.L, unicode.M, unicode.N) || strings.ContainsRune("-_./()+", r) {
			return r
		}
		return ' '
	}, c.text(s, 10*limit))
	return cut(strings.Join(strings.Fields(s), " "), limit)
}
