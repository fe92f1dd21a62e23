package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// ErrMalformed in what Request.Read returns says that the answer is not what was asked for. Another one may be.
var ErrMalformed = errors.New("it can't be read")

// maxRedirects is how often a download may be sent on.
const maxRedirects = 3

// stream sends the request once and hands its answer on as it comes.
func (c *Client) stream(ctx context.Context, r Request) (http.Header, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(attemptTimeout, func() { cancel(fmt.Errorf("nothing came for %s", attemptTimeout)) })
	defer idle.Stop()

	response, err := c.download(ctx, r)
	if err != nil {
		return nil, c.transportError(ctx, r, true, err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return response.Header, c.statusError(r, response)
	}
	body := &watched{body: response.Body, idle: idle}
	err = r.Read(body)
	switch {
	case body.err != nil:
		return response.Header, c.transportError(ctx, r, true, fmt.Errorf("the answer broke off: %w", body.err))
	case errors.Is(err, ErrMalformed):
		return response.Header, c.answerError(r, false, err)
	case err != nil:
		return response.Header, fmt.Errorf("failed to %s: %w", r.Operation, err)
	}
	return response.Header, nil
}

// download follows the redirects by which files are handed out. The first request alone carries credentials.
func (c *Client) download(ctx context.Context, r Request) (*http.Response, error) {
	request, err := c.newRequest(ctx, r)
	if err != nil {
		return nil, err
	}
	for range maxRedirects {
		response, err := c.send(request)
		if err != nil || response.StatusCode/100 != 3 {
			return response, err
		}
		to, err := response.Location()
		if err != nil || to.Scheme != "https" {
			return response, nil
		}
		_ = response.Body.Close()
		if request, err = http.NewRequestWithContext(ctx, http.MethodGet, to.String(), nil); err != nil {
			return nil, err
		}
		request.Header.Set("User-Agent", c.options.UserAgent)
	}
	return c.send(request)
}

// watched is a body that tells a silence from a slow answer, and what broke it from what its reader thinks of it.
type watched struct {
	body io.Reader
	idle *time.Timer
	err  error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	w.idle.Reset(attemptTimeout)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}
