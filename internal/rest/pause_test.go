package rest_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
)

// TestDo_retryAfter covers the Retry-After header. The first backoff is a second, and no header shortens it.
func TestDo_retryAfter(t *testing.T) {
	t.Parallel()

	const date = "Sat, 01 Jan 2000 12:00:00 GMT" // of a service whose clock is twelve hours ahead
	cases := []struct {
		name   string
		header []string
		want   time.Duration
	}{
		{name: "none", want: time.Second},
		{name: "seconds", header: []string{"Retry-After", "90"}, want: 90 * time.Second},
		{name: "zero", header: []string{"Retry-After", "0"}, want: time.Second},
		{name: "negative", header: []string{"Retry-After", "-90"}, want: time.Second},
		{name: "not_a_number", header: []string{"Retry-After", "soon"}, want: time.Second},
		{name: "more_than_an_hour", header: []string{"Retry-After", "86400"}, want: time.Hour},
		{name: "overflows_a_duration", header: []string{"Retry-After", "10000000000"}, want: time.Hour},
		{name: "overflows_an_int", header: []string{"Retry-After", "99999999999999999999"}, want: time.Second},
		{name: "date_by_the_service_clock", header: []string{"Date", date, "Retry-After", "Sat, 01 Jan 2000 12:01:30 GMT"}, want: 90 * time.Second},
		{name: "date_in_the_past", header: []string{"Date", date, "Retry-After", "Sat, 01 Jan 2000 11:00:00 GMT"}, want: time.Second},
		{name: "date_without_a_date_header", header: []string{"Date", "", "Retry-After", "Sat, 01 Jan 2000 00:01:30 GMT"}, want: 90 * time.Second},
		{name: "date_in_a_century", header: []string{"Date", date, "Retry-After", "Fri, 01 Jan 2100 00:00:00 GMT"}, want: time.Hour},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				service := newSequence(respond(429, "", tc.header...), respondOK)
				request := getRequest()
				request.Retry = rest.Polling
				if _, err := newClient(t, service).Do(t.Context(), request); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]time.Duration{0, tc.want}, service.arrivals()); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestDo_pause: the Retry-After of one response delays all requests that have not been sent.
func TestDo_pause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newSequence(respond(429, "", "Retry-After", "60"), respondOK)
		client := newClient(t, service)
		request := getRequest()
		request.Retry = rest.Polling
		var group sync.WaitGroup
		for _, wait := range seconds(0, 10, 59, 61) {
			group.Go(func() {
				time.Sleep(wait)
				if _, err := client.Do(t.Context(), request); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if diff := cmp.Diff(seconds(0, 60, 60, 60, 61), service.arrivals()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}

// TestDo_pauseIsNotShortened: of two Retry-After headers, the later end counts.
func TestDo_pauseIsNotShortened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newSequence(respond(429, "", "Retry-After", "60"), respondAfter(time.Second, respond(429, "", "Retry-After", "10")), respondOK)
		client := newClient(t, service)
		request := getRequest()
		request.Retry = rest.Polling
		var group sync.WaitGroup
		for _, wait := range seconds(0, 0, 20) {
			group.Go(func() {
				time.Sleep(wait)
				if _, err := client.Do(t.Context(), request); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if diff := cmp.Diff(seconds(0, 0, 60, 60, 60), service.arrivals()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}

// TestDo_contextEndsDuringPause: a request that is delayed until its context ends is never sent.
func TestDo_contextEndsDuringPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := newSequence(respond(429, "", "Retry-After", "600"), respondOK)
		client := newClient(t, service)
		var group sync.WaitGroup
		group.Go(func() {
			first := getRequest()
			first.Retry = rest.Polling
			_, _ = client.Do(t.Context(), first)
		})
		synctest.Wait()

		limit := errors.New("the limit was reached")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, limit)
		defer cancel()
		if _, err := client.Do(ctx, postRequest()); !errors.Is(err, limit) || errorKind(err) == "unknown" {
			t.Errorf("Do() = %v, want %v", err, limit)
		}
		group.Wait()
		if diff := cmp.Diff(seconds(0, 600), service.arrivals()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}

// TestDo_maxParallel: a request that waits for its next attempt does not count as in flight.
func TestDo_maxParallel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var inFlight, maximum atomic.Int32
		slow := func(w http.ResponseWriter, r *http.Request) {
			maximum.Store(max(maximum.Load(), inFlight.Add(1)))
			defer inFlight.Add(-1)
			respondAfter(10*time.Second, respondOK)(w, r)
		}
		service := newSequence(respond(503, ""), respond(503, ""), slow)
		client := newClient(t, service, func(o *rest.Options) { o.MaxParallel = 2 })
		request := getRequest()
		request.Retry = rest.Polling
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				if _, err := client.Do(t.Context(), request); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if maximum.Load() != 2 {
			t.Errorf("%d requests in flight, want 2", maximum.Load())
		}
		if diff := cmp.Diff(seconds(0, 0, 0, 0, 10, 10, 20, 20), service.arrivals()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}
