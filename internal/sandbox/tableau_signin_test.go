package sandbox

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

// scenarioWithApp has a connected app.
func scenarioWithApp() Scenario {
	s := successScenario()
	s.Tableau.App = ConnectedApp{ClientID: "client", SecretID: "secret", SecretValue: "sandbox-secret-value"}
	return s
}

// appToken returns a signed token of the connected app, after a change.
func appToken(t *testing.T, change func(header, claims map[string]any)) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "client", "sub": ownerName, "aud": "tableau", "jti": "1", "exp": time.Now().Add(5 * time.Minute).Unix(),
		"scp": []string{"tableau:content:read", "tableau:tasks:run"},
	})
	token.Header["kid"] = "secret"
	if change != nil {
		change(token.Header, token.Claims.(jwt.MapClaims))
	}
	text, err := token.SignedString([]byte("sandbox-secret-value"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func appSignIn(token string) string {
	return `<tsRequest><credentials jwt="` + token + `"><site contentUrl="nordlys"/></credentials></tsRequest>`
}

func TestSignIn_ConnectedApp(t *testing.T) {
	t.Parallel()

	claim := func(name string, value any) func(header, claims map[string]any) {
		return func(_, claims map[string]any) { claims[name] = value }
	}
	header := func(name string, value any) func(header, claims map[string]any) {
		return func(header, _ map[string]any) { header[name] = value }
	}
	without := func(name string) func(header, claims map[string]any) {
		return func(header, claims map[string]any) { delete(header, name); delete(claims, name) }
	}
	cases := []struct {
		name, version string
		change        func(header, claims map[string]any)
		code          int
	}{
		{name: "good", code: 200},
		{name: "issuer_in_header", change: header("iss", "client"), code: 200},
		{name: "other_issuer_in_header", change: header("iss", "other"), code: 401001},
		{name: "other_secret", change: header("kid", "other"), code: 401001},
		{name: "no_secret", change: without("kid"), code: 401001},
		{name: "other_app", change: claim("iss", "other"), code: 401001},
		{name: "other_user", change: claim("sub", "other"), code: 401001},
		{name: "other_audience", change: claim("aud", "other"), code: 401001},
		{name: "no_id", change: without("jti"), code: 401001},
		{name: "no_end", change: without("exp"), code: 401001},
		{name: "ten_minutes", change: claim("exp", time.Now().Add(595*time.Second).Unix()), code: 200},
		{name: "too_long", change: claim("exp", time.Now().Add(11*time.Minute).Unix()), code: 401001},
		{name: "over", change: claim("exp", time.Now().Add(-time.Second).Unix()), code: 401001},
		{name: "not_yet", change: claim("nbf", time.Now().Add(time.Minute).Unix()), code: 401001},
		{name: "no_scope", change: without("scp"), code: 200},
		{name: "before_its_time", version: "3.16", code: 401001},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			c := client{t: t, handler: New(scenarioWithApp()).Tableau(), basePath: "/api/3.26"}
			if tc.version != "" {
				c.basePath = "/api/" + tc.version
			}
			body := appSignIn(appToken(t, tc.change))
			// Each token can be used once.
			got := []int{errorCode(t, c.do(http.MethodPost, "/auth/signin", body)), errorCode(t, c.do(http.MethodPost, "/auth/signin", body))}
			if diff := cmp.Diff([]int{tc.code, 401001}, got); diff != "" {
				t.Errorf("first, second (-want +got):\n%s", diff)
			}
		})
	}

	c := client{t: t, handler: New(successScenario()).Tableau(), basePath: "/api/3.26"}
	if got := errorCode(t, c.do(http.MethodPost, "/auth/signin", appSignIn(appToken(t, nil)))); got != 401001 {
		t.Errorf("got code %d where there is no connected app, want 401001", got)
	}
}

