package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// ErrMalformed, wrapped in the error of Request.Read, marks content that is not what was requested. The request is retried.
var ErrMalformed = errors.New("it can't be read")

// maxRedirects is how many redirects a download follows.
const maxRedirects = 3

// stream sends the request once and passes the body of its response to Read while it arrives.
func (c *Client) stream(ctx context.Context, r Request) (http.Header, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idleTimer := time.AfterFunc(attemptTimeout, func() { cancel(fmt.Errorf("nothing came for %s", attemptTimeout)) })
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
		return response.Header, c.transportError(ctx, r, true, fmt.Errorf("the answer broke off: %w", body.err))
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

// streamReader restarts the idle timer with each read, and keeps the error of the connection apart from errors of its reader.
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
