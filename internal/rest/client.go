package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
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

// defaultMaxParallel keeps hundreds of requests at once from looking like an attack.
const defaultMaxParallel = 10

// New returns a client, and sends nothing. It fails if credentials would be sent unencrypted, and if CertificatePEM
// contains no certificate.
func New(options Options) (*Client, error) {
	if options.Base.Scheme != "https" && !options.AllowHTTP && !isLoopback(options.Base.Hostname()) {
		return nil, fmt.Errorf("failed to use %s for %s: plain http is only for this machine", options.Base.Redacted(), options.Service)
	}
	if options.MaxParallel == 0 {
		options.MaxParallel = defaultMaxParallel
	}
	if options.ParseError == nil {
		options.ParseError = func(*StatusError) {}
	}
	if options.OnRetry == nil {
		options.OnRetry = func(Attempt) {}
	}
	if options.OnExchange == nil {
		options.OnExchange = func(Exchange) {}
	}
	if options.OnNote == nil {
		options.OnNote = func(string) {}
	}
	transport, err := newTransport(options)
	if err != nil {
		return nil, err
	}
	client := &Client{
		options: options,
		slots:   make(chan struct{}, options.MaxParallel),
		// Redirects are not followed: net/http would send credentials to another host, and turn a POST into a GET.
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	client.base.Store(options.Base)
	return client, nil
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
	transport.TLSHandshakeTimeout = dialTimeout
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	transport.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	if options.Dial != nil {
		transport.DialContext = options.Dial
		transport.Proxy = nil
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

// dialTimeout limits the TCP handshake and the TLS handshake, each.
const dialTimeout = 10 * time.Second

// rootCertificates returns the root certificates of the system and the extra ones. If there are none at all, it returns an
// error: the image has no system certificates, and every server would appear to be untrusted.
func rootCertificates(extraPEM []byte) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if len(extraPEM) > 0 && !roots.AppendCertsFromPEM(extraPEM) {
		return nil, errors.New("failed to read ca-certificate: it holds no certificate in PEM form")
	}
	if roots.Equal(x509.NewCertPool()) {
		return nil, errors.New("failed to find any root certificate: this image has none, and ca-certificate is empty")
	}
	return roots, nil
}

// isLoopback reports whether host is this machine, by name or by IP address.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
