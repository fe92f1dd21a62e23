package sanitize

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// zeroWidthSpace keeps GitHub from linking mentions, issues, and URLs: it finds them in the rendered text, without backslashes.
const zeroWidthSpace = "&#8203;"

// Markdown returns s as one line of Markdown that renders as plain text, of at most limit characters before escaping. It
// is safe in the cell of a table.
func (c Cleaner) Markdown(s string, limit int) string {
	s = c.Line(s, limit)
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '.' && strings.HasSuffix(strings.ToLower(s[:i]), "www"):
			b.WriteString(zeroWidthSpace + `\.`)
		case strings.ContainsRune("&<>|$\"'", r):
			fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("\\`*_{}[]()#+-.!~=^", r):
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		if startsReference(s[:i], r, s[i+utf8.RuneLen(r):]) {
			b.WriteString(zeroWidthSpace)
		}
	}
	return b.String()
}

// startsReference reports whether r connects before and after to a mention, an issue, a URL, or an emoji.
func startsReference(before string, r rune, after string) bool {
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

// Code returns s as Markdown in a code font. It is an HTML element, because a code span in a table can't contain a pipe.
func (c Cleaner) Code(s string, limit int) string {
	return "<code>" + c.Markdown(s, limit) + "</code>"
}

// Link returns s, or "no name" if it is empty, as a Markdown link to address; without a link if [Cleaner.URL] rejects
// address.
func (c Cleaner) Link(s string, limit int, address string) string {
	text := cmp.Or(c.Markdown(s, limit), "no name")
	if target := c.URL(address); target != "" {
		return "[" + text + "](" + target + ")"
	}
	return text
}

// URL returns s, an http or https URL without credentials, escaped so that it can't end a Markdown link; "" if s is
// anything else.
func (c Cleaner) URL(s string) string {
	const maxBytes = 2000
	u, err := url.Parse(c.Redact(s))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || len(s) > maxBytes {
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

// CodeBlock returns lines as a Markdown code block, with a fence that no line can close. It does not redact or clean lines.
func CodeBlock(lines []string) string {
	text := strings.Join(lines, "\n")
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "text\n" + text + "\n" + fence + "\n"
}

// Mermaid returns s as the name of a Mermaid task. Only letters, digits, and a few other characters stay, because Mermaid
// has no escapes. The caller has to put a symbol in front, because Mermaid interprets keywords and dates.
func (c Cleaner) Mermaid(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.L, unicode.M, unicode.N) || strings.ContainsRune("-_./()+", r) {
			return r
		}
		return ' '
	}, c.Line(s, 10*limit))
	return Truncate(strings.Join(strings.Fields(s), " "), limit)
}
