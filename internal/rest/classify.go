package rest

import (
	"cmp"
	"errors"
	"net/http"
	"time"
)

// failureKind determines whether and for how long a request is retried.
type failureKind int

const (
	final     failureKind = iota // a retry would end in the same way
	unknown                      // must not be retried, because the request may have taken effect
	outage                       // the service is down or can't be reached
	noHost                       // the host name does not exist
	malformed                    // the response is not one of the service
	throttled                    // a rate limit was reached
)

// retryTime returns how long after the first attempt a failure of this kind is retried.
func (k failureKind) retryTime(times RetryTimes) time.Duration {
	switch k {
	case outage:
		return times.Outage
	case noHost:
		return cmp.Or(times.UnknownHost, times.Outage)
	case malformed:
		return times.Malformed
	case throttled:
		return times.Throttle
	}
	return 0
}

func classify(r Request, err error) failureKind {
	if status, ok := errors.AsType[*StatusError](err); ok {
		return classifyStatus(r, status)
	}
	if transport, ok := errors.AsType[*TransportError](err); ok {
		switch {
		case r.Once && transport.Sent:
			return unknown
		case unknownHost(err) != "":
			return noHost
		}
		return outage
	}
	if _, ok := errors.AsType[*ResponseError](err); ok {
		switch {
		case r.Once:
			return unknown
		case errors.Is(err, ErrTooLong) && r.TooLongIsFinal:
			return final
		}
		return malformed
	}
	return final
}

func classifyStatus(r Request, err *StatusError) failureKind {
	switch {
	case err.Status == http.StatusTooManyRequests:
		return throttled
	case err.Status >= 500 || err.Status == http.StatusRequestTimeout:
		// A load balancer also sends these while the service behind it carries out the request.
		if r.Once {
			return unknown
		}
		return outage
	case r.RetryPages && (err.Page || err.Status/100 == 3) && err.Status != http.StatusUnauthorized:
		return outage
	case r.RetryAlso != nil && r.RetryAlso(err):
		return outage
	}
	return final
}

// expects reports whether err is a 404 that the request retries: a resource that is not visible yet needs no line in the log.
func (r Request) expects(err error) bool {
	status, ok := errors.AsType[*StatusError](err)
	return ok && status.Status == http.StatusNotFound && r.RetryAlso != nil && r.RetryAlso(status)
}

const (
	// createdGrace is how long a service may take to show what was just created.
	createdGrace = time.Minute
	// notFoundGrace is how long a 404 is retried before it is believed.
	notFoundGrace = 15 * time.Second
)

// RetryNotFound returns a function for Request.RetryAlso. It retries a 404 for a resource that was created recently and may
// not be visible everywhere yet, and, for a short time, for every other. The zero time means that it was created long ago.
func RetryNotFound(createdAt time.Time) func(*StatusError) bool {
	requestedAt := time.Now()
	return func(e *StatusError) bool {
		return e.Status == http.StatusNotFound && (time.Since(createdAt) < createdGrace || time.Since(requestedAt) < notFoundGrace)
	}
}
