package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// Answers are capped: an API answer is small, and the explanation of a failure even more so.
const (
	maxAnswer  = 10 << 20
	maxFailure = 64 << 10
)

// ErrTooLong is in an [ResponseError] for an answer over 10 MiB. Asking again would only bring it again.
var ErrTooLong = fmt.Errorf("it is longer than %d MiB", maxAnswer>>20)

// attempt sends the request once and reads its whole answer.
func (c *Client) attempt(ctx context.Context, r Request) (http.Header, error) {
	if r.Read != nil {
		return c.stream(ctx, r)
	}
	timeout := r.timeout()
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %s", timeout))
	defer cancel()
	// An error's type does not tell whether the service got the request. Whether its headers left this machine does.
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
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, c.transportError(ctx, r, true, fmt.Errorf("the answer broke off: %w", err))
	}
	return response.Header, c.decode(r, response, body)
}

func (c *Client) decode(r Request, response *http.Response, body []byte) error {
	if len(body) > maxAnswer {
		return c.answerError(r, false, ErrTooLong)
	}
	if r.Decode == nil {
		return nil
	}
	err := r.Decode(body)
	if err == nil {
		return nil
	}
	if refusal, ok := errors.AsType[*StatusError](err); ok {
		refusal.Service, refusal.Operation, refusal.Date = c.options.Service, r.Operation, date(response.Header)
		return refusal
	}
	if isPage(response.Header, body) {
		return c.answerError(r, true, fmt.Errorf("it is a web page%s", pageTitle(body)))
	}
	return c.answerError(r, false, err)
}

func (c *Client) answerError(r Request, page bool, err error) error {
	return &ResponseError{Service: c.options.Service, Operation: r.Operation, Host: c.Host(), Page: page, Err: err}
}

func (c *Client) transportError(ctx context.Context, r Request, sent bool, err error) error {
	host := c.Host()
	if wrapped, ok := errors.AsType[*url.Error](err); ok && r.Read != nil {
		if asked, err := url.Parse(wrapped.URL); err == nil {
			host = asked.Host // a file may be handed out by another one
		}
	}
	err = because(ctx, err)
	if isUntrusted(err) {
		return &CertificateError{Service: c.options.Service, Operation: r.Operation, Host: host, Err: err}
	}
	return &TransportError{Service: c.options.Service, Operation: r.Operation, Host: host, Sent: sent, Err: err}
}

// because is why no whole answer came.
func because(ctx context.Context, err error) error {
	// url.Error repeats the address, which may be long, or hold a signature; what is underneath says more.
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if cause := context.Cause(ctx); cause != nil && !isUntrusted(err) {
		return cause
	}
	return err
}

func isUntrusted(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.UnknownAuthorityError](err)
	return ok
}
