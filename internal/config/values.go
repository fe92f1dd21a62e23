package config

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// The methods of this file read one input of one type. On a mistake they note it and give
// the default or the zero value, so that the caller need not look.

// line reads a text that goes to a service as it is.
func (l *loader) line(name string) string {
	text := l.text(name)
	if strings.ContainsFunc(text, unicode.IsControl) {
		l.problem(name, text, "must be a single line without control characters")
		return ""
	}
	return text
}

// boolean takes the six spellings of YAML 1.2, like GitHub's own actions do.
func (l *loader) boolean(name string) bool {
	switch text := l.text(name); text {
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	default:
		l.problem(name, text, "must be true or false")
		return l.inputs[name].def == "true"
	}
}

func (l *loader) optionalBoolean(name string) *bool {
	if l.text(name) == "" {
		return nil
	}
	value := l.boolean(name)
	return &value
}

func (l *loader) optionalInteger(name string, least int64) *int64 {
	if l.text(name) == "" {
		return nil
	}
	value := l.integer(name, least, math.MaxInt64)
	return &value
}

// count reads how often or how many.
func (l *loader) count(name string) int {
	return int(l.integer(name, 0, math.MaxInt32))
}

func (l *loader) integer(name string, least, most int64) int64 {
	text := l.text(name)
	value, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || value < least:
		l.problem(name, text, "must be a whole number, %d or more, in digits", least)
		return 0
	case value > most:
		l.problem(name, text, "must be at most %d", most)
		return 0
	}
	return value
}

// choice reads an input that has one of a few values.
func (l *loader) choice(name string, values ...string) string {
	text := l.text(name)
	if !slices.Contains(values, text) {
		l.problem(name, text, "must be one of: %s", strings.Join(values, ", "))
		return l.inputs[name].def
	}
	return text
}

// limit reads how long something may take. A bare number is refused: nobody could tell
// whether it means seconds or minutes, and a wrong guess shows only hours later.
func (l *loader) limit(name string) time.Duration {
	text := l.text(name)
	if text == "" {
		return 0
	}
	if isNumber(text) && strings.Trim(text, "0") != "" {
		l.problem(name, text, "needs a unit: write %[1]ss for seconds or %[1]sm for minutes", cut(text))
		return 0
	}
	return l.duration(name, 1, "more than zero")
}

// interval reads a time between two looks. Here a bare number is seconds.
func (l *loader) interval(name string) time.Duration {
	text := l.text(name)
	if text == "" {
		return 0
	}
	if isNumber(text) {
		return time.Duration(l.integer(name, 1, int64(math.MaxInt64/time.Second))) * time.Second
	}
	return l.duration(name, time.Second, "at least 1s")
}

func (l *loader) duration(name string, least time.Duration, wording string) time.Duration {
	text := l.text(name)
	value, err := time.ParseDuration(text)
	switch {
	case err != nil:
		l.problem(name, text, "must be a duration like 90s, 45m or 2h30m")
		return 0
	case value > longest:
		l.problem(name, text, "is longer than any job may take: 30 days at the most")
		return 0
	case value < least:
		l.problem(name, text, "must be %s", wording)
		return 0
	}
	return value
}

// longest is beyond what any runner gives a job.
const longest = 30 * 24 * time.Hour

// isNumber tells whether text is digits and nothing else.
func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
