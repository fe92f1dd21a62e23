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
			l.invalid(name, "", "holds a private key: only certificates belong here")
			return nil
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			l.invalid(name, "", "holds a certificate that can't be read: copy the PEM text again")
			return nil
		}
		count++
	}
	if count > 0 && count != strings.Count(string(text), "-----BEGIN CERTIFICATE-----") {
		l.invalid(name, "", "holds a certificate that is cut off or changed: copy the PEM text again, each from BEGIN to END")
		return nil
	}
	if count == 0 {
		l.invalid(name, "", "holds no certificate: give PEM text with -----BEGIN CERTIFICATE----- on a line of its own")
		return nil
	}
	return text
}
