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

// TestSignIn_request holds each way to sign in. The site is never left out: without a name it is the Default site.
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

// TestSignIn_connectedApp: each sign-in has a token of its own, signed for the user, short-lived, and masked before it is sent.
func TestSignIn_connectedApp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := tableau.ConnectedApp{ClientID: "client", SecretID: "kid", SecretValue: "secret", Scopes: []string{tableau.ScopeContent}}
		minted, ids := map[string]bool{}, map[any]bool{}
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var request struct {
				Credentials struct {
					JWT string `xml:"jwt,attr"`
				} `xml:"credentials"`
			}
			if err := xml.NewDecoder(r.Body).Decode(&request); err != nil {
				t.Error(err)
			}
			if !minted[request.Credentials.JWT] {
				t.Error("the signed token was sent before it was told")
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
			ends, err := claims.GetExpirationTime()
			if err != nil || time.Until(ends.Time) > 10*time.Minute {
				t.Errorf("the token lasts until %v, %v: Tableau takes at most ten minutes", ends, err)
			}
			ids[claims["jti"]] = true
			respondXML(`<credentials token="t"><site id="s"/></credentials>`)(w, r)
		}), func(o *tableau.Options) {
			o.Credentials = tableau.Credentials{App: app, Username: "jane"}
			o.OnSecret = func(secret string) { minted[secret] = true }
		})
		for range 2 {
			if err := client.SignIn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if len(ids) != 2 {
			t.Errorf("%d different tokens for two sign-ins, want 2", len(ids))
		}
	})
}

// TestSignOut: it is done once if there is a session, and its failure starts nothing new.
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
		{"session_gone", true, respondError(401, "401002", "Unauthorized Access", ""), 1, true},
		{"service_away", true, respond(503, ""), 1, true},
		{"no_answer", true, dropConnection, 1, true},
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
				begin := time.Now()
				if err := client.SignOut(t.Context()); (err != nil) != tc.fails {
					t.Errorf("SignOut() = %v, want a failure: %v", err, tc.fails)
				}
				signIns, requests := s.recorded()
				if len(requests) != tc.requests || signIns > 1 || time.Since(begin) != 0 {
					t.Errorf("%d requests, %d sign-ins, %s, want %d, at most one, and no wait", len(requests), signIns, time.Since(begin), tc.requests)
				}
			})
		})
	}
}
