package config

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
)

// certificates reads extra root certificates. Their text is never shown: it is long, and
// by a slip it may be a key.
func (l *loader) certificates(name string) []byte {
	text := []byte(l.text(name))
	if len(text) == 0 {
		return nil
	}
	found := 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			l.problem(name, "", "holds a private key: only certificates belong here")
			return nil
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			l.problem(name, "", "holds a certificate that can't be read: copy the PEM text again")
			return nil
		}
		found++
	}
	if found > 0 && found != strings.Count(string(text), "-----BEGIN CERTIFICATE-----") {
		l.problem(name, "", "holds a certificate that is cut off or changed: copy the PEM text again, each from BEGIN to END")
		return nil
	}
	if found == 0 {
		l.problem(name, "", "holds no certificate: give PEM text with -----BEGIN CERTIFICATE----- on a line of its own")
		return nil
	}
	return text
}
