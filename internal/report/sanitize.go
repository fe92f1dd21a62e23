package report

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// cleaner makes text from outside harmless. Everything that a service or a user wrote passes one of its methods on the way
// to the log, a command, Markdown, Mermaid or an output. The zero value is ready for use and knows no secrets.
// Secrets go at the door, see hide; its methods look for them once more in what was put together since.
//
// A runner reads commands from what is printed, in two spellings: "::name::" at the start of a line, white space aside,
// and "##[name]" anywhere in it. It may compare by culture, which skips characters without a width: these go first.
type cleaner struct {
	secrets *strings.Replacer
	forms   []string // of the secrets, the longest first
}

// text returns s as one line of at most limit characters that a runner takes for no command.
func (c cleaner) text(s string, limit int) string {
	return flat(c.redact(s), limit)
}

// flat is text for what holds no secret any more.
func flat(s string, limit int) string {
	s = strings.Join(strings.Fields(visible(ahead(s, limit))), " ")
	// What cut leaves over is a prefix: it can hold nothing new.
	return cut(harmless(s), limit)
}

// lines returns the last n lines of s, each of at most limit characters. Indentation stays, so that a log stays readable;
// a line may begin with "::", so whoever prints it puts something in front.
func (c cleaner) lines(s string, n, limit int) []string { return tail(c.redact(s), n, limit) }

// tail is lines for what holds no secret any more.
func tail(s string, n, limit int) []string {
	all := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r) })
	all = all[max(0, len(all)-n):]
	for i, line := range all {
		line = visible(strings.ReplaceAll(ahead(line, limit), "\t", "    "))
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
	return c.severed(c.secrets.Replace(s))
}

// severed hides the beginning of a secret in front of an ellipsis: others cut, too, and know no secrets.
func (c cleaner) severed(s string) string {
	const mark = "…"
	if !strings.Contains(s, mark) {
		return s
	}
	pieces := strings.Split(s, mark)
	for i, piece := range pieces[:len(pieces)-1] {
		pieces[i] = c.unfinished(piece)
	}
	return strings.Join(pieces, mark)
}

func (c cleaner) unfinished(s string) string {
	for _, form := range c.forms {
		for n := min(len(form)-1, len(s)); n >= shortest; n-- {
			if rest, found := strings.CutSuffix(s, form[:n]); found {
				return rest + "***"
			}
		}
	}
	return s
}

// terminal matches what colours and moves a terminal: CSI, OSC and two-character sequences.
var terminal = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[@-Z\\\\^_])")
})

// visible drops what has no width (direction marks too) and turns every control and space into a plain space.
func visible(s string) string {
	if strings.Contains(s, "\x1b") {
		s = terminal().ReplaceAllString(s, "")
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
