package config

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// mask is printed instead of a secret.
const mask = "***"

// Secret is a credential. Every fmt verb and JSON print three asterisks; string(s) is its value.
type Secret string

// String returns three asterisks.
func (Secret) String() string { return mask }

// GoString returns three asterisks.
func (Secret) GoString() string { return mask }

// Format writes three asterisks. Without it, a verb such as %d would print the value.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, mask) }

// MarshalText returns three asterisks.
func (Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }

// token reads a secret that a service created. It can't contain white space, and could not be sent in a header if it did.
func (l *loader) token(name string) Secret {
	text := l.text(name)
	scheme, _, _ := strings.Cut(text, " ")
	switch {
	case len(text) > len(scheme) && (strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "Token")):
		l.invalid(name, "", "starts with %q: store only the token that follows it", scheme)
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		l.invalid(name, "", "contains spaces, line breaks, or invalid characters; paste only the token")
	}
	return Secret(text)
}

// password reads a secret that a person chose, which may contain spaces.
func (l *loader) password(name string) Secret {
	text := l.text(name)
	if strings.ContainsFunc(text, unicode.IsControl) {
		l.invalid(name, "", "contains a line break or a control character. Store it again, on one line")
	}
	return Secret(text)
}

// maxShortSecret is the length, in bytes, of a secret that is likely to occur in other words.
const maxShortSecret = 3

// require adds an error if an input is not set. reason follows "is required" in its text.
func (l *loader) require(name, reason string) {
	if l.text(name) != "" {
		return
	}
	if l.inputs[name].secret {
		reason += "; the input is not set, or its secret is empty or not defined"
		if strings.HasPrefix(l.getenv("GITHUB_EVENT_NAME"), "pull_request") || l.getenv("GITHUB_ACTOR") == "dependabot[bot]" {
			reason += ": GitHub passes no secrets to a pull request from a fork or from Dependabot"
		}
	}
	l.invalid(name, "", "is required%s", reason)
}

// certificatesPEM reads extra root certificates. Errors do not contain the value: it is long, and may be a key by mistake.
func (l *loader) certificatesPEM(name string) []byte {
	text := []byte(l.text(name))
	if len(text) == 0 {
		return nil
	}
	count := 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			l.invalid(name, "", "contains a private key. Remove it, and keep only the certificates")
			return nil
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			l.invalid(name, "", "contains an invalid certificate. Copy the PEM text again")
			return nil
		}
		count++
	}
	if count > 0 && count != strings.Count(string(text), "-----BEGIN CERTIFICATE-----") {
		l.invalid(name, "", "contains an incomplete certificate. Copy the PEM text again, each certificate from BEGIN to END")
		return nil
	}
	if count == 0 {
		l.invalid(name, "", "contains no certificate. Paste PEM text, with -----BEGIN CERTIFICATE----- on a separate line")
		return nil
	}
	return text
}
