// Package sanitize makes text from outside harmless for a log, a workflow command, Markdown, and Mermaid.
//
// It takes text that a service or a user wrote, secrets, and a limit in characters. It returns text within the limit that a
// reader sees as it was written, without secrets, and without anything that a runner, a renderer, or a terminal obeys.
//
// It must never return part of a secret: secrets are replaced in whole values, before anything is truncated. It never fails
// and never writes anything. It knows nothing of dbt and Tableau, and imports only the standard library.
//
// A runner reads commands from all output, in two forms: "::name::" at the start of a line, after white space, and
// "##[name]" anywhere in a line. Its comparison of text is sensitive to culture, which ignores characters without a width,
// so those are removed first.
// See https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs.
package sanitize

import "strings"

// Cleaner sanitizes text that can contain secrets. The zero value knows no secrets and is ready for use. Values are redacted
// once as a whole, by [RedactAll]; the methods redact again, because text is put together afterwards.
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
func (c Cleaner) Tail(s string, n, limit int) []string { return Tail(c.Redact(s), n, limit) }

// Tail is [Cleaner.Tail] for text without secrets.
func Tail(s string, n, limit int) []string {
	lines := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r) })
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
	return c.redactTruncated(c.secrets.Replace(s))
}

// redactTruncated replaces the start of a secret before an ellipsis, because text can arrive truncated.
func (c Cleaner) redactTruncated(s string) string {
	const ellipsis = "…"
	if !strings.Contains(s, ellipsis) {
		return s
	}
	pieces := strings.Split(s, ellipsis)
	for i, piece := range pieces[:len(pieces)-1] {
		pieces[i] = c.redactPrefix(piece)
	}
	return strings.Join(pieces, ellipsis)
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
