package rest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// TestDo_once: a POST that the service may have received is never repeated. A GET is, after the same failures.
func TestDo_once(t *testing.T) {
	t.Parallel()

	truncated := respond(200, `"ha`, "Content-Length", "100")
	cases := []struct {
		name    string
		handler http.HandlerFunc
	}{
		{"connection_closed", abortConnection},
		{"no_response_in_time", neverRespond},
		{"truncated_body", truncated},
		{"truncated_chunk", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `"ha`)
			_ = http.NewResponseController(w).Flush()
			abortConnection(w, r)
		}},
		{"body_never_ends", endless},
		{"not_http", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.9\r\n")
				_ = conn.Close()
			}
		}},
		{"status_408", respond(408, "")},
		{"status_500", respond(500, "")},
		{"status_502_with_a_page", respond(502, "<html><title>Bad Gateway</title></html>", "Content-Type", "text/html")},
		{"status_503_with_retry_after", respond(503, "", "Retry-After", "1")},
		{"status_504", respond(504, "")},
		{"page_with_status_200", respond(200, "<html></html>")},
		{"empty_body", respond(200, "")},
		{"no_content", respond(204, "")},
		{"incomplete_json", respond(200, `{"half":`)},
		{"body_too_long", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat(" ", 11<<20))
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				service := newSequence(tc.handler)
				request := postRequest()
				request.Retry = rest.Polling
				_, err := newClient(t, service).Do(t.Context(), request)
				if got := errorKind(err); got != "unknown" {
					t.Errorf("Do(POST) = %v, want an UnknownError", err)
				}
				if n := len(service.arrivals()); n != 1 {
					t.Errorf("sent %d times, want once", n)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				service := newSequence(tc.handler, respondOK)
				request := getRequest()
				request.Retry = rest.Polling
				if _, err := newClient(t, service).Do(t.Context(), request); err != nil {
					t.Errorf("Do(GET) = %v, want the second response", err)
				}
			})
		})
	}
}

// endless sends a byte per second, so that only a limit on the whole response ends it.
func endless(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	for {
		_, _ = io.WriteString(w, " ")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
			return
		}
	}
}

// TestDo_onceRefused: after a refusal, the outcome is not unknown.
func TestDo_onceRefused(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"bad_request", respond(400, ""), "status 400"},
		{"unauthorized", respond(401, ""), "status 401"},
		{"conflict", respond(409, ""), "status 409"},
		{"redirect", respond(302, "", "Location", "/elsewhere"), "status 302"},
		{"throttled_is_repeated", newSequence(respond(429, "", "Retry-After", "5"), respondOK).ServeHTTP, ""},
		{"ok", respondOK, ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				request := postRequest()
				request.Retry = rest.Polling
				_, err := newClient(t, tc.handler).Do(t.Context(), request)
				if got := errorKind(err); got != tc.want {
					t.Errorf("Do() = %v, want %q", err, tc.want)
				}
			})
		})
	}
}

// TestDo_onceNotReceived: a POST that the service can't have received is retried, and its outcome is never unknown.
func TestDo_onceNotReceived(t *testing.T) {
	t.Parallel()

	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	cases := []struct {
		name     string
		failures int32
		requests int
		want     string
	}{
		{name: "received_after_three_failures", failures: 3, requests: 1},
		{name: "never_received", failures: 1000, want: "transport, not sent"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var dials atomic.Int32
				service := newSequence(respondOK)
				client := newClient(t, service, func(o *rest.Options) {
					dial := o.Dial
					o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
						if dials.Add(1) <= tc.failures {
							return nil, refused
						}
						return dial(ctx, network, address)
					}
				})
				request := postRequest()
				request.Retry = rest.Preflight
				_, err := client.Do(t.Context(), request)
				if got := errorKind(err); got != tc.want {
					t.Errorf("Do() = %v, want %q", err, tc.want)
				}
				if n := len(service.arrivals()); n != tc.requests {
					t.Errorf("received %d times, want %d", n, tc.requests)
				}
				if tc.want != "" && !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("Do() = %v, want it to wrap %v", err, syscall.ECONNREFUSED)
				}
			})
		})
	}
}

