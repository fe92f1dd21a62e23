package sandbox

import (
	"slices"
	"strings"
	"time"
)

// logText returns the lines that are printed by now. The lines from the summary on are printed at the very end. dbt, unlike git,
// writes the time in front of each event, which can have several lines.
func logText(step Step, begin, now time.Time) string {
	lines := step.Log
	summary := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "Completed ") })
	if summary < 0 {
		summary = len(lines) - 1
	}
	var text strings.Builder
	for i, line := range lines {
		at := begin.Add(step.Duration * time.Duration(min(i, summary)+1) / time.Duration(summary+1))
		if at.After(now) {
			break
		}
		if step.Command != "" {
			text.WriteString(at.UTC().Format("15:04:05") + "  ")
		}
		text.WriteString(line + "\n")
	}
	return text.String()
}

// debugText returns the log as the more detailed debug log.
func debugText(logs string) string {
	var text strings.Builder
	for line := range strings.Lines(logs) {
		at, rest, _ := strings.Cut(line, "  ")
		text.WriteString(at + ".000000 [info ] [MainThread]: " + rest)
	}
	return text.String()
}

func lastLines(text string, count int) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[max(0, len(lines)-1-count):], "")
}

func earlierOf(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
