package config

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
)

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
