package rest_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
)

// TestDo_responseBody covers the errors for bodies that the service did not write.
func TestDo_responseBody(t *testing.T) {
	t.Parallel()

	const page = "\n <!DOCTYPE html><html><head>\n<TITLE lang=\"en\"> Sign in &amp; go\n</TITLE></head></html>"
	cases := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"page_by_type", respond(502, "no tags", "Content-Type", "text/html; charset=utf-8"), "failed to get it: Example returned 502 Bad Gateway: a web page instead of an API response"},
		{"page_by_doctype", respond(503, page, "Content-Type", ""), "failed to get it: Example returned 503 Service Unavailable: a web page (Sign in & go) instead of an API response"},
		{"page_by_tag", respond(404, "<HTML lang=en><title>Not here</title>", "Content-Type", "text/plain"), "failed to get it: Example returned 404 Not Found: a web page (Not here) instead of an API response"},
		{"page_with_status_200", respond(200, page), "failed to get it: 127.0.0.1:80 did not return a valid Example response: received a web page (Sign in & go)"},
		{"page_without_a_title", respond(200, "<html></html>"), "failed to get it: 127.0.0.1:80 did not return a valid Example response: received a web page"},
		{"not_json", respond(200, "OK"), "failed to get it: 127.0.0.1:80 did not return a valid Example response: invalid character 'O' looking for beginning of value"},
		{"explained", respond(409, `explained`, "Content-Type", "application/json"), "failed to get it: Example returned 409 Conflict (code 42): it says explained"},
		{"status_without_a_name", respond(599, ""), "failed to get it: Example returned 599 (code 42): it says "},
		{"maximum_length", respond(200, `"`+strings.Repeat("a", 10<<20-2)+`"`), ""},
		{"too_long", respond(200, `"`+strings.Repeat("a", 10<<20-1)+`"`), "failed to get it: 127.0.0.1:80 did not return a valid Example response: the response is longer than 10 MiB"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, tc.handler, func(o *rest.Options) {
					o.ParseError = func(e *rest.StatusError) { e.Code, e.Message = "42", "it says "+string(e.Body) }
				})
				_, err := client.Do(t.Context(), getRequest())
				if diff := cmp.Diff(tc.want, errorText(err)); diff != "" {
					t.Errorf("Do() (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestDo_longErrorBody: only the first part of an error body is read.
func TestDo_longErrorBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			chunk := bytes.Repeat([]byte("x"), 16<<10)
			for range 200 << 20 / len(chunk) {
				n, err := w.Write(chunk)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		}))
		_, err := client.Do(t.Context(), getRequest())
		status, ok := errors.AsType[*rest.StatusError](err)
		if !ok || len(status.Body) != 64<<10 {
			t.Errorf("Do() = %.100v, want a StatusError with the first 64 KiB", err)
		}
		synctest.Wait()
		if n := sent.Load(); n > 1<<20 {
			t.Errorf("%d bytes were sent, want no more than a few of the 200 MiB", n)
		}
	})
}

// TestDo_statusErrorFromDecode: a StatusError of Decode is treated like a response with that status.
func TestDo_statusErrorFromDecode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		request := postRequest()
		request.Decode = func([]byte) error { return fmt.Errorf("no: %w", &rest.StatusError{Status: 400, Message: "not so"}) }
		_, err := newClient(t, respondOK).Do(t.Context(), request)
		if diff := cmp.Diff("failed to start it: Example returned 400 Bad Request: not so", errorText(err)); diff != "" {
			t.Errorf("Do() (-want +got):\n%s", diff)
		}
	})
}

// TestRetryNotFound: a 404 is retried for a minute after the creation, and for 15 seconds in every other case.
func TestRetryNotFound(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		age     time.Duration // at the first request; 0 is old
		status  int
		elapsed time.Duration // since the first request
		want    bool
	}{
		{"old", 0, 404, 0, true},
		{"old_within_15_seconds", 0, 404, 14 * time.Second, true},
		{"old_after_15_seconds", 0, 404, 15 * time.Second, false},
		{"new", time.Second, 404, 58 * time.Second, true},
		{"new_after_a_minute", time.Second, 404, 59 * time.Second, false},
		{"other_status", time.Second, 403, 0, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var createdAt time.Time
				if tc.age > 0 {
					createdAt = time.Now().Add(-tc.age)
				}
				retries := rest.RetryNotFound(createdAt)
				time.Sleep(tc.elapsed)
				if got := retries(&rest.StatusError{Status: tc.status}); got != tc.want {
					t.Errorf("RetryNotFound() = %v, want %v", got, tc.want)
				}
			})
		})
	}
}