// TestDo_onceGrace: a request with Once outlives its context by a second, so that the outcome of a start request is known.
func TestDo_onceGrace(t *testing.T) {
	t.Parallel()

	stop := errors.New("interrupt signal received")
	const (
		stopAt  = 10 * time.Second
		inGrace = stopAt + rest.OnceGrace/2
	)
	cases := []struct {
		name    string
		request func() rest.Request
		handler http.HandlerFunc
		want    string
		took    time.Duration
	}{
		{"response_in_time", postRequest, respondAfter(stopAt+900*time.Millisecond, respondOK), "", stopAt + 900*time.Millisecond},
		{"response_too_late", postRequest, respondAfter(stopAt+1100*time.Millisecond, respondOK), "unknown", stopAt + rest.OnceGrace},
		{"no_response", postRequest, neverRespond, "unknown", stopAt + rest.OnceGrace},
		{"body_never_ends", postRequest, endless, "unknown", stopAt + rest.OnceGrace},
		{"refused_in_time", postRequest, respondAfter(inGrace, respond(403, "")), stop.Error(), inGrace},
		{"throttled_in_time", postRequest, respondAfter(inGrace, respond(429, "")), stop.Error(), inGrace},
		{"failed_in_time", postRequest, respondAfter(inGrace, respond(502, "")), "unknown", inGrace},
		{"without_once", getRequest, neverRespond, stop.Error(), stopAt},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(stopAt, func() { cancel(stop) })
				client, startedAt := newClient(t, tc.handler), time.Now()
				request := tc.request()
				request.Retry, request.Timeout = rest.Polling, time.Minute
				_, err := client.Do(ctx, request)
				if got := errorKind(err); got != tc.want {
					t.Errorf("Do() = %v, want %q", err, tc.want)
				}
				if took := time.Since(startedAt); took != tc.took {
					t.Errorf("took %s, want %s", took, tc.took)
				}
			})
		})
	}
}

// TestDo_notSentAfterEnd: nothing is sent once the context has ended.
func TestDo_notSentAfterEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newSequence(respondOK)
		stop := errors.New("interrupt signal received")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(stop)
		if _, err := newClient(t, service).Do(ctx, postRequest()); !errors.Is(err, stop) {
			t.Errorf("Do() = %v, want %v", err, stop)
		}
		if n := len(service.arrivals()); n != 0 {
			t.Errorf("sent %d times, want never", n)
		}
	})
}

// TestDo_timeout: each attempt has its own timeout, which is in the error.
func TestDo_timeout(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		request rest.Request
		handler http.HandlerFunc
		want    string
		took    time.Duration
	}{
		{"default", rest.Request{}, neverRespond, "failed to get it: no response from Example at 127.0.0.1:80: timed out after 30s", 30 * time.Second},
		{"own", rest.Request{Timeout: 10 * time.Second}, neverRespond, "failed to get it: no response from Example at 127.0.0.1:80: timed out after 10s", 10 * time.Second},
		{"no_longer_than_the_retry_time", rest.Request{Retry: rest.BestEffort}, neverRespond, "failed to get it: no response from Example at 127.0.0.1:80: timed out after 10s", 10 * time.Second},
		{"body_never_ends", rest.Request{}, endless, "failed to get it: no response from Example at 127.0.0.1:80: timed out after 30s", 30 * time.Second},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, startedAt := newClient(t, tc.handler), time.Now()
				request := getRequest()
				request.Timeout, request.Retry = tc.request.Timeout, tc.request.Retry
				_, err := client.Do(t.Context(), request)
				if err == nil || err.Error() != tc.want {
					t.Errorf("Do() = %v, want %s", err, tc.want)
				}
				if took := time.Since(startedAt); took != tc.took {
					t.Errorf("took %s, want %s", took, tc.took)
				}
			})
		})
	}
}
