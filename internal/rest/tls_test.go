package rest_test

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// newTLSServer serves respondOK with a certificate of the authority for the given names. change can modify its settings; nil
// keeps them.
func newTLSServer(t *testing.T, authority *sandbox.Authority, change func(*tls.Config), names ...string) *url.URL {
	t.Helper()
	certificate, err := authority.Certificate(names...)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Protocol", r.Proto)
		respondOK(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the tests refuse handshakes
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	if change != nil {
		change(server.TLS)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func newAuthority(t *testing.T) *sandbox.Authority {
	t.Helper()
	authority, err := sandbox.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

func TestDo_tls(t *testing.T) {
	t.Parallel()

	authority, otherAuthority := newAuthority(t), newAuthority(t)
	cases := []struct {
		name    string
		trusted *sandbox.Authority
		host    string
		change  func(*tls.Config)
		kind    string
		texts   []string
	}{
		{name: "trusted", trusted: authority, host: "127.0.0.1"},
		{name: "only_1_2", trusted: authority, host: "127.0.0.1", change: func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }},
		{
			name: "unknown_authority", trusted: otherAuthority, host: "127.0.0.1", kind: "certificate",
			texts: []string{"failed to start it: the certificate of 127.0.0.1:", "is not trusted", "add that root certificate to ca-certificate"},
		},
		{
			name: "certificate_of_another_host", trusted: authority, host: "tableau.example", kind: "certificate",
			texts: []string{"127.0.0.1"},
		},
		{
			name: "below_1_2", trusted: authority, host: "127.0.0.1", kind: "transport, not sent",
			change: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 },
			texts:  []string{"protocol version"},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			client := connect(t, rest.Options{
				Service: "Example", Base: newTLSServer(t, authority, tc.change, tc.host), CertificatePEM: tc.trusted.PEM(),
				OnRetry: func(a rest.Attempt) { t.Errorf("retried after %v", a.Err) },
			})
			request := postRequest() // an unknown outcome would be wrong: nothing was sent
			header, err := client.Do(t.Context(), request)
			if got := errorKind(err); got != tc.kind {
				t.Errorf("Do() = %v, want %q", err, tc.kind)
			}
			for _, text := range tc.texts {
				if err != nil && !strings.Contains(err.Error(), text) {
					t.Errorf("Do() = %v, want it to contain %q", err, text)
				}
			}
			if tc.kind == "" {
				if diff := cmp.Diff("HTTP/2.0", header.Get("Protocol")); diff != "" {
					t.Errorf("protocol (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestDo_untrustedIsNotRetried: a certificate stays untrusted.
func TestDo_untrustedIsNotRetried(t *testing.T) {
	t.Parallel()
	client := connect(t, rest.Options{
		Service: "Example", Base: newTLSServer(t, newAuthority(t), nil, "127.0.0.1"), CertificatePEM: newAuthority(t).PEM(),
		OnRetry: func(a rest.Attempt) { t.Errorf("retried after %v", a.Err) },
	})
	request := getRequest()
	request.Retry = rest.Polling
	if _, err := client.Do(t.Context(), request); errorKind(err) != "certificate" {
		t.Errorf("Do() = %v, want a CertificateError", err)
	}
}

// TestDo_proxy: only the proxy of the environment can resolve the host, and it receives only the host and port.
func TestDo_proxy(t *testing.T) {
	t.Parallel()
	authority := newAuthority(t)
	base := newTLSServer(t, authority, nil, "tableau.example")
	base.Host = net.JoinHostPort("tableau.example", base.Port())
	client := connect(t, rest.Options{Service: "Example", Base: base, CertificatePEM: authority.PEM()})
	request := getRequest()
	request.Header = http.Header{secretHeader: {"secret"}}
	if _, err := client.Do(t.Context(), request); err != nil {
		t.Errorf("Do() = %v", err)
	}
}

const secretHeader = "X-Tableau-Auth"

// connectProxy is a proxy that connects to the requested port of this machine. It refuses a request that contains a secret.
func connectProxy(w http.ResponseWriter, r *http.Request) {
	_, port, err := net.SplitHostPort(r.Host)
	if r.Method != http.MethodConnect || err != nil || r.Header.Get(secretHeader) != "" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	upstream, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer upstream.Close()
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(upstream, conn) }()
	_, _ = io.Copy(conn, upstream)
}

func TestNew_refused(t *testing.T) {
	t.Parallel()

	authority := newAuthority(t)
	cases := []struct {
		name string
		base string
		pem  []byte
		http bool
		want string
	}{
		{name: "https", base: "https://ab123.us1.dbt.com", pem: authority.PEM()},
		{name: "http_on_loopback", base: "http://127.0.0.1:8080"},
		{name: "http_on_loopback_6", base: "http://[::1]"},
		{name: "http_on_localhost", base: "http://localhost:8080"},
		{name: "http_allowed", base: "http://tableau.example", http: true},
		{
			name: "http", base: "http://tableau.example",
			want: "use https:// for Example instead of http://tableau.example: http:// is allowed only for localhost",
		},
		{
			name: "http_with_a_password", base: "http://me:secret@tableau.example",
			want: "use https:// for Example instead of http://me:xxxxx@tableau.example: http:// is allowed only for localhost",
		},
		{name: "http_on_a_name_like_loopback", base: "http://127.0.0.1.example", want: "use https:// for Example instead of http://127.0.0.1.example: http:// is allowed only for localhost"},
		{name: "other_scheme", base: "ftp://tableau.example", want: "use https:// for Example instead of ftp://tableau.example: http:// is allowed only for localhost"},
		{
			name: "pem_without_a_certificate", base: "https://tableau.example", pem: []byte("-----BEGIN NOTHING-----"),
			want: "ca-certificate contains no certificate in PEM format",
		},
		{
			name: "no_root_certificate_at_all", base: "https://tableau.example",
			want: "set ca-certificate: this image contains no root certificates",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			base, err := url.Parse(tc.base)
			if err != nil {
				t.Fatal(err)
			}
			_, err = rest.New(rest.Options{Service: "Example", Base: base, CertificatePEM: tc.pem, AllowHTTP: tc.http})
			if diff := cmp.Diff(tc.want, errorText(err)); diff != "" {
				t.Errorf("New() (-want +got):\n%s", diff)
			}
		})
	}
}
