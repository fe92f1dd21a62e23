package tableau_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/tableau"
)

const (
	serverAddress = "127.0.0.1:80"
	luid          = "3cc6cd06-89ce-4fdc-b935-5294135d6d42"
)

// newClient returns a client, not signed in yet, of a Tableau server in memory. Use it inside a synctest bubble.
func newClient(t *testing.T, handler http.Handler, modify ...func(*tableau.Options)) *tableau.Client {
	t.Helper()
	network := sandbox.NewNetwork()
	listener := network.Listen(serverAddress)
	server := &http.Server{Handler: handler}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	options := tableau.Options{
		REST: rest.Options{Base: &url.URL{Scheme: "http", Host: serverAddress}, Dial: network.DialContext},
		Site: "Samples", Credentials: tableau.Credentials{TokenName: "name", TokenValue: "value"},
		Version: tableau.Version{Major: 3, Minor: 25},
	}
	for _, f := range modify {
		f(&options)
	}
	client, err := tableau.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		_ = server.Close()
		serving.Wait()
	})
	return client
}

// signedIn returns a client that is signed in. Use it inside a synctest bubble.
func signedIn(t *testing.T, handler http.Handler, modify ...func(*tableau.Options)) *tableau.Client {
	t.Helper()
	client := newClient(t, handler, modify...)
	if err := client.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return client
}

// fakeSite is a Tableau site with one session at a time. Requests in the session go to its handler, except for those that only
// check the session.
type fakeSite struct {
	handler http.HandlerFunc

	mu       sync.Mutex
	ended    bool // whether the session ended
	signIns  int
	requests []string // in the session, as "METHOD PATH"
}

func (s *fakeSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/auth/signin") {
		s.signIn(w)
		return
	}
	isCheck := strings.HasSuffix(r.RequestURI, "/workbooks?pageSize=1")
	if !s.validSession(r) {
		respondError(http.StatusUnauthorized, "401002", "Unauthorized Access", "Invalid authentication credentials were provided.")(w, r)
		return
	}
	if isCheck {
		respondXML(`<workbooks/>`)(w, r)
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.RequestURI)
	s.mu.Unlock()
	s.handler(w, r)
}

func (s *fakeSite) validSession(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ended && r.Header.Get("X-Tableau-Auth") == s.token()
}

func (s *fakeSite) signIn(w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = false
	s.signIns++
	respondXML(`<credentials token="%s"><site id="site-luid" contentUrl="Samples"/></credentials>`, s.token())(w, nil)
}

// token returns the token of the session. The caller must hold the lock.
func (s *fakeSite) token() string { return fmt.Sprintf("token-%d", s.signIns) }

// endSession does what a restart or another sign-in does.
func (s *fakeSite) endSession() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

func (s *fakeSite) recorded() (signIns int, requests []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signIns, slices.Clone(s.requests)
}

// respondXML responds with the given children of tsResponse.
func respondXML(children string, values ...any) http.HandlerFunc {
	return respond(http.StatusOK, `<tsResponse xmlns="http://tableau.com/api">`+fmt.Sprintf(children, values...)+`</tsResponse>`)
}

// respondError responds with an error in Tableau's format.
func respondError(status int, code, summary, detail string) http.HandlerFunc {
	return respond(status, fmt.Sprintf(`<tsResponse xmlns="http://tableau.com/api"><error code="%s"><summary>%s</summary><detail>%s</detail></error></tsResponse>`, code, summary, detail))
}

func respond(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// dropConnection closes the connection without a response.
func dropConnection(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// fixture returns a recorded response of Tableau. The recordings are not part of this repository.
func fixture(t *testing.T, name string) string {
	t.Helper()
	folder := os.Getenv("FIXTURES")
	if folder == "" {
		t.Skip("FIXTURES is not set to a folder with recorded responses")
	}
	body, err := os.ReadFile(filepath.Join(folder, "tableau", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func utc(year int, month time.Month, day, hour, minute, second int) tableau.Time {
	return tableau.Time{Time: time.Date(year, month, day, hour, minute, second, 0, time.UTC)}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
