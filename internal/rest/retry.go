package rest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
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
		c.releaseSlot()
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

func (c *Client) releaseSlot() { <-c.slots }

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
	client     *Client
	request    Request
	count      int
	firstAt    time.Time
	kind       failureKind   // of the last failure
	retryAfter time.Duration // how long the last response asked to wait
	throttled  time.Duration // how long the request has waited so far because a service asked for it
	wait       time.Duration // until the next attempt
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

// finish returns what the error of an attempt means for the request: nil, a retryable error, or a final one.
func (a *attempts) finish(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	a.kind = classify(a.request, err)
	if a.kind == unknown {
		a.client.Note(fmt.Sprintf("%v: whether it took effect is not known", err))
		return &UnknownError{Operation: a.request.Operation, Err: err}
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if a.kind == final {
		return err
	}
	a.retryAfter = 0
	if status, ok := errors.AsType[*StatusError](err); ok && !a.request.SkipPause {
		a.retryAfter = status.RetryAfter
	}
	return a.scheduleRetry(err)
}

// scheduleRetry sets the wait until the next attempt, pauses the client for as long as the service asked, and reports the
// retry. It returns err as retryable, or as it is if no time is left.
func (a *attempts) scheduleRetry(err error) error {
	wait, ok := a.nextWait(err)
	if !ok {
		return err
	}
	a.wait = wait
	if a.kind == throttled {
		a.throttled += wait
	}
	if a.retryAfter > 0 {
		a.client.pause.extend(time.Now().Add(a.retryAfter))
	}
	if !a.request.expects(err) {
		a.client.options.OnRetry(Attempt{Service: a.client.options.Service, Operation: a.request.Operation, Err: err, Wait: wait})
	}
	return retry.RetryableError(err)
}

// nextWait returns how long to wait until the next attempt: a jittered backoff, or what the last response asked for if that
// is longer. The last attempt comes when the retry time ends; ok is false if that is too close to the attempt before, or
// sooner than the service asked for.
func (a *attempts) nextWait(err error) (wait time.Duration, ok bool) {
	retryTime := a.kind.retryTime(a.request.Retry)
	if a.kind != throttled {
		retryTime += a.throttled // a service is not down while it asks to wait
	}
	remaining := retryTime - time.Since(a.firstAt)
	wait = max(a.retryAfter, min(a.backoff(err), remaining))
	return wait, remaining >= minBackoff && wait <= remaining
}

const (
	maxBackoff = 30 * time.Second
	minBackoff = time.Second / 2
)

// backoff doubles from one second, or from half a second for a resource that is not visible yet. The jitter keeps clients that
// failed at the same time from retrying at the same time.
func (a *attempts) backoff(err error) time.Duration {
	wait := min(time.Second<<min(a.count-1, 10), maxBackoff)
	if a.request.expects(err) {
		wait /= 2
	}
	return wait + time.Duration(float64(wait)*a.client.options.Jitter*(2*rand.Float64()-1))
}
