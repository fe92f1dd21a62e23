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

// newResettingServer starts a server that reads a whole request from each connection and resets it. It returns the server's
// URL and the number of requests.
func newResettingServer(t *testing.T) (*url.URL, *atomic.Int32) {
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

// closedPort returns a URL whose port nothing listens on.
func closedPort(t *testing.T) *url.URL {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return &url.URL{Scheme: "http", Host: listener.Addr().String()}
}

// TestDo_socket covers retries after errors of the operating system. A retry is canceled before its wait.
func TestDo_socket(t *testing.T) {
	t.Parallel()

	reset, requests := newResettingServer(t)
	retried := errors.New("is retried")
	cases := []struct {
		name    string
		base    *url.URL
		request rest.Request
		want    string
		cause   error
	}{
		{"reset_post", reset, postRequest(), "unknown", syscall.ECONNRESET},
		{"reset_get", reset, getRequest(), retried.Error(), syscall.ECONNRESET},
		{"refused_post", closedPort(t), postRequest(), retried.Error(), syscall.ECONNREFUSED},
		{"refused_get", closedPort(t), getRequest(), retried.Error(), syscall.ECONNREFUSED},
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
					cancel(retried)
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
		t.Errorf("the server received %d requests, want 2: one of each method", n)
	}
}
