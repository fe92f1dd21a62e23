package config

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// loader reads the inputs and collects the errors, so that all invalid inputs are reported at once.
type loader struct {
	getenv      func(string) string
	inputs      map[string]input
	values      map[string]string
	secrets     []string
	inputErrors []*InputError
	warnings    []string
	notices     []string
}

func newLoader(getenv func(string) string) *loader {
	l := &loader{
		getenv:  getenv,
		inputs:  make(map[string]input),
		values:  make(map[string]string),
		secrets: Secrets(getenv),
	}
	for _, in := range inputs() {
		l.inputs[in.name] = in
		l.values[in.name] = cmp.Or(strings.TrimSpace(getenv(environmentVariable(in.name))), in.defaultValue)
		if n := len(l.values[in.name]); in.secret && n > 0 && n <= maxShortSecret {
			l.warn("%s is only %d bytes long: masking it breaks up other words in the log", in.name, n)
		}
	}
	return l
}

// text returns the trimmed value of an input, or its default if it is empty.
func (l *loader) text(name string) string { return l.values[name] }

// isSet reports whether an input differs from its default. The runner passes the default of an input that is not set.
func (l *loader) isSet(name string) bool {
	return !strings.EqualFold(l.values[name], l.inputs[name].defaultValue)
}

// invalid adds an error. value is what the error shows of the input; "" shows nothing.
func (l *loader) invalid(name, value, format string, args ...any) {
	if l.inputs[name].secret || containsPassword(value) {
		value = ""
	}
	l.inputErrors = append(l.inputErrors, &InputError{
		Input:   name,
		Value:   l.redact(value, 1),
		Problem: l.redact(fmt.Sprintf(format, args...), minSecretInMessage),
	})
}

// containsPassword reports whether a value looks like a URL with a user name and a password.
func containsPassword(value string) bool {
	before, _, found := strings.Cut(value, "@")
	return found && strings.Contains(before, ":")
}

func (l *loader) warn(format string, args ...any) {
	l.warnings = append(l.warnings, l.redact(fmt.Sprintf(format, args...), minSecretInMessage))
}

// minSecretInMessage is the length of the shortest secret that is redacted in a message. A shorter one could be a part of its
// words.
const minSecretInMessage = 8

// redact masks the secrets of at least minLength bytes in text, in case one is in the wrong input. It ignores case, because
// hosts are shown in lower case.
func (l *loader) redact(text string, minLength int) string {
	for _, secret := range l.secrets {
		if len(secret) >= minLength {
			text = regexp.MustCompile("(?i)"+regexp.QuoteMeta(secret)).ReplaceAllLiteralString(text, mask)
		}
	}
	return text
}

func (l *loader) err() error {
	order := make(map[string]int)
	for i, in := range inputs() {
		order[in.name] = i
	}
	slices.SortStableFunc(l.inputErrors, func(a, b *InputError) int {
		return cmp.Compare(order[a.Input], order[b.Input])
	})
	errs := make([]error, 0, len(l.inputErrors))
	for _, inputError := range l.inputErrors {
		errs = append(errs, inputError)
	}
	return errors.Join(errs...)
}

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
