package action_test

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/action"
	"dbt-tableau-refresh/internal/sandbox"
)

// responseDelay is how long each response of slowTableau takes.
const responseDelay = 20 * time.Millisecond

// slowTableau is a Tableau whose responses take responseDelay. It counts requests and connections.
type slowTableau struct {
	tableau http.Handler

	mu                       sync.Mutex
	inFlight, maxInFlight    int // requests that have no response yet
	requests                 int
	connections              int
	refreshes, refused       int
	firstStart, lastAccepted time.Time // when the first refresh was received, and the last one accepted
}

// server is for [replaceTableau].
func (s *slowTableau) server(tableau http.Handler) *http.Server {
	s.tableau = tableau
	return &http.Server{Handler: s, ConnState: s.countConnection}
}

func (s *slowTableau) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refresh := strings.HasSuffix(r.URL.Path, "/refresh")
	s.mu.Lock()
	s.requests++
	s.inFlight++
	s.maxInFlight = max(s.maxInFlight, s.inFlight)
	if refresh && s.firstStart.IsZero() {
		s.firstStart = time.Now()
	}
	s.mu.Unlock()
	time.Sleep(responseDelay)
	answer := httptest.NewRecorder()
	s.tableau.ServeHTTP(answer, r)
	s.mu.Lock()
	s.inFlight--
	switch {
	case refresh && answer.Code == http.StatusAccepted:
		s.refreshes++
		s.lastAccepted = time.Now()
	case refresh:
		s.refused++
	}
	s.mu.Unlock()
	w.WriteHeader(answer.Code)
	_, _ = io.Copy(w, answer.Body)
}

func (s *slowTableau) countConnection(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.connections++
	}
}

// successTime returns the time of the poll that reported dbt's success.
func successTime(services *sandbox.Sandbox) time.Time {
	var at time.Time
	for _, request := range services.Requests() {
		if request.Operation == "get-run" {
			at = request.Time
		}
	}
	return at
}

// TestRefreshStarts asserts that 500 refreshes start without further lookups, ten at a time, over ten connections.
func TestRefreshStarts(t *testing.T) {
	t.Parallel()
	const refreshes = 500
	cases := []struct {
		name string
		idle time.Duration // after which the session ends
		// signIns and refused count the requests in addition to the refreshes.
		signIns, refused int
	}{
		{"the_session_is_there", 0, 0, 0},
		{"the_session_has_ended", 2 * time.Minute, 1, 10},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario := scenarioWithWorkbooks(t, refreshes)
				scenario.Tableau.IdleLimit = tc.idle
				slow := &slowTableau{}
				step := execution{scenario: scenario, inputs: map[string]string{"tableau-wait": "false"}, mount: replaceTableau(slow.server)}.run(t)
				success := successTime(step.services)
				if first := slow.firstStart.Sub(success); first > responseDelay {
					t.Errorf("the first refresh was sent %s after dbt's success, want within a round trip of %s", first, responseDelay)
				}
				if last := slow.lastAccepted.Sub(success); last > 1500*time.Millisecond {
					t.Errorf("the last refresh was accepted %s after dbt's success, want within 1.5s", last)
				}
				if slow.maxInFlight > 10 || slow.connections > 11 { // the one of the preflight has been idle for too long
					t.Errorf("%d requests in flight and %d connections, want at most 10 and 11", slow.maxInFlight, slow.connections)
				}
				if slow.refreshes != refreshes || slow.refused > tc.refused {
					t.Errorf("%d refreshes accepted and %d refused, want %d and at most %d", slow.refreshes, slow.refused, refreshes, tc.refused)
				}
				others := 0
				for _, request := range step.services.Requests() {
					if request.Service == "tableau" && request.Time.After(success) && request.Operation != "refresh-workbook" {
						others++
					}
				}
				if want := tc.signIns + 1; others != want { // plus the sign-out
					t.Errorf("%d other requests after dbt's success, want %d", others, want)
				}
				if got := step.outputs["result"]; got != "started" {
					t.Errorf("result is %s\n%s", got, step.log)
				}
			})
		})
	}
}

// BenchmarkRefreshStarts runs the whole action over sockets: from the poll that reported dbt's success to the first
// refresh, and to the last of 500 that is accepted, with 20 ms for each response.
func BenchmarkRefreshStarts(b *testing.B) {
	for _, bc := range []struct {
		name  string
		serve func(*httptest.Server)
	}{
		{"http", (*httptest.Server).Start},
		{"https_with_http2", func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() }},
	} {
		b.Run(bc.name, func(b *testing.B) {
			var first, last time.Duration
			var runs, requests, connections int
			for b.Loop() {
				slow := &slowTableau{}
				success := startRefreshesOnce(b, slow, bc.serve)
				first, last = first+slow.firstStart.Sub(success), last+slow.lastAccepted.Sub(success)
				runs, requests, connections = runs+1, requests+slow.requests, connections+slow.connections
			}
			per := func(n int) float64 { return float64(n) / float64(runs) }
			b.ReportMetric(per(int(first.Microseconds()))/1000, "ms_to_first_refresh")
			b.ReportMetric(per(int(last.Microseconds()))/1000, "ms_to_last_acceptance")
			b.ReportMetric(per(requests), "requests")
			b.ReportMetric(per(connections), "connections")
		})
	}
}

// startRefreshesOnce runs one step of 500 refreshes, and returns when dbt reported its success.
func startRefreshesOnce(b *testing.B, slow *slowTableau, serve func(*httptest.Server)) time.Time {
	services := sandbox.New(scenarioWithWorkbooks(b, 500).Faster(1000))
	dbt := httptest.NewServer(services.DBT())
	defer dbt.Close()
	tableau := httptest.NewUnstartedServer(nil)
	tableau.Config = slow.server(services.Tableau())
	serve(tableau)
	defer tableau.Close()
	e := execution{services: services, inputs: map[string]string{"tableau-wait": "false", "tableau-url": tableau.URL}}
	if certificate := tableau.Certificate(); certificate != nil {
		e.inputs["ca-certificate"] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
	}
	env := e.environment(b.TempDir(), dbt.URL, tableau.URL)
	if code := action.Main(b.Context(), []string{"/dbt-tableau-refresh"}, func(key string) string { return env[key] }, io.Discard); code != 0 || slow.refreshes != 500 {
		b.Fatalf("exit code %d after %d refreshes", code, slow.refreshes)
	}
	return successTime(services)
}
