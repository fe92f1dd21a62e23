package rest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Request is one call of a service.
type Request struct {
	// Operation names the call for people, such as "get run 4711".
	Operation string
	Method    string
	// Path holds the elements below the client's base, not escaped. Slash ends the path with one.
	Path          []string
	TrailingSlash bool
	Query         url.Values
	// Header is sent as it is, on top of User-Agent and Accept.
	Header http.Header
	Accept string
	// Body is sent with ContentType unless it is nil.
	Body        []byte
	ContentType string
	// Timeout bounds one attempt; 0 means 30 s, or less where the patience for faults is shorter.
	Timeout time.Duration
	// Retry says for how long the request is repeated. The zero value sends it once.
	Retry RetryTimes
	// Once marks a request that must not take effect twice. It is repeated only when it cannot have been received, or was
	// refused; where that is not known the error is an [UnknownError]. Such a request outlives its context by OnceGrace.
	Once bool
	// RetryAlso names further refusals that are worth another attempt; nil means none. A 404 among them is repeated in silence.
	RetryAlso func(*StatusError) bool
	// SkipPause passes by a pause of the client, and does not wait for as long as the service asks: for cleaning up.
	SkipPause bool
	// CanAskForLess says that the caller can ask for less: an answer that is too long is final then.
	TooLongIsFinal bool
	// Decode reads the body of a good answer. Its failure means that the answer is not the service's, and counts as a
	// fault; a [StatusError] that it returns counts as a refusal.
	Decode func(body []byte) error
	// Read, in place of Decode, gets the body of a good answer as it comes, whatever its size. Such a request is a GET that
	// is bounded by its pauses instead of by Timeout, and follows redirects over https, without any credential. Read is
	// called again with each attempt. Its failure counts as a fault when the connection broke, as garbage with [ErrMalformed] in it, and is
	// final otherwise.
	Read func(body io.Reader) error
}

// RetryTimes is how long a request is repeated, by what went wrong. Each is counted from the first attempt; the time for which
// the service wanted to be left alone counts for Throttle alone.
type RetryTimes struct {
	// Outage is for a service that can't be reached or fails: connections, time-outs, status 408 and 5xx.
	Outage time.Duration
	// Malformed is for good answers that can't be read, such as the page of a proxy or of another web site.
	Malformed time.Duration
	// Throttle is for status 429.
	Throttle time.Duration
}

// The patience that the calls of this program have.
var (
	// Preflight gives up while a person may still be watching: a wrong address is told at once, a service that is down
	// after two minutes. One that throttles says how long it takes.
	Preflight = RetryTimes{Outage: 2 * time.Minute, Malformed: 10 * time.Second, Throttle: forever}
	// Waiting is for what must not end a healthy run: a service may be away for half an hour.
	Polling = RetryTimes{Outage: 30 * time.Minute, Malformed: 30 * time.Minute, Throttle: forever}
	// Urgent is for cleaning up: there is a minute, whatever the service says.
	Cleanup = RetryTimes{Outage: time.Minute, Malformed: time.Minute, Throttle: time.Minute}
	// BestEffort is for what nobody has to have.
	BestEffort = RetryTimes{Outage: 10 * time.Second, Malformed: 10 * time.Second, Throttle: 0}
)

// forever leaves it to the context to end the waiting.
const forever = 365 * 24 * time.Hour

// OnceGrace is how long a request with Once outlives its context, so that a start is not left unanswered.
const OnceGrace = time.Second

const attemptTimeout = 30 * time.Second

func (r Request) timeout() time.Duration {
	switch {
	case r.Timeout > 0:
		return r.Timeout
	case r.Retry.Outage > 0:
		return min(attemptTimeout, r.Retry.Outage)
	}
	return attemptTimeout
}

func (c *Client) newRequest(ctx context.Context, r Request) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, c.url(r).String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("failed to %s: %w", r.Operation, err)
	}
	maps.Copy(request.Header, r.Header)
	request.Header.Set("User-Agent", c.options.UserAgent)
	if r.Accept != "" {
		request.Header.Set("Accept", r.Accept)
	}
	if r.Body != nil {
		request.Header.Set("Content-Type", r.ContentType)
	}
	return request, nil
}

// url is the one place where names and IDs become part of an address.
func (c *Client) url(r Request) *url.URL {
	u := *c.base.Load()
	escaped := make([]string, len(r.Path))
	for i, element := range r.Path {
		escaped[i] = url.PathEscape(element)
	}
	end := ""
	if r.TrailingSlash {
		end = "/"
	}
	base := strings.TrimRight(u.Path, "/")
	u.Path = base + "/" + strings.Join(r.Path, "/") + end
	u.RawPath = (&url.URL{Path: base}).EscapedPath() + "/" + strings.Join(escaped, "/") + end
	u.RawQuery = r.Query.Encode()
	return &u
}
