package config

import (
	"fmt"
	"strings"
)

// InputError is one mistake in the inputs. Load joins them with errors.Join.
type InputError struct {
	// Input is the input's name as in action.yml.
	Input string
	// Value is what was given, as a whole or the entry of a list at fault. Empty when
	// nothing was given, and for whatever must not be shown.
	Value string
	// Problem says what is wrong and what to write instead, without naming the input.
	Problem string
}

// maxShown is how many characters of a value an error shows.
const maxShown = 80

// Error names the input, the problem, and the value, which is cut and quoted because it
// may be long and may hold control characters.
func (e *InputError) Error() string {
	text := fmt.Sprintf("input %s: %s", e.Input, e.Problem)
	if e.Value == "" {
		return text
	}
	return text + fmt.Sprintf(" (got %q)", cut(e.Value))
}

func cut(value string) string {
	runes := []rune(strings.ToValidUTF8(value, "\uFFFD"))
	if len(runes) <= maxShown {
		return value
	}
	return string(runes[:maxShown-1]) + "…"
}
