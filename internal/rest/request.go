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

// Request is one call of an API.
type Request struct {
	// Operation is what the request does, in errors and in the log, such as "get run 4711".
	Operation string
	Method    string
	// Path contains the unescaped path segments below Options.Base. TrailingSlash adds a slash at the end.
	Path          []string
	TrailingSlash bool
	Query         url.Values
	// Header is sent in addition to User-Agent and Accept.
	Header http.Header
	Accept string
	// Body is sent with ContentType unless it is nil.
	Body        []byte
	ContentType string
	// Timeout limits one attempt; 0 means 30 s, or Retry.Outage if that is shorter.
	Timeout time.Duration
	// Retry is for how long the request is retried. The zero value sends it once.
	Retry RetryTimes
	// Once marks a request that must not take effect twice. It is retried only if the service can't have received it, or
	// refused it; if that is unknown, the error is an [UnknownError]. Such a request outlives its context by OnceGrace.
	Once bool
	// RetryAlso selects further error responses that are retried like an outage; nil selects none. A 404 that it selects is
	// retried without a call of OnRetry.
	RetryAlso func(*StatusError) bool
	// RetryPages also retries redirects, and web pages with an error status other than 401, like an outage. Once the URL is known
	// to be right, they come from a proxy or a load balancer.
	RetryPages bool
	// SkipPause ignores a pause of the client, and Retry-After.
	SkipPause bool
	// TooLongIsFinal keeps a response of more than 10 MiB from being retried: the caller can request less.
	TooLongIsFinal bool
	// Decode reads the body of a response with a 2xx status. Its error is retried for Retry.Malformed, except a [StatusError], which
	// is treated like a response with that status.
	Decode func(body []byte) error
	// Read replaces Decode for downloads: it gets the body, of any size, while it arrives, again in each attempt. The request must
	// be a GET. Instead of Timeout, the limit is 30 s without any data. Redirects over https are followed, without credentials. An
	// error that wraps [ErrMalformed] is retried for Retry.Malformed; every other error of Read is final.
	Read func(body io.Reader) error
}

// RetryTimes is how long a request is retried, by the kind of failure. Each counts from the first attempt. The time that the
// service requested with Retry-After counts only for Throttle.
type RetryTimes struct {
	// Outage is for connection errors, timeouts, and the statuses 408 and 5xx.
	Outage time.Duration
	// UnknownHost is for a host name that does not exist; 0 means Outage.
	UnknownHost time.Duration
	// Malformed is for 2xx responses that the service did not write, such as the page of a proxy or of another web site.
	Malformed time.Duration
	// Throttle is for status 429.
	Throttle time.Duration
}

// The retry times of most requests.
var (
	// Preflight is for requests before the run: a wrong URL fails soon, and a service that is down fails after two minutes,
	// while someone may still be watching.
	Preflight = RetryTimes{Outage: 2 * time.Minute, UnknownHost: 15 * time.Second, Malformed: 10 * time.Second, Throttle: noLimit}
	// Polling is for requests whose failure would abandon a healthy run or refresh.
	Polling = RetryTimes{Outage: 30 * time.Minute, Malformed: 30 * time.Minute, Throttle: noLimit}
	// Cleanup is for requests when the step ends.
	Cleanup = RetryTimes{Outage: time.Minute, Malformed: time.Minute, Throttle: time.Minute}
	// BestEffort is for optional requests. They are not retried if the host name does not exist.
	BestEffort = RetryTimes{Outage: 10 * time.Second, UnknownHost: time.Millisecond, Malformed: 10 * time.Second, Throttle: 0}
)

// noLimit is longer than any context.
const noLimit = 365 * 24 * time.Hour

// OnceGrace is how long a request with Once outlives its context, to receive the response to a start request.
const OnceGrace = time.Second

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

// url returns the URL of a request. Only here do names and IDs become part of a URL: each is escaped as one path segment.
func (c *Client) url(r Request) *url.URL {
	base := c.Base()
	u := &url.URL{Scheme: base.Scheme, Host: base.Host, Path: strings.TrimRight(base.Path, "/"), RawQuery: r.Query.Encode()}
	u.RawPath = u.EscapedPath()
	for _, segment := range r.Path {
		u.Path, u.RawPath = u.Path+"/"+segment, u.RawPath+"/"+url.PathEscape(segment)
	}
	if r.TrailingSlash {
		u.Path, u.RawPath = u.Path+"/", u.RawPath+"/"
	}
	return u
}
