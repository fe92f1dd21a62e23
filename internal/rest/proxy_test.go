package rest_test

import (
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// TestDo_retryPages checks that RetryPages retries redirects and web pages with an error status, and nothing else.
func TestDo_retryPages(t *testing.T) {
	t.Parallel()
	const page = "<!doctype html><title>Maintenance</title>"
	cases := []struct {
		name    string
		handler http.HandlerFunc
		retries bool
	}{
		{"redirect", respond(302, "", "Location", "https://sso.example/"), true},
		{"temporary_redirect", respond(307, "", "Location", "/maintenance"), true},
		{"forbidden_page", respond(403, page), true},
		{"not_found_page", respond(404, page), true},
		{"unauthorized_page", respond(401, page), false},
		{"forbidden", respond(403, `{"detail":"no"}`), false},
	}
	for _, tc := range cases {
		for name, request := range map[string]rest.Request{"get": getRequest(), "once": postRequest()} {
			t.Run(tc.name+"_"+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					sequence := newSequence(tc.handler, respondOK)
					request.Retry, request.RetryPages = rest.Polling, tc.retries
					_, err := newClient(t, sequence).Do(t.Context(), request)
					if attempts := len(sequence.arrivals()); (err == nil) != tc.retries || (attempts == 2) != tc.retries {
						t.Errorf("%d attempts, error %v", attempts, err)
					}
					sequence = newSequence(tc.handler, respondOK)
					request.RetryPages = !tc.retries
					if _, err := newClient(t, sequence).Do(t.Context(), request); err == nil {
						t.Error("no error")
					}
				})
			})
		}
	}
}

// TestDo_unknownHost checks how long a host name that does not exist is retried, and that it might exist if no DNS server works.
func TestDo_unknownHost(t *testing.T) {
	t.Parallel()
	const notFound = "failed to get it: could not find host server.example"
	cases := []struct {
		name       string
		retry      rest.RetryTimes
		dnsFails   time.Duration
		appears    time.Duration // when something listens there
		want       string
		wantWithin time.Duration
	}{
		{name: "preflight", retry: rest.Preflight, want: notFound, wantWithin: 15 * time.Second},
		{name: "polling", retry: rest.Polling, want: notFound, wantWithin: 30 * time.Minute},
		{name: "best_effort", retry: rest.BestEffort, want: notFound, wantWithin: 0},
		{name: "appears", retry: rest.Preflight, appears: 10 * time.Second, wantWithin: 15 * time.Second},
		{
			name: "dns_server", retry: rest.Preflight, dnsFails: time.Hour, wantWithin: 2 * time.Minute,
			want: "failed to get it: Example can't be reached at server.example: dial tcp server.example:80: lookup server.example on 10.0.0.2:53: server misbehaving",
		},
		{name: "dns_server_recovers", retry: rest.Preflight, dnsFails: time.Minute, appears: time.Second, wantWithin: 61 * time.Second},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network, begin := sandbox.NewNetwork(), time.Now()
				network.FailDNS(tc.dnsFails)
				if tc.appears > 0 {
					listen := time.AfterFunc(tc.appears, func() { mount(t, network, "server.example:80", respondOK) })
					defer listen.Stop()
				}
				request := getRequest()
				request.Retry = tc.retry
				client := connect(t, rest.Options{Service: "Example", Base: &url.URL{Scheme: "http", Host: "server.example"}, AllowHTTP: true, Dial: network.DialContext})
				_, err := client.Do(t.Context(), request)
				if diff := cmp.Diff(tc.want, errorText(err)); diff != "" {
					t.Errorf("Do() (-want +got):\n%s", diff)
				}
				if took := time.Since(begin); took > tc.wantWithin || err != nil && took != tc.wantWithin {
					t.Errorf("took %s, want %s", took, tc.wantWithin)
				}
				if err != nil && tc.dnsFails == 0 && errorText(client.WithURLHint(err, "its-url", "such as this")) != notFound+". Check its-url" {
					t.Errorf("WithURLHint() = %v", client.WithURLHint(err, "its-url", "such as this"))
				}
			})
		})
	}
}
