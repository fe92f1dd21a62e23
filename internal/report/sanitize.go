package report

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleaner makes text from outside harmless. Everything that a service or a user wrote passes one of its methods on the way
// to the log, a command, Markdown, Mermaid or an output. The zero value is ready for use and knows no secrets.
//
// A runner reads commands from what is printed, in two spellings: "::name::" at the start of a line, white space aside,
// and "##[name]" anywhere in it. It may compare by culture, which skips characters without a width: these go first.
type cleaner struct{ secrets *strings.Replacer }

// hiding returns a cleaner that also replaces secrets, as they are and as they stand in an address. Very short ones are
// left to the runner: without them every other word would be gone.
func hiding(secrets []string) cleaner {
	const shortest = 4
	var all []string
	for _, secret := range secrets {
		for _, form := range append(strings.Split(secret, "\n"), secret, url.QueryEscape(secret), url.PathEscape(secret)) {
			if form = strings.TrimSpace(form); len(form) >= shortest {
				all = append(all, form)
			}
		}
	}
	// The longest first: a secret may begin with another one.
	slices.SortFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var pairs []string
	for _, form := range all {
		pairs = append(pairs, form, "***")
	}
	return cleaner{strings.NewReplacer(pairs...)}
}

// text returns s as one line of at most limit characters that a runner takes for no command.
func (c cleaner) text(s string, limit int) string {
	s = strings.Join(strings.Fields(c.visible(ahead(c.redact(s), limit))), " ")
	// What cut leaves over is a prefix: it can hold nothing new.
	return cut(harmless(s), limit)
}

// lines returns the last n lines of s, each of at most limit characters. Indentation stays, so that a log stays readable;
// a line may begin with "::", so whoever prints it puts something in front.
func (c cleaner) lines(s string, n, limit int) []string {
	all := strings.FieldsFunc(c.redact(s), func(r rune) bool { return strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r) })
	all = all[max(0, len(all)-n):]
	for i, line := range all {
		line = c.visible(strings.ReplaceAll(ahead(line, limit), "\t", "    "))
		all[i] = cut(breaks.Replace(strings.TrimRight(line, " ")), limit)
	}
	return all
}

// ahead drops what can't matter any more, so that a megabyte costs no more than a line.
func ahead(s string, limit int) string {
	if most := 8*limit + 1024; len(s) > most {
		return s[:most] + "…"
	}
	return s
}

func (c cleaner) redact(s string) string {
	if c.secrets == nil {
		return s
	}
	return c.secrets.Replace(s)
}

// terminal matches what colours and moves a terminal: CSI, OSC and two-character sequences.
var terminal = regexp.MustCompile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[@-Z\\\\^_])")

// visible drops what has no width (direction marks too) and turns every control and space into a plain space.
func (cleaner) visible(s string) string {
	if strings.Contains(s, "\x1b") {
		s = terminal.ReplaceAllString(s, "")
	}
	return strings.Map(func(r rune) rune {
		switch {
		case ' ' <= r && r <= '~':
			return r
		case unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
			return -1
		case unicode.IsControl(r), unicode.In(r, unicode.Z):
			return ' '
		}
		return r
	}, s)
}

// breaks takes apart what means something anywhere in a line, be it to the runner or to a file writer with a fixed delimiter.
var breaks = strings.NewReplacer(
	"##[", "## [",
	"_GitHubActionsFileCommandDelimeter_", "_GitHubActionsFileCommand Delimeter_",
)

func harmless(s string) string {
	s = breaks.Replace(s)
	if strings.HasPrefix(s, "::") {
		return ": " + s[1:]
	}
	return s
}

// cut shortens s to limit characters, never inside of one.
func cut(s string, limit int) string {
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s
	}
	end := 0
	for range limit - 1 {
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
	}
	return s[:end] + "…"
}

// notes reads the line ends that Tableau writes as a backslash and an n.
func notes(s string) string {
	return strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(s)
}
