package sandbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
)

func TestAuthority(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, host string
		trusted    bool
		// wrongHost and unknown are the expected kind of error. Default: success.
		wrongHost, unknown bool
	}{
		{name: "name", host: "tableau.test", trusted: true},
		{name: "address", host: "172.17.0.1", trusted: true},
		{name: "other_host", host: "elsewhere.test", trusted: true, wrongHost: true},
		{name: "not_trusted", host: "tableau.test", unknown: true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			authority, err := NewAuthority()
			if err != nil {
				t.Fatal(err)
			}
			certificate, err := authority.Certificate("tableau.test", "172.17.0.1")
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			if tc.trusted && !roots.AppendCertsFromPEM(authority.PEM()) {
				t.Fatal("the PEM contains no certificate")
			}
			err = getOverTLS(t, tc.host, certificate, roots)
			_, wrongHost := errors.AsType[x509.HostnameError](err)
			_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
			if wrongHost != tc.wrongHost || unknown != tc.unknown || (err == nil) != (!tc.wrongHost && !tc.unknown) {
				t.Errorf("got %v, want a wrong host: %t, an unknown authority: %t", err, tc.wrongHost, tc.unknown)
			}
		})
	}
}

// getOverTLS uses a real socket: in a failed handshake both sides write at the same time, and connections of a Network
// are not buffered.
func getOverTLS(t *testing.T, host string, certificate tls.Certificate, roots *x509.CertPool) error {
	t.Helper()
	server := httptest.NewUnstartedServer(New(successScenario()).Tableau())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.StartTLS()
	defer server.Close()
	var dialer net.Dialer
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, server.Listener.Addr().String())
		},
	}
	defer transport.CloseIdleConnections()

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+"/api/2.4/serverinfo", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// TestAuthority_VirtualTime asserts that a certificate is valid at the time of its bubble.
func TestAuthority_VirtualTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		authority, err := NewAuthority()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := authority.certificate.NotBefore.Year(), 1999; got != want {
			t.Errorf("valid from the year %d, want %d", got, want)
		}
	})
}
