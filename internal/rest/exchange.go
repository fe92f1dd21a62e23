package rest

import (
	"cmp"
	"io"
	"net/http"
	"sync"
	"time"
)

// Exchange is one HTTP request that was sent, and its response. Each attempt is one, and so is each redirect that is
// followed.
type Exchange struct {
	Service, Method string
	// URL is host and path. The query is omitted, because that of a download contains a signature.
	URL string
	// Status is the HTTP status; 0 if there was no response, and then Err is the reason.
	Status int
	Err    error
	// Duration is the time until the response was read, or abandoned.
	Duration time.Duration
	// RequestID is the service's own ID of the request, which its support asks for; "" if it returned none.
	RequestID string
}

// send sends one request, and calls OnExchange once its response is closed.
func (c *Client) send(request *http.Request) (*http.Response, error) {
	exchange := Exchange{
		Service: c.options.Service, Method: request.Method, URL: request.URL.Host + request.URL.EscapedPath(),
	}
	startedAt := time.Now()
	report := sync.OnceFunc(func() {
		exchange.Duration = time.Since(startedAt)
		c.options.OnExchange(exchange)
	})
	response, err := c.http.Do(request)
	if err != nil {
		exchange.Err = failureCause(request.Context(), err)
		report()
		return nil, err
	}
	exchange.Status = response.StatusCode
	exchange.RequestID = cmp.Or(response.Header.Get("X-Request-Id"), response.Header.Get("X-Tableau-Request-Id"))
	response.Body = &reportingBody{ReadCloser: response.Body, report: report}
	return response, nil
}

// reportingBody is a response body that calls report when it is closed.
type reportingBody struct {
	io.ReadCloser
	report func()
}

func (b *reportingBody) Close() error {
	b.report()
	return b.ReadCloser.Close()
}
