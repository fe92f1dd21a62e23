package action_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// replaceTableau returns a mount that replaces Tableau with a server, which receives the handler of the sandbox.
func replaceTableau(server func(tableau http.Handler) *http.Server) func(*sandbox.Network, *sandbox.Sandbox) func() {
	return func(network *sandbox.Network, services *sandbox.Sandbox) func() {
		server, listener := server(services.Tableau()), network.Listen("127.0.0.1:8002")
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(listener) })
		return func() {
			_ = server.Close()
			serving.Wait()
		}
	}
}

// editJobList changes the responses with the job list. The change receives the number of the response, from 1, and its body,
// and returns a status and a body.
func editJobList(change func(number int, body string) (int, string)) func(http.Handler) http.Handler {
	return func(tableau http.Handler) http.Handler {
		var mu sync.Mutex
		number := 0
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/jobs") {
				tableau.ServeHTTP(w, r)
				return
			}
			recorder := httptest.NewRecorder()
			tableau.ServeHTTP(recorder, r)
			mu.Lock()
			number++
			status, body := change(number, recorder.Body.String())
			mu.Unlock()
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
	}
}

// replaceInJobList replaces a pattern in each job list. At least one list must match.
func replaceInJobList(t *testing.T, pattern, with string) func(http.Handler) http.Handler {
	t.Helper()
	part := regexp.MustCompile(pattern)
	var found atomic.Bool
	t.Cleanup(func() {
		if !found.Load() {
			t.Errorf("no list contains %s", pattern)
		}
	})
	return editJobList(func(_ int, body string) (int, string) {
		if part.MatchString(body) {
			found.Store(true)
		}
		return http.StatusOK, part.ReplaceAllString(body, with)
	})
}

// delayJobList responds with an outdated job list.
func delayJobList(t *testing.T, by time.Duration) func(http.Handler) http.Handler {
	t.Helper()
	type listResponse struct {
		at   time.Time
		body string
	}
	var differed atomic.Bool
	t.Cleanup(func() {
		if !differed.Load() {
			t.Error("no list differed")
		}
	})
	return func(tableau http.Handler) http.Handler {
		var responses []listResponse
		return editJobList(func(_ int, body string) (int, string) {
			responses = append(responses, listResponse{time.Now(), body})
			old := "<tsResponse><backgroundJobs/></tsResponse>"
			for _, a := range responses {
				if time.Since(a.at) >= by {
					old = a.body
					differed.Store(differed.Load() || old != body)
				}
			}
			return http.StatusOK, old
		})(tableau)
	}
}

const forbiddenResponse = `<tsResponse><error code="403004"><summary>Forbidden</summary><detail>no</detail></error></tsResponse>`
