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

// roundTrip is how long each answer of Tableau takes here.
const roundTrip = 20 * time.Millisecond

// gauge is a Tableau that is as far away as roundTrip, and counts what comes.
type gauge struct {
	tableau http.Handler

	mu                 sync.Mutex
	flying, most       int // requests now, and at the most
	requests           int
	connections        int
	refreshes, refused int
	first, last        time.Time // when the first refresh came in, and when the last one was accepted
}

// server is for [before].
func (g *gauge) server(tableau http.Handler) *http.Server {
	g.tableau = tableau
	return &http.Server{Handler: g, ConnState: g.connection}
}

func (g *gauge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refresh := strings.HasSuffix(r.URL.Path, "/refresh")
	g.mu.Lock()
	g.requests++
	g.flying++
	g.most = max(g.most, g.flying)
	if refresh && g.first.IsZero() {
		g.first = time.Now()
	}
	g.mu.Unlock()
	time.Sleep(roundTrip)
	answer := httptest.NewRecorder()
	g.tableau.ServeHTTP(answer, r)
	g.mu.Lock()
	g.flying--
	switch {
	case refresh && answer.Code == http.StatusAccepted:
		g.refreshes++
		g.last = time.Now()
	case refresh:
		g.refused++
	}
	g.mu.Unlock()
	w.WriteHeader(answer.Code)
	_, _ = io.Copy(w, answer.Body)
}

func (g *gauge) connection(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.connections++
	}
}

// succeeded is when dbt told that the run is a success: with the last look at it.
func succeeded(box *sandbox.Sandbox) time.Time {
	var at time.Time
	for _, request := range box.Requests() {
		if request.Operation == "get-run" {
			at = request.Time
		}
	}
	return at
}

// TestFanOut: 500 refreshes leave at once, ten at a time, over ten connections, and nothing is looked up before.
func TestFanOut(t *testing.T) {
	t.Parallel()
	const refreshes = 500
	cases := []struct {
		name string
		idle time.Duration // after which the session ends
		// signIns and refused are how many requests it takes beside the refreshes.
		signIns, refused int
	}{
		{"the_session_is_there", 0, 0, 0},
		{"the_session_has_ended", 2 * time.Minute, 1, 10},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario := many(t, refreshes)
				scenario.Tableau.IdleLimit = tc.idle
				g := &gauge{}
				done := play{scenario: scenario, inputs: map[string]string{"tableau-wait": "false"}, mount: before(g.server)}.run(t)
				success := succeeded(done.box)
				if first := g.first.Sub(success); first > roundTrip {
					t.Errorf("the first refresh left %s after dbt's success, want within a round trip of %s", first, roundTrip)
				}
				if last := g.last.Sub(success); last > 1500*time.Millisecond {
					t.Errorf("the last refresh was accepted %s after dbt's success, want within 1.5s", last)
				}
				if g.most > 10 || g.connections > 11 { // one was for the preflight, and has been idle for too long
					t.Errorf("%d requests in flight and %d connections, want at most 10 and 11", g.most, g.connections)
				}
				if g.refreshes != refreshes || g.refused > tc.refused {
					t.Errorf("%d refreshes accepted and %d refused, want %d and at most %d", g.refreshes, g.refused, refreshes, tc.refused)
				}
				others := 0
				for _, request := range done.box.Requests() {
					if request.Service == "tableau" && request.Time.After(success) && request.Operation != "refresh-workbook" {
						others++
					}
				}
				if want := tc.signIns + 1; others != want { // the last one signs out
					t.Errorf("%d other requests after dbt's success, want %d", others, want)
				}
				if got := done.outputs["result"]; got != "started" {
					t.Errorf("result is %s\n%s", got, done.log)
				}
			})
		})
	}
}

// BenchmarkFanOut plays the whole action over sockets of this machine: from the look that told of dbt's success to the first
// refresh, and to the last of 500 accepted, with 20 ms for each answer.
func BenchmarkFanOut(b *testing.B) {
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
				g := &gauge{}
				success := fanOutOnce(b, g, bc.serve)
				first, last = first+g.first.Sub(success), last+g.last.Sub(success)
				runs, requests, connections = runs+1, requests+g.requests, connections+g.connections
			}
			per := func(n int) float64 { return float64(n) / float64(runs) }
			b.ReportMetric(per(int(first.Microseconds()))/1000, "ms_to_first_refresh")
			b.ReportMetric(per(int(last.Microseconds()))/1000, "ms_to_last_acceptance")
			b.ReportMetric(per(requests), "requests")
			b.ReportMetric(per(connections), "connections")
		})
	}
}

// fanOutOnce plays one step of 500 refreshes, and returns when dbt told of its success.
func fanOutOnce(b *testing.B, g *gauge, serve func(*httptest.Server)) time.Time {
	box := sandbox.New(many(b, 500).Faster(1000))
	dbt := httptest.NewServer(box.DBT())
	defer dbt.Close()
	tableau := httptest.NewUnstartedServer(nil)
	tableau.Config = g.server(box.Tableau())
	serve(tableau)
	defer tableau.Close()
	p := play{box: box, inputs: map[string]string{"tableau-wait": "false", "tableau-url": tableau.URL}}
	if certificate := tableau.Certificate(); certificate != nil {
		p.inputs["ca-certificate"] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
	}
	env := p.environment(b.TempDir(), dbt.URL, tableau.URL)
	if code := action.Main(b.Context(), []string{"/dbt-tableau-refresh"}, func(key string) string { return env[key] }, io.Discard); code != 0 || g.refreshes != 500 {
		b.Fatalf("exit code %d after %d refreshes", code, g.refreshes)
	}
	return succeeded(box)
}
