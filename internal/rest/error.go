package rest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// StatusError is a response in which the service refuses the request or reports a failure.
type StatusError struct {
	Service, Operation string
	// Status is the HTTP status.
	Status int
	// Code is the service's own error code; "" if it returned none.
	Code string
	// Message is the service's explanation, or a description of the body; "" if there is neither.
	Message string
	// RetryAfter is how long the service asks to wait until the next request; 0 if it does not.
	RetryAfter time.Duration
	// Location is the target of a redirect; nil for every other status.
	Location *url.URL
	// Page is true if the body is a web page.
	Page bool
	// Date is the time of the service's clock; zero if it did not send one.
	Date time.Time
	// Body is the first part of the response, at most 64 KiB, for Options.ParseError.
	Body []byte
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("failed to %s: %s answered %d", e.Operation, e.Service, e.Status)
	if name := http.StatusText(e.Status); name != "" {
		text += " " + name
	}
	if e.Code != "" {
		text += " (code " + e.Code + ")"
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// TransportError is a request without a complete response.
type TransportError struct {
	Service, Operation, Host string
	// Sent is true if the service may have received the request.
	Sent bool
	Err  error
}

func (e *TransportError) Error() string {
	if host := unknownHost(e.Err); host != "" {
		return fmt.Sprintf("failed to %s: could not find host %s", e.Operation, host)
	}
	if !e.Sent {
		return fmt.Sprintf("failed to %s: %s can't be reached at %s: %v", e.Operation, e.Service, e.Host, e.Err)
	}
	return fmt.Sprintf("failed to %s: no answer from %s at %s: %v", e.Operation, e.Service, e.Host, e.Err)
}

func (e *TransportError) Unwrap() error { return e.Err }

// unknownHost returns the host name that does not exist, according to a DNS server; "" for every other error. If no DNS
// server can be reached, or none of them works, the name might exist.
func unknownHost(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound && !dns.IsTemporary && !dns.IsTimeout {
		return dns.Name
	}
	return ""
}

// ResponseError is a response with a 2xx status and a body that is not one of the service.
type ResponseError struct {
	// Host is empty if the body is a file that can't be read: then the URL is one of the service.
	Service, Operation, Host string
	// Page is true if the body is a web page: then the URL is probably not one of the service.
	Page bool
	Err  error
}

func (e *ResponseError) Error() string {
	if e.Host == "" {
		return fmt.Sprintf("failed to %s: %v", e.Operation, e.Err)
	}
	return fmt.Sprintf("failed to %s: the answer of %s is not one of %s: %v", e.Operation, e.Host, e.Service, e.Err)
}

func (e *ResponseError) Unwrap() error { return e.Err }

// CertificateError is a connection to a server whose certificate is not trusted.
type CertificateError struct {
	Service, Operation, Host string
	Err                      error
}

func (e *CertificateError) Error() string {
	return fmt.Sprintf("failed to %s: the certificate of %s is not trusted (%v): if it comes from a private authority or "+
		"an inspecting proxy, put that root certificate into ca-certificate", e.Operation, e.Host, e.Err)
}

func (e *CertificateError) Unwrap() error { return e.Err }

// UnknownError is a request with Once that may or may not have taken effect.
type UnknownError struct {
	Operation string
	Err       error
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("the outcome of %q is not known: %v", e.Operation, e.Err)
}

func (e *UnknownError) Unwrap() error { return e.Err }

// IsNotFound reports whether err is a [StatusError] with status 404.
func IsNotFound(err error) bool {
	status, ok := errors.AsType[*StatusError](err)
	return ok && status.Status == http.StatusNotFound
}

// IsUnknown reports whether err is an [UnknownError].
func IsUnknown(err error) bool {
	_, ok := errors.AsType[*UnknownError](err)
	return ok
}

// WithURLHint adds to an error that the URL might be wrong, which is the value of an input. The example shows what it should
// be. An error that has nothing to do with the URL is returned unchanged.
func (c *Client) WithURLHint(err error, input, example string) error {
	_, isStatus := errors.AsType[*StatusError](err)
	_, isResponse := errors.AsType[*ResponseError](err)
	_, isTransport := errors.AsType[*TransportError](err)
	switch {
	case unknownHost(err) == c.Base().Hostname(): // and not that of a proxy or a download
		return fmt.Errorf("%w: check %s", err, input)
	case isTransport:
		return fmt.Errorf("%w; check %s, and that this runner can reach %s", err, input, c.Host())
	case isStatus || isResponse:
		return fmt.Errorf("%w; check %s: it should be %s", err, input, example)
	}
	return err
}
