package tableau_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/tableau"
)

// TestSignIn_request covers the requests of the sign-in methods. They always contain the site; "" is the default site.
func TestSignIn_request(t *testing.T) {
	t.Parallel()

	token := tableau.Credentials{TokenName: "name", TokenValue: `<va&l"ue`}
	cases := []struct {
		name, site  string
		credentials tableau.Credentials
		want        string
	}{
		{
			"token", "Samples", token,
			`<credentials personalAccessTokenName="name" personalAccessTokenSecret="&lt;va&amp;l&#34;ue"><site contentUrl="Samples"></site></credentials>`,
		},
		{
			"default_site", "", token,
			`<credentials personalAccessTokenName="name" personalAccessTokenSecret="&lt;va&amp;l&#34;ue"><site contentUrl=""></site></credentials>`,
		},
		{
			"user", "Samples", tableau.Credentials{Username: "jane", Password: "secret"},
			`<credentials name="jane" password="secret"><site contentUrl="Samples"></site></credentials>`,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var got []string
				signedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					got = []string{r.Method + " " + r.RequestURI, r.Header.Get("Content-Type"), r.Header.Get("X-Tableau-Auth"), string(body)}
					respondXML(`<credentials token="t"><site id="s"/></credentials>`)(w, r)
				}), func(o *tableau.Options) { o.Site, o.Credentials = tc.site, tc.credentials })
				want := []string{"POST /api/3.25/auth/signin", "text/xml", "", "<tsRequest>" + tc.want + "</tsRequest>"}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestSignIn_connectedApp checks that each sign-in has a new JWT, signed for the user, short-lived, and passed to OnSecret
// before it is sent.
func TestSignIn_connectedApp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := tableau.ConnectedApp{ClientID: "client", SecretID: "kid", SecretValue: "secret", Scopes: []string{tableau.ScopeContent}}
		secrets, ids := map[string]bool{}, map[any]bool{}
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var request struct {
				Credentials struct {
					JWT string `xml:"jwt,attr"`
				} `xml:"credentials"`
			}
			if err := xml.NewDecoder(r.Body).Decode(&request); err != nil {
				t.Error(err)
			}
			if !secrets[request.Credentials.JWT] {
				t.Error("the JWT was sent before OnSecret was called with it")
			}
			claims := jwt.MapClaims{}
			key := func(*jwt.Token) (any, error) { return []byte("secret"), nil }
			signed, err := jwt.ParseWithClaims(request.Credentials.JWT, claims, key, jwt.WithValidMethods([]string{"HS256"}), jwt.WithAudience("tableau"),
				jwt.WithIssuer("client"), jwt.WithSubject("jane"), jwt.WithIssuedAt(), jwt.WithExpirationRequired())
			if err != nil {
				t.Error(err)
				return
			}
			if diff := cmp.Diff([]any{"kid", "client", []any{"tableau:content:read"}}, []any{signed.Header["kid"], signed.Header["iss"], claims["scp"]}); diff != "" {
				t.Errorf("kid, iss, scp (-want +got):\n%s", diff)
			}
			expires, err := claims.GetExpirationTime()
			if err != nil || time.Until(expires.Time) > 10*time.Minute {
				t.Errorf("the JWT expires at %v, %v; Tableau accepts at most ten minutes", expires, err)
			}
			ids[claims["jti"]] = true
			respondXML(`<credentials token="t"><site id="s"/></credentials>`)(w, r)
		}), func(o *tableau.Options) {
			o.Credentials = tableau.Credentials{App: app, Username: "jane"}
			o.OnSecret = func(secret string) { secrets[secret] = true }
		})
		for range 2 {
			if err := client.SignIn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if len(ids) != 2 {
			t.Errorf("%d different JWTs for two sign-ins, want 2", len(ids))
		}
	})
}

// TestSignOut checks that a session is signed out once, and that a failure is neither retried nor causes a sign-in.
func TestSignOut(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name     string
		signIn   bool
		handler  http.HandlerFunc
		requests int
		fails    bool
	}{
		{"no_session", false, respond(204, ""), 0, false},
		{"session", true, respond(204, ""), 1, false},
		{"session_ended", true, respondError(401, "401002", "Unauthorized Access", ""), 1, true},
		{"service_unavailable", true, respond(503, ""), 1, true},
		{"no_response", true, dropConnection, 1, true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &fakeSite{handler: tc.handler}
				client := newClient(t, s)
				if tc.signIn {
					if err := client.SignIn(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				start := time.Now()
				if err := client.SignOut(t.Context()); (err != nil) != tc.fails {
					t.Errorf("SignOut() = %v, want a failure: %v", err, tc.fails)
				}
				signIns, requests := s.recorded()
				if len(requests) != tc.requests || signIns > 1 || time.Since(start) != 0 {
					t.Errorf("%d requests, %d sign-ins, %s, want %d, at most one, and no wait", len(requests), signIns, time.Since(start), tc.requests)
				}
			})
		})
	}
}
