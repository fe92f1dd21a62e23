package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"
)

// newCertificatePEM returns a self-signed certificate and its key, both in PEM format.
func newCertificatePEM(t *testing.T) (certificate, key string) {
	t.Helper()

	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}

func TestConfig_certificates(t *testing.T) {
	t.Parallel()

	certificate, key := newCertificatePEM(t)
	text := "# our authority\n" + certificate + "\n" + certificate
	got, err := Load(getenv(override(onlyDBT(), map[string]string{"ca-certificate": text})))
	if err != nil {
		t.Fatalf("Load failed: %v", err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(got.CACertificate) {
		t.Errorf("no certificate in %q", got.CACertificate)
	}

	checkInvalid(t, onlyDBT(), []invalidCase{
		{
			name:   "file_name",
			values: map[string]string{"ca-certificate": "ca.pem"},
			want:   []string{"input ca-certificate: contains no certificate. Paste PEM text, with -----BEGIN CERTIFICATE----- on a separate line"},
		},
		{
			name:   "key_after_the_certificate",
			values: map[string]string{"ca-certificate": certificate + key},
			want:   []string{"input ca-certificate: contains a private key. Remove it, and keep only the certificates"},
		},
		{
			name:   "second_of_two_truncated",
			values: map[string]string{"ca-certificate": certificate + certificate[:len(certificate)/2]},
			want:   []string{"input ca-certificate: contains an incomplete certificate. Copy the PEM text again, each certificate from BEGIN to END"},
		},
		{
			name:   "broken",
			values: map[string]string{"ca-certificate": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}))},
			want:   []string{"input ca-certificate: contains an invalid certificate. Copy the PEM text again"},
		},
	})
}