// TestSession_Scopes asserts that the response to a missing scope is that to an expired session, and that the session
// does not end.
func TestSession_Scopes(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, version string
		scopes        []string
		want          map[string]int
	}{
		{name: "none", version: "3.26", want: map[string]int{"content": 401002, "refresh": 401002, "job": 401002, "tasks": 401002}},
		{
			name: "content", version: "3.26", scopes: []string{"tableau:content:read"},
			want: map[string]int{"content": 200, "refresh": 401002, "job": 401002, "tasks": 401002},
		},
		{
			name: "all", version: "3.26", scopes: []string{"tableau:content:read", "tableau:tasks:run", "tableau:jobs:read", "tableau:tasks:read"},
			want: map[string]int{"content": 200, "refresh": 202, "job": 200, "tasks": 200},
		},
		{
			name: "server_without_jobs_read", version: "3.24", scopes: []string{"tableau:content:read", "tableau:tasks:run", "tableau:jobs:read"},
			want: map[string]int{"content": 200, "refresh": 202, "job": 401002, "tasks": 401002},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			scenario := scenarioWithApp()
			scenario.Tableau.APIVersion = tc.version
			s := New(scenario)
			c := client{t: t, handler: s.Tableau(), basePath: "/api/" + tc.version}
			token := appToken(t, func(_, claims map[string]any) { claims["scp"] = tc.scopes })
			c.header = http.Header{"X-Tableau-Auth": {decodeTableau(t, c.do(http.MethodPost, "/auth/signin", appSignIn(token))).Credentials.Token}}
			site := c
			site.basePath += "/sites/" + scenario.Tableau.LUID
			got := map[string]int{
				"content": errorCode(t, site.get("/workbooks")),
				"refresh": errorCode(t, site.refresh(kindWorkbook, scenario.Tableau.Workbooks[0], "<tsRequest/>")),
				"tasks":   errorCode(t, site.get("/tasks/extractRefreshes")),
			}
			newTableauClient(t, s).start(kindWorkbook, scenario.Tableau.Workbooks[1])
			got["job"] = errorCode(t, site.get("/jobs/"+s.Jobs()[0].LUID))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
			if code := errorCode(t, c.do(http.MethodPost, "/auth/signout", "")); code != 204 {
				t.Errorf("got code %d for the sign-out, want 204", code)
			}
		})
	}
}

// TestServeTLS asserts that the SignInHost redirects sign-ins and has no sessions.
func TestServeTLS(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := successScenario()
		scenario.Tableau.SignInHost, scenario.Tableau.PodHost = "online.tableau.test", "10ay.online.tableau.test"
		authority, err := NewAuthority()
		if err != nil {
			t.Fatal(err)
		}
		network := NewNetwork()
		dbtURL, tableauURL, stop, err := New(scenario).ServeTLS(network, authority)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(authority.PEM())
		transport := &http.Transport{DialContext: network.DialContext, TLSClientConfig: &tls.Config{RootCAs: roots}}
		defer transport.CloseIdleConnections()

		var got []string
		token := ""
		ask := func(method, address, body string) string {
			status, text := roundTrip(t, transport, token, method, address, body)
			got = append(got, status)
			return text
		}
		signIn := tokenSignIn(scenario.Tableau, scenario.Tableau.TokenValue)
		const pod = "https://10ay.online.tableau.test"
		workbooks := "/api/3.26/sites/" + scenario.Tableau.LUID + "/workbooks"
		ask("GET", dbtURL+"/api/v2/accounts/1/", "")
		ask("GET", tableauURL+"/api/3.26/serverinfo", "")
		ask("POST", tableauURL+"/api/3.26/auth/signin", signIn)
		_, signedIn, _ := strings.Cut(ask("POST", pod+"/api/3.26/auth/signin", signIn), `token="`)
		token, _, _ = strings.Cut(signedIn, `"`)
		ask("GET", tableauURL+workbooks, "")
		ask("GET", pod+workbooks, "")
		want := []string{"401", "200", "301 " + pod + "/api/3.26/auth/signin", "200", "401", "200"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("dbt, entrance, sign-in there, sign-in at the pod, session at the entrance, at the pod (-want +got):\n%s", diff)
		}
	})
}

// roundTrip does not follow redirects. It returns the status together with the Location.
func roundTrip(t *testing.T, transport http.RoundTripper, token, method, address, body string) (status, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Tableau-Auth", token)
	answer, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(fmt.Sprint(answer.StatusCode, " ", answer.Header.Get("Location"))), string(read)
}
