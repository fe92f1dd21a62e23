package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// runTime writes a time as runs have it, with a space; nil stands for what has not happened.
func formatRunTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC().Format("2006-01-02 15:04:05.000000+00:00"))
}

// jobTime writes a time as jobs and accounts have it.
func formatJobTime(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}

// clockTime writes a duration as HH:MM:SS.
func formatClock(d time.Duration) string {
	s := int(d.Seconds())
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// humanTime writes a duration as dbt's pages do, such as "3 minutes, 40 seconds".
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
