package config

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

// singleLine reads a text that is sent to a service.
func (l *loader) singleLine(name string) string {
	text := l.text(name)
	if strings.ContainsFunc(text, unicode.IsControl) {
		l.invalid(name, text, "must be a single line without control characters")
		return ""
	}
	return text
}

// boolean accepts the six spellings of the YAML 1.2 core schema, as GitHub's own actions do.
func (l *loader) boolean(name string) bool {
	switch text := l.text(name); text {
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	default:
		l.invalid(name, text, "must be true or false")
		return l.inputs[name].defaultValue == "true"
	}
}

func (l *loader) optionalBoolean(name string) *bool {
	if l.text(name) == "" {
		return nil
	}
	return new(l.boolean(name))
}

func (l *loader) optionalInteger(name string, minimum int64) *int64 {
	if l.text(name) == "" {
		return nil
	}
	return new(l.integer(name, minimum, math.MaxInt64))
}

func (l *loader) count(name string) int { return int(l.integer(name, 0, math.MaxInt32)) }

func (l *loader) integer(name string, minimum, maximum int64) int64 {
	text := l.text(name)
	value, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || value < minimum:
		l.invalid(name, text, "must be an integer of at least %d", minimum)
	case value > maximum:
		l.invalid(name, text, "must be at most %d", maximum)
	default:
		return value
	}
	return 0 // no further errors about this value
}

func (l *loader) choice(name string, values ...string) string {
	text := l.text(name)
	if !slices.Contains(values, text) {
		l.invalid(name, text, "must be one of: %s", strings.Join(values, ", "))
	}
	return text
}

// timeout reads the maximum duration or age of something. A number without a unit is invalid: it could mean seconds or minutes,
// and the wrong one would be noticed only hours later.
func (l *loader) timeout(name string) time.Duration {
	text := l.text(name)
	if text == "" {
		return 0
	}
	if isDigits(text) && strings.Trim(text, "0") != "" {
		l.invalid(name, text, "needs a unit: write %[1]ss for seconds or %[1]sm for minutes", truncate(text))
		return 0
	}
	return l.duration(name, 1, "more than zero")
}

// interval reads the time between two polls. A number without a unit is in seconds.
func (l *loader) interval(name string) time.Duration {
	text := l.text(name)
	if text == "" {
		return 0
	}
	if isDigits(text) {
		return time.Duration(l.integer(name, 1, int64(math.MaxInt64/time.Second))) * time.Second
	}
	return l.duration(name, time.Second, "at least 1s")
}

func (l *loader) duration(name string, minimum time.Duration, requirement string) time.Duration {
	text := l.text(name)
	value, err := parseDuration(text)
	switch {
	case err != nil:
		l.invalid(name, text, "must be a duration such as 90s, 45m, 2h30m, or 2d%s", durationHint(text))
	case value > maxDuration:
		l.invalid(name, text, "must be at most 30 days")
	case value < minimum:
		l.invalid(name, text, "must be %s", requirement)
	}
	return value
}

// parseDuration parses Go durations separated by spaces, each of which may start with a number of days.
func parseDuration(text string) (sum time.Duration, err error) {
	for part := range strings.FieldsSeq(text) {
		var days int64
		if before, rest, found := strings.Cut(part, "d"); found && isDigits(before) {
			days, err = strconv.ParseInt(before, 10, 16)
			part = cmp.Or(rest, "0")
		}
		value, partErr := time.ParseDuration(part)
		sum += time.Duration(days)*24*time.Hour + value
		if err = cmp.Or(err, partErr); err != nil || sum > maxDuration {
			break
		}
	}
	return sum, err
}

// durationHint returns how to write a duration with units in words, such as "90 minutes"; "" for any other text.
func durationHint(text string) string {
	fixed := strings.ToLower(unitWord().ReplaceAllString(text, "$1$2"))
	if _, err := parseDuration(fixed); err != nil {
		return ""
	}
	return ": write " + strings.ReplaceAll(fixed, " ", "")
}

var unitWord = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)([0-9]+) *([smhd])(?:ec|in|r|econd|inute|our|ay)?s?\b`)
})

// maxDuration is longer than a job can take on any runner, and as long as a workflow run can be re-run.
const maxDuration = 30 * 24 * time.Hour

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
