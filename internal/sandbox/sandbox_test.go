package sandbox

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// client sends requests to a handler without a network.
type client struct {
	t        *testing.T
	handler  http.Handler
	header   http.Header
	basePath string
}

// httpResponse is a response to a client.
type httpResponse struct {
	Status int
	Header http.Header
	Body   string
}

func (c client) do(method, path, body string) httpResponse {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), method, c.basePath+path, strings.NewReader(body))
	r.Header = c.header.Clone()
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return httpResponse{w.Code, w.Header(), w.Body.String()}
}

func (c client) get(path string) httpResponse { return c.do(http.MethodGet, path, "") }

// decodeDBT decodes the data in the envelope of dbt.
func decodeDBT[T any](t *testing.T, a httpResponse) T {
	t.Helper()
	var envelope struct{ Data T }
	if err := json.Unmarshal([]byte(a.Body), &envelope); err != nil || a.Status != http.StatusOK {
		t.Fatalf("status %d, body %s: %v", a.Status, a.Body, err)
	}
	return envelope.Data
}

// decodeTableau decodes a response of Tableau.
func decodeTableau(t *testing.T, a httpResponse) tsResponse {
	t.Helper()
	var answer tsResponse
	if err := xml.Unmarshal([]byte(a.Body), &answer); err != nil {
		t.Fatalf("status %d, body %s: %v", a.Status, a.Body, err)
	}
	return answer
}

// errorCode returns Tableau's error code, or the HTTP status of a response without an error.
func errorCode(t *testing.T, a httpResponse) int {
	t.Helper()
	if a.Body == "" {
		return a.Status
	}
	if e := decodeTableau(t, a).Error; e != nil {
		return e.Code
	}
	return a.Status
}

// newDBTClient returns a client with the token of the scenario. Its paths are relative to the account.
func newDBTClient(t *testing.T, s *Sandbox) client {
	t.Helper()
	return client{t, s.DBT(), http.Header{"Authorization": {"Bearer " + s.scenario.DBT.Token}}, fmt.Sprintf("/api/v2/accounts/%d/", s.scenario.DBT.ID)}
}

// newTableauClient returns a client that is signed in. Its paths are relative to the site.
func newTableauClient(t *testing.T, s *Sandbox) client {
	t.Helper()
	site := s.scenario.Tableau
	c := client{t: t, handler: s.Tableau(), basePath: "/api/" + site.APIVersion}
	signedIn := decodeTableau(t, c.do(http.MethodPost, "/auth/signin", tokenSignIn(site, site.TokenValue)))
	c.header = http.Header{"X-Tableau-Auth": {signedIn.Credentials.Token}}
	c.basePath += "/sites/" + signedIn.Credentials.Site.ID
	return c
}

func tokenSignIn(site Site, secret string) string {
	return fmt.Sprintf(`<tsRequest><credentials personalAccessTokenName="%s" personalAccessTokenSecret="%s"><site contentUrl="%s"/></credentials></tsRequest>`,
		site.TokenName, secret, site.ContentURL)
}

// trigger starts a run of the first job.
func (c client) trigger(s *Sandbox) runJSON {
	c.t.Helper()
	return decodeDBT[runJSON](c.t, c.do(http.MethodPost, jobPath(s)+"run/", `{"cause":"test"}`))
}

func (c client) run(id int64, query string) runJSON {
	c.t.Helper()
	return decodeDBT[runJSON](c.t, c.get(fmt.Sprintf("runs/%d/%s", id, query)))
}

func jobPath(s *Sandbox) string { return fmt.Sprintf("jobs/%d/", s.scenario.DBT.Jobs[0].ID) }

func findScenario(t *testing.T, name string) Scenario {
	t.Helper()
	s, ok := Find(name)
	if !ok {
		t.Fatalf("no scenario %q", name)
	}
	return s
}
