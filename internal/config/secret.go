package config

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// masked is what stands for a secret wherever one is printed.
const masked = "***"

// Secret is a credential. It prints as three asterisks under every verb and in JSON:
// whoever needs the value converts it with string(s).
type Secret string

// String gives three asterisks.
func (Secret) String() string { return masked }

// GoString gives three asterisks.
func (Secret) GoString() string { return masked }

// Format writes three asterisks: without it, a verb that does not fit would show the value.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, masked) }

// MarshalText gives three asterisks.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// token reads a secret that a service has made: such a one has no white space, so what has
// some is a bad copy, and it could not be sent in a header.
func (l *loader) token(name string) Secret {
	text := l.text(name)
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		l.problem(name, "", "holds white space or characters that no token has: store the bare value again, on one line")
	}
	return Secret(text)
}

// password reads a secret that a person has made, which may hold spaces.
func (l *loader) password(name string) Secret {
	text := l.text(name)
	if strings.ContainsFunc(text, unicode.IsControl) {
		l.problem(name, "", "holds a line break or a control character: store it again, on one line")
	}
	return Secret(text)
}

// require notes an input that is missing. reason follows "is required".
func (l *loader) require(name, reason string) {
	if l.text(name) != "" {
		return
	}
	if l.inputs[name].secret && strings.HasPrefix(l.getenv("GITHUB_EVENT_NAME"), "pull_request") {
		reason += "; GitHub passes no secrets to a pull request from a fork or from Dependabot"
	}
	l.problem(name, "", "is required%s", reason)
}
