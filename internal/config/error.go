package config

import (
	"fmt"
	"strings"
)

// InputError is one invalid input. Load joins them with errors.Join.
type InputError struct {
	// Input is the input's name in action.yml.
	Input string
	// Value is the input's value, or the invalid entry of a list; "" if it is not set or must not be shown.
	Value string
	// Problem is what is wrong and what to write instead, without the input's name.
	Problem string
}

// maxShownLength is how many characters of a value an error shows.
const maxShownLength = 80

// Error returns the input, the problem, and the value, which is quoted and truncated.
func (e *InputError) Error() string {
	text := fmt.Sprintf("input %s: %s", e.Input, e.Problem)
	if e.Value == "" {
		return text
	}
	return text + fmt.Sprintf(" (got %q)", truncate(e.Value))
}

func truncate(value string) string {
	runes := []rune(strings.ToValidUTF8(value, "\uFFFD"))
	if len(runes) <= maxShownLength {
		return value
	}
	return string(runes[:maxShownLength-1]) + "…"
}
