package rest

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

const (
	maxResponse    = 10 << 20 // bytes
	maxErrorBody   = 64 << 10 // bytes
	maxRedirects   = 3        // of a download
	attemptTimeout = 30 * time.Second
)

var (
	// ErrTooLong is wrapped in a [ResponseError] for a response of more than 10 MiB.
	ErrTooLong = fmt.Errorf("the response is longer than %d MiB", maxResponse>>20)
	// ErrMalformed, wrapped in the error of Request.Read, marks content that is not what was requested. The request is retried.
	ErrMalformed = errors.New("invalid content")
)

// attempt sends the request once and reads its whole response.
func (c *Client) attempt(ctx context.Context, r Request) (http.Header, error) {
	if r.Read != nil {
		return c.stream(ctx, r)
	}
	timeout := cmp.Or(r.Timeout, min(attemptTimeout, cmp.Or(r.Retry.Outage, attemptTimeout)))
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("timed out after %s", timeout))
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
		return nil, c.brokenOff(ctx, r, err)
	}
	return response.Header, c.decode(r, response.Header, body)
}

func (c *Client) decode(r Request, header http.Header, body []byte) error {
	failed := &ResponseError{Service: c.options.Service, Operation: r.Operation, Host: c.Host(), Err: ErrTooLong}
	if len(body) > maxResponse {
		return failed
	}
	if r.Decode == nil {
		return nil
	}
	if failed.Err = r.Decode(body); failed.Err == nil {
		return nil
	}
	if status, ok := errors.AsType[*StatusError](failed.Err); ok {
		status.Service, status.Operation, status.Date = c.options.Service, r.Operation, serverTime(header)
		return status
	}
	if failed.Page = isHTML(header, body); failed.Page {
		failed.Err = fmt.Errorf("received a web page%s", pageTitle(body))
	}
	return failed
}

// stream sends the request once and passes the body of its response to Read while it arrives.
func (c *Client) stream(ctx context.Context, r Request) (http.Header, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idleTimer := time.AfterFunc(attemptTimeout, func() { cancel(fmt.Errorf("no data received for %s", attemptTimeout)) })
	defer idleTimer.Stop()

	response, err := c.sendFollowing(ctx, r)
	if err != nil {
		return nil, c.transportError(ctx, r, true, err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return response.Header, c.statusError(r, response)
	}
	body := &streamReader{body: response.Body, idleTimer: idleTimer}
	err = r.Read(body)
	switch {
	case body.err != nil:
		return response.Header, c.brokenOff(ctx, r, body.err)
	case errors.Is(err, ErrMalformed):
		return response.Header, &ResponseError{Service: c.options.Service, Operation: r.Operation, Err: err}
	case err != nil:
		return response.Header, fmt.Errorf("failed to %s: %w", r.Operation, err)
	}
	return response.Header, nil
}

// sendFollowing sends the request and follows redirects over https. Only the first request carries credentials.
func (c *Client) sendFollowing(ctx context.Context, r Request) (*http.Response, error) {
	request, err := c.newRequest(ctx, r)
	if err != nil {
		return nil, err
	}
	for range maxRedirects {
		response, err := c.send(request)
		if err != nil || response.StatusCode/100 != 3 {
			return response, err
		}
		location, err := response.Location()
		if err != nil || location.Scheme != "https" {
			return response, nil
		}
		_ = response.Body.Close()
		if request, err = http.NewRequestWithContext(ctx, http.MethodGet, location.String(), nil); err != nil {
			return nil, err
		}
		request.Header.Set("User-Agent", c.options.UserAgent)
	}
	return c.send(request)
}

// streamReader restarts the idle timer with each read. err is an error of the connection, not of the reader.
type streamReader struct {
	body      io.Reader
	idleTimer *time.Timer
	err       error
}

func (s *streamReader) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	s.idleTimer.Reset(attemptTimeout)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func (c *Client) brokenOff(ctx context.Context, r Request, err error) error {
	return c.transportError(ctx, r, true, fmt.Errorf("the connection was closed before the response was complete: %w", err))
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

// failureCause returns the cause of the end of ctx, or err without its [url.Error], because its URL can be long, or contain a
// signature.
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
