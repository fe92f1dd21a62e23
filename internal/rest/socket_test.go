package rest_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"dbt-tableau-refresh/internal/rest"
)

// resetter takes connections, reads a whole request from each, and resets it. It counts the requests.
func resetter(t *testing.T) (*url.URL, *atomic.Int32) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var requests atomic.Int32
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				requests.Add(1)
			}
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return &url.URL{Scheme: "http", Host: listener.Addr().String()}, &requests
}

// closed is an address at which nobody listens.
func closed(t *testing.T) *url.URL {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return &url.URL{Scheme: "http", Host: listener.Addr().String()}
}

// TestDo_socket holds the rules of sending again against the errors of the operating system. What is repeated is stopped
// before the wait.
func TestDo_socket(t *testing.T) {
	t.Parallel()

	reset, requests := resetter(t)
	repeated := errors.New("is repeated")
	cases := []struct {
		name    string
		base    *url.URL
		request rest.Request
		want    string
		cause   error
	}{
		{"reset_post", reset, post(), "unknown", syscall.ECONNRESET},
		{"reset_get", reset, get(), repeated.Error(), syscall.ECONNRESET},
		{"refused_post", closed(t), post(), repeated.Error(), syscall.ECONNREFUSED},
		{"refused_get", closed(t), get(), repeated.Error(), syscall.ECONNREFUSED},
	}
	t.Run("cases", func(t *testing.T) {
		for _, tc := range cases {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				var failure error
				client := connect(t, rest.Options{Service: "Example", Base: tc.base, OnRetry: func(a rest.Attempt) {
					failure = a.Err
					cancel(repeated)
				}})
				request := tc.request
				request.Retry = rest.Polling
				_, err := client.Do(ctx, request)
				if got := errorKind(err); got != tc.want {
					t.Errorf("Do() = %v, want %q", err, tc.want)
				}
				if !errors.Is(errors.Join(err, failure), tc.cause) {
					t.Errorf("Do() = %v after %v, want %v in one of them", err, failure, tc.cause)
				}
			})
		}
	})
	if n := requests.Load(); n != 2 {
		t.Errorf("the service got %d requests, want 2: one of each method", n)
	}
}
