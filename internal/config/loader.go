package config

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// loader collects the mistakes while the inputs are read, so that reading goes straight on.
type loader struct {
	getenv   func(string) string
	inputs   map[string]input
	values   map[string]string
	secrets  []string
	mistakes []*InputError
	warnings []string
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
		l.values[in.name] = cmp.Or(strings.TrimSpace(getenv(variable(in.name))), in.def)
	}
	return l
}

// text gives an input as it counts: trimmed, and its default when it is empty.
func (l *loader) text(name string) string { return l.values[name] }

// given tells whether the author set an input. The runner fills in the defaults, so one
// that is set to its default looks the same as one that is not set.
func (l *loader) given(name string) bool {
	return !strings.EqualFold(l.values[name], l.inputs[name].def)
}

// problem notes a mistake. value is what the error shows of the input, "" for nothing.
func (l *loader) problem(name, value, format string, args ...any) {
	if l.inputs[name].secret || holdsPassword(value) {
		value = ""
	}
	l.mistakes = append(l.mistakes, &InputError{
		Input:   name,
		Value:   l.redact(value, 1),
		Problem: l.redact(fmt.Sprintf(format, args...), inProse),
	})
}

// holdsPassword tells whether a value looks like an address with a user name and password.
func holdsPassword(value string) bool {
	before, _, found := strings.Cut(value, "@")
	return found && strings.Contains(before, ":")
}

func (l *loader) warn(format string, args ...any) {
	l.warnings = append(l.warnings, l.redact(fmt.Sprintf(format, args...), inProse))
}

// inProse is how long a secret must be to be taken out of our own sentences, which hold
// little of what was given: a secret of few letters would only tear up the words.
const inProse = 8

// redact takes out the secrets, of at least so many bytes, that an author put into the
// wrong input. Letter case does not count, because hosts are shown in lower case.
func (l *loader) redact(text string, least int) string {
	for _, secret := range l.secrets {
		if len(secret) >= least {
			text = regexp.MustCompile("(?i)"+regexp.QuoteMeta(secret)).ReplaceAllLiteralString(text, masked)
		}
	}
	return text
}

func (l *loader) err() error {
	order := make(map[string]int)
	for i, in := range inputs() {
		order[in.name] = i
	}
	slices.SortStableFunc(l.mistakes, func(a, b *InputError) int {
		return cmp.Compare(order[a.Input], order[b.Input])
	})
	errs := make([]error, 0, len(l.mistakes))
	for _, mistake := range l.mistakes {
		errs = append(errs, mistake)
	}
	return errors.Join(errs...)
}
