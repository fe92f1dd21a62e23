package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// Limits of what is read into memory, in bytes: a response of an API is small, and the explanation of an error even smaller.
const (
	maxResponse  = 10 << 20
	maxErrorBody = 64 << 10
)

// ErrTooLong is wrapped in a [ResponseError] for a response of more than 10 MiB.
var ErrTooLong = fmt.Errorf("it is longer than %d MiB", maxResponse>>20)

// attempt sends the request once and reads its whole response.
func (c *Client) attempt(ctx context.Context, r Request) (http.Header, error) {
	if r.Read != nil {
		return c.stream(ctx, r)
	}
	timeout := r.timeout()
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no response within %s", timeout))
	defer cancel()
	// The type of an error does not show whether the service received the request; whether its header was written does.
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})

	request, err := c.newRequest(ctx, r)
	if err != nil {
		return nil, err
	}
	response, err := c.send(request)
	if err != nil {
		return nil, c.transportError(ctx, r, sent.Load(), err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return response.Header, c.statusError(r, response)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxResponse+1))
	if err != nil {
		return nil, c.transportError(ctx, r, true, fmt.Errorf("the answer broke off: %w", err))
	}
	return response.Header, c.decode(r, response, body)
}

func (c *Client) decode(r Request, response *http.Response, body []byte) error {
	if len(body) > maxResponse {
		return c.responseError(r, false, ErrTooLong)
	}
	if r.Decode == nil {
		return nil
	}
	err := r.Decode(body)
	if err == nil {
		return nil
	}
	if status, ok := errors.AsType[*StatusError](err); ok {
		status.Service, status.Operation, status.Date = c.options.Service, r.Operation, serverTime(response.Header)
		return status
	}
	if isHTML(response.Header, body) {
		return c.responseError(r, true, fmt.Errorf("it is a web page%s", pageTitle(body)))
	}
	return c.responseError(r, false, err)
}

func (c *Client) responseError(r Request, page bool, err error) error {
	return &ResponseError{Service: c.options.Service, Operation: r.Operation, Host: c.Host(), Page: page, Err: err}
}

func (c *Client) transportError(ctx context.Context, r Request, sent bool, err error) error {
	host := c.Host()
	if urlErr, ok := errors.AsType[*url.Error](err); ok && r.Read != nil {
		if requested, err := url.Parse(urlErr.URL); err == nil {
			host = requested.Host // a download may be redirected to another host
		}
	}
	err = failureCause(ctx, err)
	if isCertificateError(err) {
		return &CertificateError{Service: c.options.Service, Operation: r.Operation, Host: host, Err: err}
	}
	return &TransportError{Service: c.options.Service, Operation: r.Operation, Host: host, Sent: sent, Err: err}
}

// failureCause returns why there is no complete response: the cause of the end of ctx, or err without its [url.Error], which
// repeats the URL: that can be long, or contain a signature.
func failureCause(ctx context.Context, err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
	}
	if cause := context.Cause(ctx); cause != nil && !isCertificateError(err) {
		return cause
	}
	return err
}

func isCertificateError(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}
