package sandbox

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTableau_Addresses(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, method, path string
		code               int
	}{
		{name: "server_info", path: "/api/2.4/serverinfo", code: 200},
		{name: "server_info_as_the_python_client_spells_it", path: "/api/2.4/serverInfo", code: 200},
		{name: "server_info_of_the_own_version", path: "/api/3.26/serverinfo", code: 200},
		{name: "newer_version", path: "/api/3.27/serverinfo", code: 404001},
		{name: "version_that_is_newer_as_a_number_only", path: "/api/3.9/serverinfo", code: 200},
		{name: "too_old", path: "/api/2.3/serverinfo", code: 404001},
		{name: "no_version", path: "/api/latest/serverinfo", code: 404001},
		{name: "sign_in_at_newer_version", method: "POST", path: "/api/3.27/auth/signin", code: 404001},
		{name: "unknown", path: "/api/3.26/nothing", code: 404003},
		{name: "wrong_verb", path: "/api/3.26/auth/signin", code: 405000},
		{name: "no_session", path: "/api/3.26/sites/5a4db0c5-0000-4000-8000-00000000517e/workbooks", code: 401002},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			c := client{t: t, handler: New(successScenario()).Tableau()}
			a := c.do(tc.method, tc.path, "")
			if got := errorCode(t, a); got != tc.code {
				t.Errorf("got code %d, want %d", got, tc.code)
			}
			if want := "application/xml;charset=utf-8"; a.Header.Get("Content-Type") != want || !strings.HasPrefix(a.Body, "<?xml version='1.0' encoding='UTF-8'?><tsResponse xmlns=\"http://tableau.com/api\"") {
				t.Errorf("got %s %.99s, want %s with a declaration and the namespace", a.Header.Get("Content-Type"), a.Body, want)
			}
		})
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()

	site := nordlysSite()
	const user = `<credentials name="analytics@nordlys.example" password="sandbox-tableau-password">`
	cases := []struct {
		name, version, body string
		code                int
	}{
		{name: "token", body: tokenSignIn(site, site.TokenValue), code: 200},
		{name: "token_with_namespace", body: strings.Replace(tokenSignIn(site, site.TokenValue), "<tsRequest", `<tsRequest xmlns="http://tableau.com/api"`, 1), code: 200},
		{name: "user", body: "<tsRequest>" + user + `<site contentUrl="nordlys"/></credentials></tsRequest>`, code: 200},
		{name: "wrong_token", body: tokenSignIn(site, "wrong"), code: 401001},
		{name: "token_before_its_time", version: "3.5", body: tokenSignIn(site, site.TokenValue), code: 401001},
		{name: "no_credentials", body: `<tsRequest><credentials><site contentUrl="nordlys"/></credentials></tsRequest>`, code: 401001},
		{name: "unknown_site", body: strings.Replace(tokenSignIn(site, site.TokenValue), "nordlys", "elsewhere", 1), code: 401001},
		{name: "no_site", body: "<tsRequest>" + user + `</credentials></tsRequest>`, code: 400000},
		{name: "empty", body: "", code: 400000},
		{name: "json", body: `{"credentials":{}}`, code: 400000},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			version := tc.version
			if version == "" {
				version = "3.26"
			}
			c := client{t: t, handler: New(successScenario()).Tableau()}
			a := c.do(http.MethodPost, "/api/"+version+"/auth/signin", tc.body)
			if got := errorCode(t, a); got != tc.code {
				t.Fatalf("got code %d, want %d", got, tc.code)
			}
			if tc.code != 200 {
				return
			}
			got := decodeTableau(t, a).Credentials
			want := &xmlCredentials{Token: "sandbox-session-1", Expiration: "02:00:00", Site: xmlSite{ID: site.LUID, ContentURL: "nordlys"}, User: xmlReference{ID: userLUID}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("credentials (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSession_EndedByNewSignIn asserts that a personal access token has one session, and a user any number.
func TestSession_EndedByNewSignIn(t *testing.T) {
	t.Parallel()

	s := New(successScenario())
	user := client{t: t, handler: s.Tableau()}
	signIn := `<tsRequest><credentials name="analytics@nordlys.example" password="sandbox-tableau-password"><site contentUrl="nordlys"/></credentials></tsRequest>`
	token := decodeTableau(t, user.do(http.MethodPost, "/api/3.26/auth/signin", signIn)).Credentials.Token
	older := newTableauClient(t, s)
	newer := newTableauClient(t, s)
	user.header, user.basePath = http.Header{"X-Tableau-Auth": {token}}, newer.basePath
	got := []int{errorCode(t, older.get("/projects")), errorCode(t, newer.get("/projects")), errorCode(t, user.get("/projects"))}
	if diff := cmp.Diff([]int{401002, 200, 200}, got); diff != "" {
		t.Errorf("older, newer, user's (-want +got):\n%s", diff)
	}
}

func TestSession_Ends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(successScenario())
		c := newTableauClient(t, s)
		// Each request restarts the limit.
		for range 3 {
			time.Sleep(119 * time.Minute)
			if got := errorCode(t, c.get("/projects")); got != 200 {
				t.Fatalf("got code %d in a live session", got)
			}
		}
		time.Sleep(121 * time.Minute)
		if got := errorCode(t, c.get("/projects")); got != 401002 {
			t.Errorf("got code %d after two idle hours, want 401002", got)
		}

		c = newTableauClient(t, s)
		signOut := client{t: t, handler: c.handler, header: c.header, basePath: "/api/3.26"}
		got := []int{
			errorCode(t, signOut.do(http.MethodPost, "/auth/signout", "")),
			errorCode(t, c.get("/projects")),
			errorCode(t, signOut.do(http.MethodPost, "/auth/signout", "")),
		}
		if diff := cmp.Diff([]int{204, 401002, 401002}, got); diff != "" {
			t.Errorf("sign-out, request, sign-out (-want +got):\n%s", diff)
		}
	})
}

func TestSession_OtherSite(t *testing.T) {
	t.Parallel()

	c := newTableauClient(t, New(successScenario()))
	c.basePath = "/api/3.26/sites/00000000-0000-4000-8000-000000000000"
	if got := errorCode(t, c.get("/projects")); got != 404000 {
		t.Errorf("got code %d, want 404000", got)
	}
}
