package rest

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
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
	// RetryAfter is the time until the next request may be sent; 0 if the service returned none.
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
	text := strings.TrimSpace(fmt.Sprintf("failed to %s: %s returned %d %s", e.Operation, e.Service, e.Status, http.StatusText(e.Status)))
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
	return fmt.Sprintf("failed to %s: no response from %s at %s: %v", e.Operation, e.Service, e.Host, e.Err)
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

// ResponseError is a response with a 2xx status and a body that the service did not write.
type ResponseError struct {
	// Host is empty if the body is a file that can't be read: then the URL is right.
	Service, Operation, Host string
	// Page is true if the body is a web page: then the URL is probably wrong.
	Page bool
	Err  error
}

func (e *ResponseError) Error() string {
	if e.Host == "" {
		return fmt.Sprintf("failed to %s: %v", e.Operation, e.Err)
	}
	return fmt.Sprintf("failed to %s: %s did not return a valid %s response: %v", e.Operation, e.Host, e.Service, e.Err)
}

func (e *ResponseError) Unwrap() error { return e.Err }

// CertificateError is a connection to a server whose certificate is not trusted.
type CertificateError struct {
	Service, Operation, Host string
	Err                      error
}

func (e *CertificateError) Error() string {
	return fmt.Sprintf("failed to %s: the certificate of %s is not trusted. If a private certificate authority or an inspecting "+
		"proxy issued it, add that root certificate to ca-certificate. Cause: %v", e.Operation, e.Host, e.Err)
}

func (e *CertificateError) Unwrap() error { return e.Err }

// UnknownError is a request with Once that may or may not have taken effect.
type UnknownError struct {
	Operation string
	Err       error
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("the outcome of %q is unknown: %v", e.Operation, e.Err)
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

// WithURLHint adds a sentence to an error: the URL might be wrong, which is the value of an input. The example shows what it
// should be. An error that has nothing to do with the URL is returned unchanged.
func (c *Client) WithURLHint(err error, input, example string) error {
	_, isStatus := errors.AsType[*StatusError](err)
	_, isResponse := errors.AsType[*ResponseError](err)
	_, isTransport := errors.AsType[*TransportError](err)
	switch {
	case unknownHost(err) == c.Base().Hostname(): // and not that of a proxy or a download
		return fmt.Errorf("%w. Check %s", err, input)
	case isTransport:
		return fmt.Errorf("%w. Check %s, and that this runner can reach %s", err, input, c.Host())
	case isStatus || isResponse:
		return fmt.Errorf("%w. Check %s: it should be %s", err, input, example)
	}
	return err
}

// statusError returns the error for a response with a status other than 2xx.
func (c *Client) statusError(r Request, response *http.Response) error {
	// A part of the body is still useful, so an error while reading it is ignored.
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
	status := &StatusError{
		Service: c.options.Service, Operation: r.Operation, Status: response.StatusCode,
		RetryAfter: parseRetryAfter(response.Header), Date: serverTime(response.Header), Body: body,
	}
	switch {
	case response.StatusCode/100 == 3:
		status.Location, status.Message = c.parseLocation(response.Header.Get("Location"))
	case isHTML(response.Header, body):
		status.Page, status.Message = true, "a web page"+pageTitle(body)+" instead of an API response"
	default:
		c.options.ParseError(status)
	}
	return status
}

// parseLocation returns the target of a redirect, and a message with both hosts, because the other one might be the right one.
func (c *Client) parseLocation(location string) (*url.URL, string) {
	target, err := c.Base().Parse(location)
	if err != nil || location == "" {
		return nil, c.Host() + " redirects, but returned no valid URL"
	}
	return target, fmt.Sprintf("%[1]s redirects to %[2]s. The redirect is not followed, because it would send credentials to %[2]s",
		c.Host(), target.Host)
}

// maxRetryAfter keeps a wrong header from stopping a step for good.
const maxRetryAfter = time.Hour

// parseRetryAfter reads the Retry-After header: seconds, or a date by the service's clock (RFC 9110, 10.2.3).
func parseRetryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(max(0, min(seconds, int(maxRetryAfter/time.Second)))) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now := serverTime(header)
	if now.IsZero() {
		now = time.Now()
	}
	return max(0, min(until.Sub(now), maxRetryAfter))
}

// serverTime returns the time of the Date header; zero without one.
func serverTime(header http.Header) time.Time {
	date, _ := http.ParseTime(header.Get("Date")) // zero in case of an error
	return date
}

// isHTML reports whether a response is a web page: proxies, load balancers, and other web sites return one.
func isHTML(header http.Header, body []byte) bool {
	start := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 512)]))
	return strings.Contains(header.Get("Content-Type"), "html") ||
		bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}

var titlePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)<title[^>]*>\s*(.{1,200}?)\s*</title>`) })

// pageTitle returns the title of a web page in parentheses, after a space; "" if it has none.
func pageTitle(body []byte) string {
	match := titlePattern().FindSubmatch(body[:min(len(body), maxErrorBody)])
	if match == nil {
		return ""
	}
	return " (" + html.UnescapeString(string(match[1])) + ")"
}
