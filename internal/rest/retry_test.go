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

// TestDo_patience shows how long, and at which times, a request is repeated.
func TestDo_patience(t *testing.T) {
	t.Parallel()

	patient := rest.RetryTimes{Outage: 2 * time.Minute, Malformed: 10 * time.Second, Throttle: 5 * time.Minute}
	cases := []struct {
		name     string
		handlers []http.HandlerFunc
		patience rest.RetryTimes
		repeat   func(*rest.StatusError) bool
		want     []time.Duration
		kind     string
	}{
		{name: "good", handlers: []http.HandlerFunc{good}, patience: patient, want: seconds(0)},
		{name: "none_sends_once", handlers: []http.HandlerFunc{respond(502, "")}, want: seconds(0), kind: "status 502"},
		{
			name: "fault_for_two_minutes", handlers: []http.HandlerFunc{respond(503, "")}, patience: patient,
			want: seconds(0, 1, 3, 7, 15, 31, 61, 91, 120), kind: "status 503",
		},
		{name: "status_408_is_a_fault", handlers: []http.HandlerFunc{respond(408, ""), good}, patience: patient, want: seconds(0, 1)},
		{name: "connection_ended", handlers: []http.HandlerFunc{abort, abort, good}, patience: patient, want: seconds(0, 1, 3)},
		{
			name: "garbage_for_ten_seconds", handlers: []http.HandlerFunc{respond(200, "<html></html>")}, patience: patient,
			want: seconds(0, 1, 3, 7, 10), kind: "answer",
		},
		{
			name: "throttled_without_a_time", handlers: []http.HandlerFunc{respond(429, ""), respond(429, ""), good}, patience: patient,
			want: seconds(0, 1, 3),
		},
		{
			name: "throttled_for_five_minutes", handlers: []http.HandlerFunc{respond(429, "", "Retry-After", "100")}, patience: patient,
			want: seconds(0, 100, 200, 300), kind: "status 429",
		},
		{
			name: "a_short_time_asked_for_is_no_hurry", handlers: []http.HandlerFunc{respond(503, "", "Retry-After", "2")},
			patience: rest.RetryTimes{Outage: 20 * time.Second}, want: seconds(0, 2, 4, 8, 16, 20), kind: "status 503",
		},
		{
			name: "a_time_that_outlasts_the_patience_is_not_waited_for", handlers: []http.HandlerFunc{respond(503, "", "Retry-After", "121")},
			patience: patient, want: seconds(0), kind: "status 503",
		},
		{
			name: "each_kind_has_its_own", handlers: []http.HandlerFunc{respond(502, ""), respond(502, ""), respond(502, ""), respond(502, ""), respond(200, "?")},
			patience: patient, want: seconds(0, 1, 3, 7, 15), kind: "answer",
		},
		{name: "refused", handlers: []http.HandlerFunc{respond(404, "")}, patience: patient, want: seconds(0), kind: "status 404"},
		{
			name: "refusal_worth_another_try", handlers: []http.HandlerFunc{respond(404, ""), good}, patience: patient,
			repeat: func(e *rest.StatusError) bool { return e.Status == http.StatusNotFound }, want: seconds(0, 1),
		},
		{
			name: "refused_after_a_fault", handlers: []http.HandlerFunc{respond(500, ""), respond(403, "")}, patience: patient,
			want: seconds(0, 1), kind: "status 403",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				service := newScript(tc.handlers...)
				request := get()
				request.Retry, request.RetryAlso = tc.patience, tc.repeat
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

// TestDo_faultAfterLongThrottling: what is waited because the service asked for it must not use up the patience with faults.
func TestDo_faultAfterLongThrottling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newScript(respond(429, "", "Retry-After", "1740"), respond(429, "", "Retry-After", "1740"), respond(503, ""), good)
		request := get()
		request.Retry = rest.Polling
		if _, err := newClient(t, service).Do(t.Context(), request); err != nil {
			t.Errorf("Do() = %v, want a service that is away for a moment to be ridden out", err)
		}
	})
}

// TestDo_onRetry holds what a log can tell of each failed attempt.
func TestDo_onRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []rest.Attempt
		client := newClient(t, newScript(respond(502, ""), respond(429, "", "Retry-After", "7"), good),
			func(o *rest.Options) { o.OnRetry = func(a rest.Attempt) { told = append(told, a) } })
		request := get()
		request.Retry = rest.Polling
		if _, err := client.Do(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range told {
			got = append(got, a.Service+", "+a.Operation+", "+a.Wait.String()+": "+a.Err.Error())
		}
		want := []string{
			"Example, get it, 1s: failed to get it: Example answered 502 Bad Gateway",
			"Example, get it, 7s: failed to get it: Example answered 429 Too Many Requests",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
	})
}

// TestDo_endOfContext: whatever a request waits for, the end of its context ends it at once and is told as its cause.
func TestDo_endOfContext(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		handler http.HandlerFunc
	}{
		{"throttled", respond(429, "", "Retry-After", "1800")},
		{"between_attempts", respond(503, "")},
		{"unanswered", silent},
		{"refused_too_late", after(90*time.Second, respond(404, ""))},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				limit := errors.New("the limit ran out")
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, limit)
				defer cancel()
				client, begin := newClient(t, tc.handler), time.Now()
				request := get()
				request.Retry, request.Timeout = rest.Polling, time.Hour
				if _, err := client.Do(ctx, request); !errors.Is(err, limit) {
					t.Errorf("Do() = %v, want %v", err, limit)
				}
				if took := time.Since(begin); took != time.Minute {
					t.Errorf("ended after %s, want 1m", took)
				}
			})
		})
	}
}

// TestDo_jitter holds the bounds of what chance may add or take.
func TestDo_jitter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		client := newClient(t, respond(503, ""), func(o *rest.Options) {
			o.Jitter = 0.5
			o.OnRetry = func(a rest.Attempt) { waits = append(waits, a.Wait) }
		})
		request := get()
		request.Retry.Outage = time.Hour
		_, _ = client.Do(t.Context(), request)
		distinct := map[time.Duration]bool{}
		for i, wait := range waits[:len(waits)-1] { // the last one is what the patience leaves
			plain := min(time.Second<<min(i, 10), 30*time.Second)
			if wait < plain/2 || wait > plain*3/2 {
				t.Errorf("back-off %d is %s, want half to one and a half of %s", i+1, wait, plain)
			}
			distinct[wait] = true
		}
		if len(waits) < 80 || len(distinct) < 2 {
			t.Errorf("%d back-offs of %d lengths, want many of many", len(waits), len(distinct))
		}
	})
}
