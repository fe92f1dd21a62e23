package rest

import (
	"errors"
	"net/http"
	"time"
)

// kind says what a failure is worth.
type kind int

const (
	final    kind = iota // a refusal: asking again changes nothing
	unknown              // must not be repeated, and may have taken effect
	fault                // the service is away
	garbage              // something else answered
	throttle             // the service wants to be left alone
)

func (k kind) patience(p RetryTimes) time.Duration {
	switch k {
	case fault:
		return p.Outage
	case garbage:
		return p.Malformed
	case throttle:
		return p.Throttle
	}
	return 0
}

func classify(r Request, err error) kind {
	if status, ok := errors.AsType[*StatusError](err); ok {
		return classifyStatus(r, status)
	}
	if transport, ok := errors.AsType[*TransportError](err); ok {
		if r.Once && transport.Sent {
			return unknown
		}
		return fault
	}
	if _, ok := errors.AsType[*ResponseError](err); ok {
		switch {
		case r.Once:
			return unknown
		case errors.Is(err, ErrTooLong) && r.TooLongIsFinal:
			return final
		}
		return garbage
	}
	return final
}

func classifyStatus(r Request, err *StatusError) kind {
	switch {
	case err.Status == http.StatusTooManyRequests:
		return throttle
	case err.Status >= 500 || err.Status == http.StatusRequestTimeout:
		// A load balancer answers so also when the service behind it went on to do what it was asked for.
		if r.Once {
			return unknown
		}
		return fault
	case r.RetryAlso != nil && r.RetryAlso(err):
		return fault
	}
	return final
}

// expects reports whether a failure was to be expected: what is not there yet is not worth a line of the log.
func (r Request) expects(err error) bool {
	status, ok := errors.AsType[*StatusError](err)
	return ok && status.Status == http.StatusNotFound && r.RetryAlso != nil && r.RetryAlso(status)
}
