package rest

import (
	"crypto/x509"
	"errors"
)

// rootCertificates adds the extra ones to those of the system. An image without any is a mistake that would otherwise
// show as an untrusted certificate, so it is told as what it is.
func rootCertificates(extra []byte) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if len(extra) > 0 && !roots.AppendCertsFromPEM(extra) {
		return nil, errors.New("failed to read ca-certificate: it holds no certificate in PEM form")
	}
	if roots.Equal(x509.NewCertPool()) {
		return nil, errors.New("failed to find any root certificate: this image has none, and ca-certificate is empty")
	}
	return roots, nil
}
