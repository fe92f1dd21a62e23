package tableau_test

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/tableau"
)

// TestSignIn_redirect checks that a sign-in follows a redirect within Tableau Cloud, and sends its credentials nowhere else.
func TestSignIn_redirect(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		from string
		to   string
		want string // the host of the session; "" for none
	}{
		{"to_the_pod", "online.tableau.com", "https://10ay.online.tableau.com/api/3.25/auth/signin", "10ay.online.tableau.com"},
		{"to_another_domain", "online.tableau.com", "https://tableau.example/api/3.25/auth/signin", ""},
		{"to_a_domain_with_the_same_ending", "online.tableau.com", "https://nottableau.com/", ""},
		{"to_http", "online.tableau.com", "http://10ay.online.tableau.com/", ""},
		{"to_another_path", "online.tableau.com", "https://10ay.online.tableau.com/login", ""},
		{"to_itself", "online.tableau.com", "https://online.tableau.com/api/3.25/auth/signin", ""},
		{"between_names_below_a_public_suffix", "one.github.io", "https://two.github.io/", ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network, authority := sandbox.NewNetwork(), newAuthority(t)
				s := &fakeSite{handler: respondXML(`<job id="j"/>`)}
				target, err := url.Parse(tc.to)
				if err != nil {
					t.Fatal(err)
				}
				reached := ""
				if target.Host != tc.from {
					serveTLS(t, network, authority, target.Host, func(w http.ResponseWriter, r *http.Request) {
						reached = r.Method + " " + r.Host
						s.ServeHTTP(w, r)
					})
				}
				serveTLS(t, network, authority, tc.from, func(w http.ResponseWriter, r *http.Request) {
					if !strings.HasSuffix(r.URL.Path, "/auth/signin") {
						t.Errorf("%s %s was sent to the old host", r.Method, r.URL)
					}
					w.Header().Set("Location", tc.to)
					w.WriteHeader(http.StatusMovedPermanently)
				})
				client, err := tableau.New(tableau.Options{
					REST: rest.Options{
						Base: &url.URL{Scheme: "https", Host: tc.from}, Dial: network.DialContext, CertificatePEM: authority.PEM(),
					},
					Credentials: tableau.Credentials{TokenName: "name", TokenValue: "value"},
					Version:     tableau.Version{Major: 3, Minor: 25},
				})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(client.Close)
				err = client.SignIn(t.Context())
				if (err == nil) != (tc.want != "") {
					t.Errorf("SignIn() = %v, want a session: %v", err, tc.want != "")
				}
				if tc.want == "" {
					if reached != "" {
						t.Errorf("the credentials were sent to %s", reached)
					}
					return
				}
				if reached != "POST "+tc.want {
					t.Errorf("the sign-in was %q, want a POST to %s", reached, tc.want)
				}
				if _, err := client.Job(t.Context(), "j", time.Time{}); err != nil {
					t.Errorf("Job() = %v, want the session on the new host", err)
				}
			})
		})
	}
}

// newAuthority returns a certificate authority for use inside a synctest bubble.
func newAuthority(t *testing.T) *sandbox.Authority {
	t.Helper()
	authority, err := sandbox.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

// serveTLS serves a host of the network on port 443 until the end of the test.
func serveTLS(t *testing.T, network *sandbox.Network, authority *sandbox.Authority, host string, handler http.HandlerFunc) {
	t.Helper()
	certificate, err := authority.Certificate(host)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}}
	listener := network.Listen(host + ":443")
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.ServeTLS(listener, "", "") })
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
}
