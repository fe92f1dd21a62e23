package report

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"dbt-tableau-refresh/internal/sanitize"
)

const (
	maxListed = 500 // entries of a list in the log, or rows of a table in the summary

	// How many characters are shown of texts from outside.
	nameLimit    = 120
	messageLimit = 300
	noteLimit    = 400 // a name and a remark about it
	errorLimit   = 1000
	lineLimit    = 2000
)

// formatDuration returns d as 58s, 3m 42s, or 1h 02m.
func formatDuration(d time.Duration) string {
	seconds := seconds(d)
	switch {
	case seconds < 60:
		return fmt.Sprintf("%ds", seconds)
	case seconds < 60*60:
		return fmt.Sprintf("%dm %02ds", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%dh %02dm", seconds/3600, seconds/60%60)
}

func seconds(d time.Duration) int64 { return int64(max(0, d).Round(time.Second) / time.Second) }

// elapsed returns the time from start to end, or to now while end is zero; 0 if start is zero.
func elapsed(start, end, now time.Time) time.Duration {
	if start.IsZero() {
		return 0
	}
	return max(0, cmp.Or(end, now).Sub(start))
}

func tablesAndViews(n int) string {
	if n == 1 {
		return "1 table or view"
	}
	return fmt.Sprintf("%d tables and views", n)
}

func quoteName(name string) string { return `"` + sanitize.Truncate(name, nameLimit) + `"` }

// commaAnd joins texts as a list in a sentence: "a and b", or "a, b, and c".
func commaAnd(texts []string) string {
	if len(texts) <= 2 {
		return strings.Join(texts, " and ")
	}
	last := len(texts) - 1
	return strings.Join(texts[:last], ", ") + ", and " + texts[last]
}

// limitLines formats the first limit values, followed by the number of the others, and by where they are.
func limitLines[T any](values []T, limit int, where string, format func(T) string) []string {
	var lines []string
	for i, v := range values {
		if i == limit {
			return append(lines, fmt.Sprintf("and %d more%s", len(values)-limit, where))
		}
		lines = append(lines, format(v))
	}
	return lines
}

// readable returns an error of a service with the line breaks that Tableau writes as a backslash and a letter.
func readable(s string) string { return strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(s) }

// sentenceEnd matches the end of a sentence, or a quoted name, in which a sentence does not end.
var sentenceEnd = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"[^"]*"|[.?] (?:[A-Z]|dbt |tableau-|"[^"]*")`)
})

// errorParts splits an error after its first two sentences: what happened, what to do, and why.
func errorParts(s string) string {
	breaks := 0
	return sentenceEnd().ReplaceAllStringFunc(s, func(match string) string {
		if match[0] == '"' || breaks == 2 {
			return match
		}
		breaks++
		return match[:1] + "\n" + match[2:]
	})
}
