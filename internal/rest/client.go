// Package rest is the HTTP client of both services. It retries requests that can safely be repeated.
//
// It takes a [Request], which states for how long it may be retried and whether it may take effect twice. It returns the
// header of the response, or an error that distinguishes a refusal, an outage, and an unknown outcome. It must never repeat
// a request with Once that the service might have received, never send credentials to another host, and never depend on the
// meaning of a response. Callers do not retry, except for a start request without a response, and a session that has ended.
package rest

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Options configure the client of one service.
type Options struct {
	// Service is the name of the service in errors and in the log, such as dbt.
	Service string
	// Base is the URL that the path of each request is added to. It must use https, unless its host is loopback.
	Base *url.URL
	// AllowHTTP permits unencrypted http to any host.
	AllowHTTP bool
	// UserAgent is sent with every request.
	UserAgent string
	// CertificatePEM adds root certificates to those of the system.
	CertificatePEM []byte
	// MaxParallel limits the requests in flight; 0 means 10.
	MaxParallel int
	// Jitter is the share of a backoff that is added or subtracted at random, 0 to 1.
	Jitter float64
	// ParseError reads code, message, and the time to wait from the body of an error response; may be nil.
	ParseError func(*StatusError)
	// OnRetry is called for each failed attempt that will be repeated; may be nil.
	OnRetry func(Attempt)
	// OnExchange is called for each request that was sent, with or without a response; may be nil.
	OnExchange func(Exchange)
	// OnNote is called with a line for the log about a request whose outcome is unknown; may be nil.
	OnNote func(text string)
	// Dial replaces the network, and the proxies of the environment, in tests.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Attempt is a failed attempt of a request that is repeated after Wait.
type Attempt struct {
	Service, Operation string
	Err                error
	Wait               time.Duration
}

// Client sends requests to one service. It is safe for concurrent use.
type Client struct {
	options Options
	base    atomic.Pointer[url.URL]
	http    *http.Client
	pause   pause
	slots   chan struct{}
}

// New returns a client, and sends nothing. It fails if credentials would be sent unencrypted, and if CertificatePEM
// contains no certificate.
func New(options Options) (*Client, error) {
	host := options.Base.Hostname()
	if options.Base.Scheme != "https" && !options.AllowHTTP && host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return nil, fmt.Errorf("use https:// for %s instead of %s: http:// is allowed only for localhost",
			options.Service, options.Base.Redacted())
	}
	options.MaxParallel = cmp.Or(options.MaxParallel, 10) // hundreds of requests at once would look like an attack
	options.ParseError, options.OnNote = orNoop(options.ParseError), orNoop(options.OnNote)
	options.OnRetry, options.OnExchange = orNoop(options.OnRetry), orNoop(options.OnExchange)
	transport, err := newTransport(options)
	if err != nil {
		return nil, err
	}
	client := &Client{
		options: options,
		slots:   make(chan struct{}, options.MaxParallel),
		// Redirects are not followed: net/http would send credentials to another host, and turn a POST into a GET.
		http: &http.Client{
			Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	client.base.Store(options.Base)
	return client, nil
}

func orNoop[T any](f func(T)) func(T) {
	if f == nil {
		return func(T) {}
	}
	return f
}

// Host returns the host of Base, with its port if there is one.
func (c *Client) Host() string { return c.base.Load().Host }

// Base returns the URL that the path of each request is added to.
func (c *Client) Base() *url.URL { return c.base.Load() }

// SetBase changes the URL of all further requests. The caller makes sure that it may receive the credentials.
func (c *Client) SetBase(base *url.URL) { c.base.Store(base) }

// Note passes a line for the log to Options.OnNote.
func (c *Client) Note(text string) { c.options.OnNote(text) }

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func newTransport(options Options) (*http.Transport, error) {
	// The clone uses the proxies of the environment, HTTP/2, and keep-alive.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = options.MaxParallel
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	transport.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	if options.Dial != nil {
		transport.DialContext, transport.Proxy = options.Dial, nil
	}
	if options.Base.Scheme == "https" {
		roots, err := rootCertificates(options.CertificatePEM)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig.RootCAs = roots
	}
	return transport, nil
}

// rootCertificates returns the root certificates of the system and the extra ones. Without any, every server would appear to be
// untrusted, so that is an error.
func rootCertificates(extraPEM []byte) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if len(extraPEM) > 0 && !roots.AppendCertsFromPEM(extraPEM) {
		return nil, errors.New("ca-certificate contains no certificate in PEM format")
	}
	if roots.Equal(x509.NewCertPool()) {
		return nil, errors.New("set ca-certificate: this image contains no root certificates")
	}
	return roots, nil
}

// Exchange is one HTTP request that was sent, and its response. Each attempt and each followed redirect is one.
type Exchange struct {
	Service, Method string
	// URL is host and path. The query is omitted, because that of a download contains a signature.
	URL string
	// Status is the HTTP status; 0 if there was no response, and then Err is the reason.
	Status int
	Err    error
	// Duration is the time until the response was read, or abandoned.
	Duration time.Duration
	// RequestID is the service's own ID of the request, for its support team; "" if it returned none.
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

type reportingBody struct {
	io.ReadCloser
	report func()
}

func (b *reportingBody) Close() error {
	b.report()
	return b.ReadCloser.Close()
}
