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

// Do sends the request, repeats it as its Retry and Once allow, and returns the header of the answer. The errors are
// [StatusError], [TransportError], [ResponseError], [CertificateError], [UnknownError], or the cause of the end of ctx.
func (c *Client) Do(ctx context.Context, r Request) (http.Header, error) {
	loop := &loop{client: c, request: r}
	var header http.Header
	err := retry.Do(ctx, retry.BackoffFunc(loop.next), func(ctx context.Context) error {
		came := time.Now()
		if err := c.enter(ctx, r.SkipPause); err != nil {
			return err
		}
		loop.begin(came)
		sending, stop := linger(ctx, r.Once)
		defer stop()
		var err error
		header, err = c.attempt(sending, r)
		c.leave()
		return loop.judge(ctx, err)
	})
	return header, err
}

// enter waits for the end of a pause, then for a free place: one that sleeps between attempts takes no place.
func (c *Client) enter(ctx context.Context, urgent bool) error {
	if !urgent {
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

func (c *Client) leave() { <-c.slots }

// linger lets what must not be left unanswered outlive ctx a little.
func linger(ctx context.Context, once bool) (context.Context, func()) {
	if !once {
		return ctx, func() {}
	}
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(OnceGrace, func() { cancel(context.Cause(ctx)) })
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { stop(); cancel(nil) }
}

// loop is the story of one request over its attempts.
type loop struct {
	client   *Client
	request  Request
	started  time.Time
	attempts int
	last     error
	kind     kind          // of the last failure
	asked    time.Duration // how long the service wants to be left alone
	held     time.Duration // how long it was left alone so far
}

// begin notes an attempt that came to be sent at the given time and can be sent now.
func (l *loop) begin(came time.Time) {
	if l.attempts == 0 {
		l.started = time.Now()
	} else {
		l.held += time.Since(came)
	}
	l.attempts++
}

// judge says whether a failure is final, as an error; a retryable one may be repeated.
func (l *loop) judge(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	l.kind = classify(l.request, err)
	if l.kind == unknown {
		l.client.Note(fmt.Sprintf("%v: whether it took effect is not known", err))
		return &UnknownError{Operation: l.request.Operation, Err: err}
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if l.kind == final {
		return err
	}
	l.last, l.asked = err, 0
	if status, ok := errors.AsType[*StatusError](err); ok && !l.request.SkipPause {
		l.asked = status.RetryAfter
	}
	return retry.RetryableError(err)
}

// next is the larger of a back-off and what the service asked for. The last attempt comes when the patience ends; it is
// left out when it would be too close to the one before, or too soon for the service.
func (l *loop) next() (time.Duration, bool) {
	left := l.patience() - time.Since(l.started)
	wait := max(l.asked, min(l.backoff(), left))
	if left < leastWait || wait > left {
		return 0, true
	}
	if l.kind == throttle {
		l.held += wait
	}
	if l.asked > 0 {
		l.client.pause.until(time.Now().Add(l.asked))
	}
	if !l.request.expects(l.last) {
		l.client.options.OnRetry(Attempt{Service: l.client.options.Service, Operation: l.request.Operation, Err: l.last, Wait: wait})
	}
	return wait, false
}

// patience is how long after the first attempt the last failure is still worth another one. A service that was left alone
// as it asked for has not been away for that long.
func (l *loop) patience() time.Duration {
	patience := l.kind.patience(l.request.Retry)
	if l.kind != throttle {
		patience += l.held
	}
	return patience
}

const (
	maxBackoff = 30 * time.Second
	leastWait  = time.Second / 2
)

// backoff doubles from one second, with jitter, so that many clients that fell out of step with a service stay so.
func (l *loop) backoff() time.Duration {
	wait := min(time.Second<<min(l.attempts-1, 10), maxBackoff)
	return wait + time.Duration(float64(wait)*l.client.options.Jitter*(2*rand.Float64()-1))
}
