package rest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
)

// TestDo_retryTimes covers for how long, and at which times, a request is retried.
func TestDo_retryTimes(t *testing.T) {
	t.Parallel()

	times := rest.RetryTimes{Outage: 2 * time.Minute, Malformed: 10 * time.Second, Throttle: 5 * time.Minute}
	cases := []struct {
		name     string
		handlers []http.HandlerFunc
		times    rest.RetryTimes
		also     func(*rest.StatusError) bool
		want     []time.Duration
		kind     string
	}{
		{name: "ok", handlers: []http.HandlerFunc{respondOK}, times: times, want: seconds(0)},
		{name: "no_retry_time_sends_once", handlers: []http.HandlerFunc{respond(502, "")}, want: seconds(0), kind: "status 502"},
		{
			name: "outage_for_two_minutes", handlers: []http.HandlerFunc{respond(503, "")}, times: times,
			want: seconds(0, 1, 3, 7, 15, 31, 61, 91, 120), kind: "status 503",
		},
		{name: "status_408_is_an_outage", handlers: []http.HandlerFunc{respond(408, ""), respondOK}, times: times, want: seconds(0, 1)},
		{name: "connection_closed", handlers: []http.HandlerFunc{abortConnection, abortConnection, respondOK}, times: times, want: seconds(0, 1, 3)},
		{
			name: "malformed_for_ten_seconds", handlers: []http.HandlerFunc{respond(200, "<html></html>")}, times: times,
			want: seconds(0, 1, 3, 7, 10), kind: "response",
		},
		{
			name: "throttled_without_retry_after", handlers: []http.HandlerFunc{respond(429, ""), respond(429, ""), respondOK}, times: times,
			want: seconds(0, 1, 3),
		},
		{
			name: "throttled_for_five_minutes", handlers: []http.HandlerFunc{respond(429, "", "Retry-After", "100")}, times: times,
			want: seconds(0, 100, 200, 300), kind: "status 429",
		},
		{
			name: "short_retry_after_does_not_shorten_the_backoff", handlers: []http.HandlerFunc{respond(503, "", "Retry-After", "2")},
			times: rest.RetryTimes{Outage: 20 * time.Second}, want: seconds(0, 2, 4, 8, 16, 20), kind: "status 503",
		},
		{
			name: "retry_after_beyond_the_retry_time", handlers: []http.HandlerFunc{respond(503, "", "Retry-After", "121")},
			times: times, want: seconds(0), kind: "status 503",
		},
		{
			name: "each_kind_of_failure_has_its_own_time", handlers: []http.HandlerFunc{respond(502, ""), respond(502, ""), respond(502, ""), respond(502, ""), respond(200, "?")},
			times: times, want: seconds(0, 1, 3, 7, 15), kind: "response",
		},
		{name: "refused", handlers: []http.HandlerFunc{respond(404, "")}, times: times, want: seconds(0), kind: "status 404"},
		{
			name: "not_visible_yet", handlers: []http.HandlerFunc{respond(404, ""), respond(404, ""), respond(404, ""), respond(502, ""), respondOK}, times: times,
			also: func(e *rest.StatusError) bool { return e.Status == http.StatusNotFound },
			want: []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond, 11500 * time.Millisecond},
		},
		{
			name: "refused_after_an_outage", handlers: []http.HandlerFunc{respond(500, ""), respond(403, "")}, times: times,
			want: seconds(0, 1), kind: "status 403",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				service := newSequence(tc.handlers...)
				request := getRequest()
				request.Retry, request.RetryAlso = tc.times, tc.also
				_, err := newClient(t, service).Do(t.Context(), request)
				if got := errorKind(err); got != tc.kind {
					t.Errorf("Do() = %v, want %q", err, tc.kind)
				}
				if diff := cmp.Diff(tc.want, service.arrivals()); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestDo_outageAfterThrottling: the time that the service requested with Retry-After must not count as an outage.
func TestDo_outageAfterThrottling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newSequence(respond(429, "", "Retry-After", "1740"), respond(429, "", "Retry-After", "1740"), respond(503, ""), respondOK)
		request := getRequest()
		request.Retry = rest.Polling
		if _, err := newClient(t, service).Do(t.Context(), request); err != nil {
			t.Errorf("Do() = %v, want a retry after a short outage", err)
		}
	})
}

// TestDo_onRetry covers the arguments of OnRetry for each failed attempt.
func TestDo_onRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var attempts []rest.Attempt
		client := newClient(t, newSequence(respond(502, ""), respond(429, "", "Retry-After", "7"), respondOK),
			func(o *rest.Options) { o.OnRetry = func(a rest.Attempt) { attempts = append(attempts, a) } })
		request := getRequest()
		request.Retry = rest.Polling
		if _, err := client.Do(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range attempts {
			got = append(got, a.Service+", "+a.Operation+", "+a.Wait.String()+": "+a.Err.Error())
		}
		want := []string{
			"Example, get it, 1s: failed to get it: Example returned 502 Bad Gateway",
			"Example, get it, 7s: failed to get it: Example returned 429 Too Many Requests",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
	})
}

// TestDo_contextEnds: the end of its context ends every wait of a request at once, and its cause is the error.
func TestDo_contextEnds(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		handler http.HandlerFunc
	}{
		{"throttled", respond(429, "", "Retry-After", "1800")},
		{"between_attempts", respond(503, "")},
		{"waiting_for_a_response", neverRespond},
		{"refused_too_late", respondAfter(90*time.Second, respond(404, ""))},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				limit := errors.New("the limit was reached")
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, limit)
				defer cancel()
				client, startedAt := newClient(t, tc.handler), time.Now()
				request := getRequest()
				request.Retry, request.Timeout = rest.Polling, time.Hour
				if _, err := client.Do(ctx, request); !errors.Is(err, limit) {
					t.Errorf("Do() = %v, want %v", err, limit)
				}
				if took := time.Since(startedAt); took != time.Minute {
					t.Errorf("ended after %s, want 1m", took)
				}
			})
		})
	}
}

// TestDo_jitter covers the bounds of a backoff with jitter.
func TestDo_jitter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		client := newClient(t, respond(503, ""), func(o *rest.Options) {
			o.Jitter = 0.5
			o.OnRetry = func(a rest.Attempt) { waits = append(waits, a.Wait) }
		})
		request := getRequest()
		request.Retry.Outage = time.Hour
		_, _ = client.Do(t.Context(), request)
		distinct := map[time.Duration]bool{}
		for i, wait := range waits[:len(waits)-1] { // the last one is what remains of the retry time
			plain := min(time.Second<<min(i, 10), 30*time.Second)
			if wait < plain/2 || wait > plain*3/2 {
				t.Errorf("backoff %d is %s, want half to one and a half of %s", i+1, wait, plain)
			}
			distinct[wait] = true
		}
		if len(waits) < 80 || len(distinct) < 2 {
			t.Errorf("%d backoffs of %d lengths, want many of each", len(waits), len(distinct))
		}
	})
}
