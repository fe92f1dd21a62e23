package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// formatRunTime formats a time as in runs, with a space. It returns nil for a zero time.
func formatRunTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC().Format("2006-01-02 15:04:05.000000+00:00"))
}

// formatJobTime formats a time as in jobs and accounts.
func formatJobTime(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}

// formatClock formats a duration as HH:MM:SS.
func formatClock(d time.Duration) string {
	s := int(d.Seconds())
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// formatHuman formats a duration as dbt's pages do, such as "3 minutes, 40 seconds".
func formatHuman(d time.Duration) string {
	s := int(d.Seconds())
	var parts []string
	for _, unit := range []struct {
		name   string
		amount int
	}{{"hour", s / 3600}, {"minute", s / 60 % 60}, {"second", s % 60}} {
		switch {
		case unit.amount == 1:
			parts = append(parts, "1 "+unit.name)
		case unit.amount > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", unit.amount, unit.name))
		}
	}
	if len(parts) == 0 {
		return "0 minutes"
	}
	return strings.Join(parts, ", ")
}
