package sanitize

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// limitBytes drops what is certainly beyond limit characters, so that a megabyte costs no more than a line.
func limitBytes(s string, limit int) string {
	if most := 8*limit + 1024; len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// terminalSequence matches what colors text or moves the cursor of a terminal: CSI, OSC, and two-character sequences.
var terminalSequence = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[@-Z\\\\^_])")
})

// printable drops characters without a width, direction marks included, and replaces each control and each space by " ".
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

// commandBreaker inserts a space into what has a meaning anywhere in a line: for the runner, and for programs that write the
// runner's files with a constant delimiter, such as go-githubactions.
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
