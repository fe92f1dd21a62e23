package report

import (
	"fmt"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/sanitize"
)

// How many characters are shown of texts from outside.
const (
	nameLimit  = 120
	noteLimit  = 400 // a name and a remark about it
	errorLimit = 1000
	lineLimit  = 2000
)

// maxListed is how many entries a list in the log or a table in the summary has.
const maxListed = 500

// formatDuration returns d as 58s, 3m 42s, or 1h 02m.
func formatDuration(d time.Duration) string {
	seconds := int(max(0, d).Round(time.Second) / time.Second)
	switch {
	case seconds < 60:
		return fmt.Sprintf("%ds", seconds)
	case seconds < 60*60:
		return fmt.Sprintf("%dm %02ds", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%dh %02dm", seconds/3600, seconds/60%60)
}

// pluralize returns n with the noun in the right form: "1 step", "2 steps".
func pluralize(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "sh") {
		noun += "e"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func quoteName(name string) string { return `"` + sanitize.Truncate(name, nameLimit) + `"` }

func andMore(n int) string { return fmt.Sprintf("and %d more", n) }

// limitLines formats the first limit values, followed by the number of the others, and by where they are.
func limitLines[T any](values []T, limit int, where string, format func(T) string) []string {
	var lines []string
	for i, v := range values {
		if i == limit {
			return append(lines, andMore(len(values)-limit)+where)
		}
		lines = append(lines, format(v))
	}
	return lines
}

// unescapeLineBreaks replaces the line breaks that Tableau writes as a backslash and a letter.
func unescapeLineBreaks(s string) string {
	return strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(s)
}
