package rest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/sethvargo/go-retry"
)

// Do sends the request, retries it as its Retry and Once allow, and returns the header of the response. The errors are
// [StatusError], [TransportError], [ResponseError], [CertificateError], [UnknownError], or the cause of the end of ctx.
func (c *Client) Do(ctx context.Context, r Request) (http.Header, error) {
	a := &attempts{client: c, request: r}
	backoff := retry.BackoffFunc(func() (time.Duration, bool) { return a.wait, false })
	var header http.Header
	err := retry.Do(ctx, backoff, func(ctx context.Context) error {
		queuedAt := time.Now()
		if err := c.acquireSlot(ctx, r.SkipPause); err != nil {
			return err
		}
		a.start(queuedAt)
		sendCtx, cancel := outliveContext(ctx, r.Once)
		defer cancel()
		var err error
		header, err = c.attempt(sendCtx, r)
		<-c.slots
		return a.finish(ctx, err)
	})
	return header, err
}

// acquireSlot waits for the end of a pause, and then until fewer than the maximum of requests are in flight. A request that
// waits for its next attempt has no slot.
func (c *Client) acquireSlot(ctx context.Context, skipPause bool) error {
	if !skipPause {
		if err := c.pause.wait(ctx); err != nil {
			return err
		}
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// outliveContext returns a context that ends OnceGrace after ctx if once is set, and ctx itself otherwise.
func outliveContext(ctx context.Context, once bool) (context.Context, func()) {
	if !once {
		return ctx, func() {}
	}
	extended, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(OnceGrace, func() { cancel(context.Cause(ctx)) })
		context.AfterFunc(extended, func() { timer.Stop() })
	})
	return extended, func() { stop(); cancel(nil) }
}

// attempts tracks the retries of one request.
type attempts struct {
	client    *Client
	request   Request
	count     int
	firstAt   time.Time
	throttled time.Duration // how long the request has waited so far because a service requested it
	wait      time.Duration // until the next attempt
}

// start counts an attempt that can be sent now, after it had to wait since queuedAt.
func (a *attempts) start(queuedAt time.Time) {
	if a.count == 0 {
		a.firstAt = time.Now()
	} else {
		a.throttled += time.Since(queuedAt)
	}
	a.count++
}

// finish returns the outcome of an attempt: nil, a retryable error, or a final one.
func (a *attempts) finish(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	kind, retryTime := a.request.classify(err)
	if kind == unknown {
		a.client.Note(fmt.Sprintf("%v; it is unknown whether the request took effect", err))
		return &UnknownError{Operation: a.request.Operation, Err: err}
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if kind != throttled {
		retryTime += a.throttled // a service that throttles is not down
	}
	if kind == final || !a.scheduleRetry(err, kind, retryTime-time.Since(a.firstAt)) {
		return err
	}
	return retry.RetryableError(err)
}

const (
	maxBackoff = 30 * time.Second
	minBackoff = time.Second / 2
)

// scheduleRetry sets the wait until the next attempt: a backoff, or Retry-After if that is longer. The last attempt comes when
// the remaining time ends. It returns false if that is too soon after the previous attempt, or sooner than Retry-After.
func (a *attempts) scheduleRetry(err error, kind failureKind, remaining time.Duration) bool {
	var retryAfter time.Duration
	if status, ok := errors.AsType[*StatusError](err); ok && !a.request.SkipPause {
		retryAfter = status.RetryAfter
	}
	a.wait = max(retryAfter, min(a.backoff(err), remaining))
	if remaining < minBackoff || a.wait > remaining {
		return false
	}
	if kind == throttled {
		a.throttled += a.wait
	}
	if retryAfter > 0 {
		a.client.pause.extend(time.Now().Add(retryAfter))
	}
	if !a.request.expects(err) {
		a.client.options.OnRetry(Attempt{Service: a.client.options.Service, Operation: a.request.Operation, Err: err, Wait: a.wait})
	}
	return true
}

// backoff doubles from one second, or from half a second for a resource that is not visible yet. The jitter keeps clients that
// failed at the same time from retrying at the same time.
func (a *attempts) backoff(err error) time.Duration {
	wait := min(time.Second<<min(a.count-1, 10), maxBackoff)
	if a.request.expects(err) {
		wait /= 2
	}
	return wait + time.Duration(float64(wait)*a.client.options.Jitter*(2*rand.Float64()-1))
}

type failureKind int

const (
	final     failureKind = iota // a retry would fail again
	unknown                      // must not be retried, because the request may have taken effect
	throttled                    // a rate limit was reached
	temporary
)

// classify returns the kind of a failure, and for how long after the first attempt it is retried.
func (r Request) classify(err error) (failureKind, time.Duration) {
	if status, ok := errors.AsType[*StatusError](err); ok {
		return r.classifyStatus(status)
	}
	transport, isTransport := errors.AsType[*TransportError](err)
	_, isResponse := errors.AsType[*ResponseError](err)
	switch {
	case r.Once && (isResponse || isTransport && transport.Sent):
		return unknown, 0
	case isTransport && unknownHost(err) != "":
		return temporary, cmp.Or(r.Retry.UnknownHost, r.Retry.Outage)
	case isTransport:
		return temporary, r.Retry.Outage
	case isResponse && !(r.TooLongIsFinal && errors.Is(err, ErrTooLong)):
		return temporary, r.Retry.Malformed
	}
	return final, 0
}

func (r Request) classifyStatus(err *StatusError) (failureKind, time.Duration) {
	// A load balancer also sends these while the service behind it carries out the request.
	down := err.Status >= 500 || err.Status == http.StatusRequestTimeout
	isPage := (err.Page || err.Status/100 == 3) && err.Status != http.StatusUnauthorized
	switch {
	case err.Status == http.StatusTooManyRequests:
		return throttled, r.Retry.Throttle
	case down && r.Once:
		return unknown, 0
	case down, r.RetryPages && isPage, r.RetryAlso != nil && r.RetryAlso(err):
		return temporary, r.Retry.Outage
	}
	return final, 0
}

// expects reports whether err is a 404 that the request retries: a resource that is not visible yet needs no line in the log.
func (r Request) expects(err error) bool {
	status, ok := errors.AsType[*StatusError](err)
	return ok && status.Status == http.StatusNotFound && r.RetryAlso != nil && r.RetryAlso(status)
}

// RetryNotFound returns a function for Request.RetryAlso. It retries a 404 for a minute after the creation of the resource, which
// may not be visible everywhere yet, and for 15 s in every other case. The zero time means that it was created long ago.
func RetryNotFound(createdAt time.Time) func(*StatusError) bool {
	requestedAt := time.Now()
	return func(e *StatusError) bool {
		return e.Status == http.StatusNotFound && (time.Since(createdAt) < time.Minute || time.Since(requestedAt) < 15*time.Second)
	}
}

// pause delays all requests of a client because of Retry-After. The zero value delays none.
type pause struct {
	mu  sync.Mutex
	end time.Time
}

// extend never shortens the pause.
func (p *pause) extend(end time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if end.After(p.end) {
		p.end = end
	}
}

// wait returns when the pause is over, or with the cause of the end of ctx.
func (p *pause) wait(ctx context.Context) error {
	for {
		p.mu.Lock()
		remaining := time.Until(p.end)
		p.mu.Unlock()
		if remaining <= 0 {
			return nil
		}
		if err := Sleep(ctx, remaining); err != nil {
			return err
		}
	}
}

// Sleep returns nil after d, or the cause of the end of ctx if that comes first.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
