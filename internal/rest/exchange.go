package rest

import (
	"cmp"
	"io"
	"net/http"
	"sync"
	"time"
)

// Exchange is one request that went out, and what came of it. Each attempt is one, and so is each redirect that is
// followed.
type Exchange struct {
	Service, Method string
	// Address is host and path. The query is left out: that of a file that is handed out holds a signature.
	URL string
	// Status is the HTTP status; 0 when no answer came, and then Err says why.
	Status int
	Err    error
	// Took is the time until the answer was read, or given up.
	Duration time.Duration
	// RequestID is the service's own name for the request, by which its support finds it; "" when it gave none.
	RequestID string
}

// send sends one request, and tells of it once its answer is closed.
func (c *Client) send(request *http.Request) (*http.Response, error) {
	exchange := Exchange{
		Service: c.options.Service, Method: request.Method, URL: request.URL.Host + request.URL.EscapedPath(),
	}
	begin := time.Now()
	tell := sync.OnceFunc(func() {
		exchange.Duration = time.Since(begin)
		c.options.OnExchange(exchange)
	})
	response, err := c.http.Do(request)
	if err != nil {
		exchange.Err = because(request.Context(), err)
		tell()
		return nil, err
	}
	exchange.Status = response.StatusCode
	exchange.RequestID = cmp.Or(response.Header.Get("X-Request-Id"), response.Header.Get("X-Tableau-Request-Id"))
	response.Body = &told{ReadCloser: response.Body, tell: tell}
	return response, nil
}

// told is a body that tells when it is closed.
type told struct {
	io.ReadCloser
	tell func()
}

func (t *told) Close() error {
	t.tell()
	return t.ReadCloser.Close()
}
