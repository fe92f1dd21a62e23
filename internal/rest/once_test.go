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

// TestDo_once: what the service may have taken is never sent again, whatever became of the answer. The same happenings are
// worth another attempt for a GET.
func TestDo_once(t *testing.T) {
	t.Parallel()

	half := respond(200, `"ha`, "Content-Length", "100")
	cases := []struct {
		name    string
		handler http.HandlerFunc
	}{
		{"connection_ended", abort},
		{"no_answer_in_time", silent},
		{"answer_broke_off", half},
		{"chunk_broke_off", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `"ha`)
			_ = http.NewResponseController(w).Flush()
			abort(w, r)
		}},
		{"answer_never_ends", endless},
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
		{"status_503_with_a_time", respond(503, "", "Retry-After", "1")},
		{"status_504", respond(504, "")},
		{"page_instead_of_an_answer", respond(200, "<html></html>")},
		{"empty_answer", respond(200, "")},
		{"no_content", respond(204, "")},
		{"answer_that_does_not_read", respond(200, `{"half":`)},
		{"answer_too_long", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat(" ", 11<<20))
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				service := newScript(tc.handler)
				request := post()
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
				service := newScript(tc.handler, good)
				request := get()
				request.Retry = rest.Polling
				if _, err := newClient(t, service).Do(t.Context(), request); err != nil {
					t.Errorf("Do(GET) = %v, want the second answer", err)
				}
			})
		})
	}
}

// endless sends a byte a second, so that only a limit on the whole answer ends it.
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

// TestDo_onceRefused: a refusal is an answer. After it, nothing is unknown.
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
		{"redirection", respond(302, "", "Location", "/elsewhere"), "status 302"},
		{"throttled_is_repeated", newScript(respond(429, "", "Retry-After", "5"), good).ServeHTTP, ""},
		{"good", good, ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				request := post()
				request.Retry = rest.Polling
				_, err := newClient(t, tc.handler).Do(t.Context(), request)
				if got := errorKind(err); got != tc.want {
					t.Errorf("Do() = %v, want %q", err, tc.want)
				}
			})
		})
	}
}

// TestDo_onceNotReceived: what can't have been received may be sent again, and is not unknown when the patience ends.
func TestDo_onceNotReceived(t *testing.T) {
	t.Parallel()

	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	cases := []struct {
		name     string
		failures int32
		requests int
		want     string
	}{
		{name: "in_the_end_received", failures: 3, requests: 1},
		{name: "never_received", failures: 1000, want: "transport, not sent"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var dials atomic.Int32
				service := newScript(good)
				client := newClient(t, service, func(o *rest.Options) {
					dial := o.Dial
					o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
						if dials.Add(1) <= tc.failures {
							return nil, refused
						}
						return dial(ctx, network, address)
					}
				})
				request := post()
				request.Retry = rest.Preflight
				_, err := client.Do(t.Context(), request)
				if got := errorKind(err); got != tc.want {
					t.Errorf("Do() = %v, want %q", err, tc.want)
				}
				if n := len(service.arrivals()); n != tc.requests {
					t.Errorf("received %d times, want %d", n, tc.requests)
				}
				if tc.want != "" && !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("Do() = %v, want it to hold %v", err, syscall.ECONNREFUSED)
				}
			})
		})
	}
}

// TestDo_linger: a start outlives its context by a second, so that a run is known that was just being started.
func TestDo_linger(t *testing.T) {
	t.Parallel()

	stop := errors.New("interrupt signal received")
	const (
		stopped = 10 * time.Second
		soon    = stopped + rest.OnceGrace/2
	)
	cases := []struct {
		name    string
		request func() rest.Request
		handler http.HandlerFunc
		want    string
		took    time.Duration
	}{
		{"answered_in_time", post, after(stopped+900*time.Millisecond, good), "", stopped + 900*time.Millisecond},
		{"answered_too_late", post, after(stopped+1100*time.Millisecond, good), "unknown", stopped + rest.OnceGrace},
		{"never_answered", post, silent, "unknown", stopped + rest.OnceGrace},
		{"answer_that_never_ends", post, endless, "unknown", stopped + rest.OnceGrace},
		{"refused_in_time", post, after(soon, respond(403, "")), stop.Error(), soon},
		{"throttled_in_time", post, after(soon, respond(429, "")), stop.Error(), soon},
		{"failed_in_time", post, after(soon, respond(502, "")), "unknown", soon},
		{"others_end_at_once", get, silent, stop.Error(), stopped},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(stopped, func() { cancel(stop) })
				client, begin := newClient(t, tc.handler), time.Now()
				request := tc.request()
				request.Retry, request.Timeout = rest.Polling, time.Minute
				_, err := client.Do(ctx, request)
				if got := errorKind(err); got != tc.want {
					t.Errorf("Do() = %v, want %q", err, tc.want)
				}
				if took := time.Since(begin); took != tc.took {
					t.Errorf("took %s, want %s", took, tc.took)
				}
			})
		})
	}
}

// TestDo_notSentAfterEnd: a context that is over sends nothing at all.
func TestDo_notSentAfterEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newScript(good)
		stop := errors.New("interrupt signal received")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(stop)
		if _, err := newClient(t, service).Do(ctx, post()); !errors.Is(err, stop) {
			t.Errorf("Do() = %v, want %v", err, stop)
		}
		if n := len(service.arrivals()); n != 0 {
			t.Errorf("sent %d times, want never", n)
		}
	})
}

// TestDo_timeout: each attempt has its own limit, which the error tells.
func TestDo_timeout(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		request rest.Request
		handler http.HandlerFunc
		want    string
		took    time.Duration
	}{
		{"default", rest.Request{}, silent, "failed to get it: no answer from Example at 127.0.0.1:80: no answer within 30s", 30 * time.Second},
		{"own", rest.Request{Timeout: 10 * time.Second}, silent, "failed to get it: no answer from Example at 127.0.0.1:80: no answer within 10s", 10 * time.Second},
		{"no_longer_than_the_patience", rest.Request{Retry: rest.BestEffort}, silent, "failed to get it: no answer from Example at 127.0.0.1:80: no answer within 10s", 10 * time.Second},
		{"answer_never_ends", rest.Request{}, endless, "failed to get it: no answer from Example at 127.0.0.1:80: no answer within 30s", 30 * time.Second},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, begin := newClient(t, tc.handler), time.Now()
				request := get()
				request.Timeout, request.Retry = tc.request.Timeout, tc.request.Retry
				_, err := client.Do(t.Context(), request)
				if err == nil || err.Error() != tc.want {
					t.Errorf("Do() = %v, want %s", err, tc.want)
				}
				if took := time.Since(begin); took != tc.took {
					t.Errorf("took %s, want %s", took, tc.took)
				}
			})
		})
	}
}
