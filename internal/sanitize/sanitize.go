// Package sanitize makes text from outside harmless for a log, a workflow command, Markdown, and Mermaid.
//
// It takes text from a service or a user, secrets, and a limit in characters. It returns text within the limit that looks as it
// was written, without secrets, and without anything that a runner, a renderer, or a terminal interprets.
//
// It must never return part of a secret: secrets are replaced in whole values, before anything is truncated. It never fails
// and never writes anything. It imports only the standard library.
//
// A runner reads commands from all output, in two forms: "::name::" at the start of a line, after white space, and
// "##[name]" anywhere in a line. Its text comparison ignores characters without a width, so those are removed first.
// See https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs.
package sanitize

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Cleaner sanitizes text that can contain secrets. The zero value has no secrets and is ready for use. [RedactAll] redacts whole
// values; the methods redact again, because text is put together afterwards.
type Cleaner struct {
	secrets *strings.Replacer
	forms   []string // of the secrets, the longest first
}

// Line returns s as one line of at most limit characters that contains no workflow command.
func (c Cleaner) Line(s string, limit int) string { return Line(c.Redact(s), limit) }

// Line is [Cleaner.Line] for text without secrets.
func Line(s string, limit int) string {
	s = strings.Join(strings.Fields(printable(limitBytes(s, limit))), " ")
	// A prefix can't contain a new command, so truncating comes last.
	return Truncate(BreakCommands(s), limit)
}

// Tail returns the last n lines of s, each of at most limit characters, with their indentation. A line can start with "::",
// so the caller has to put something in front.
func (c Cleaner) Tail(s string, n, limit int) []string {
	lines := strings.FieldsFunc(c.Redact(s), func(r rune) bool { return strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r) })
	lines = lines[max(0, len(lines)-n):]
	for i, line := range lines {
		line = printable(strings.ReplaceAll(limitBytes(line, limit), "\t", "    "))
		lines[i] = Truncate(commandBreaker.Replace(strings.TrimRight(line, " ")), limit)
	}
	return lines
}

// Redact returns s with each secret replaced by "***".
func (c Cleaner) Redact(s string) string {
	if c.secrets == nil {
		return s
	}
	// Text can arrive truncated, so the start of a secret before an ellipsis is replaced, too.
	pieces := strings.Split(c.secrets.Replace(s), "…")
	for i, piece := range pieces[:len(pieces)-1] {
		pieces[i] = c.redactPrefix(piece)
	}
	return strings.Join(pieces, "…")
}

// redactPrefix replaces the start of a secret at the end of s.
func (c Cleaner) redactPrefix(s string) string {
	for _, form := range c.forms {
		for n := min(len(form)-1, len(s)); n >= minSecretBytes; n-- {
			if rest, found := strings.CutSuffix(s, form[:n]); found {
				return rest + "***"
			}
		}
	}
	return s
}

// limitBytes keeps at least limit characters. It makes a megabyte of text as cheap as a line.
func limitBytes(s string, limit int) string {
	if most := 8*limit + 1024; len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// terminalSequence matches ANSI escape sequences: CSI, OSC, and those of two characters.
var terminalSequence = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[@-Z\\\\^_])")
})

// printable drops characters without a width, including direction marks, and replaces each control character and space by " ".
func printable(s string) string {
	if strings.Contains(s, "\x1b") {
		s = terminalSequence().ReplaceAllString(s, "")
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

// commandBreaker breaks what has a meaning anywhere in a line: for the runner, and for go-githubactions, which writes the
// runner's files with a constant delimiter.
var commandBreaker = strings.NewReplacer(
	"##[", "## [",
	"_GitHubActionsFileCommandDelimeter_", "_GitHubActionsFileCommand Delimeter_",
)

// BreakCommands returns s, a single line, with a space inserted into each workflow command and each constant delimiter.
func BreakCommands(s string) string {
	s = commandBreaker.Replace(s)
	if strings.HasPrefix(s, "::") {
		return ": " + s[1:]
	}
	return s
}

// Truncate shortens s to limit characters, the last of which is then an ellipsis. It never splits a character.
func Truncate(s string, limit int) string {
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
