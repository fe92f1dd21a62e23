package rest

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"
)

// Options say how to reach one service.
type Options struct {
	// Service is the name that errors and the log use, such as dbt.
	Service string
	// Base is the address below which every request goes. Plain http is refused but for loopback, or with AllowHTTP.
	Base *url.URL
	// AllowHTTP permits plain http to any host.
	AllowHTTP bool
	// UserAgent is sent with every request.
	UserAgent string
	// CertificatePEM adds root certificates to those of the system.
	CertificatePEM []byte
	// Parallel limits the requests in flight; 0 means 10.
	MaxParallel int
	// Jitter is the part of a back-off that chance may add or take, 0 to 1.
	Jitter float64
	// Explain reads the service's own words out of the body of a refusal: code, message, and how long to wait.
	ParseError func(*StatusError)
	// OnRetry is told of each failed attempt that will be repeated; nil is fine.
	OnRetry func(Attempt)
	// OnExchange is told of each request that went out, whatever came of it; nil is fine.
	OnExchange func(Exchange)
	// OnNote is told what a reader should know about a request that is not simply repeated; nil is fine.
	OnNote func(text string)
	// Dial replaces the network in tests.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Attempt is one failed try of a request that is made again after Wait.
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

// defaultParallel keeps a fan-out of hundreds of requests from looking like an attack.
const defaultParallel = 10

// New makes a client. It fails on an address that would carry credentials in the clear, and on certificates that can't be read.
func New(options Options) (*Client, error) {
	if options.Base.Scheme != "https" && !options.AllowHTTP && !isLoopback(options.Base.Hostname()) {
		return nil, fmt.Errorf("failed to use %s for %s: plain http is only for this machine", options.Base.Redacted(), options.Service)
	}
	if options.MaxParallel == 0 {
		options.MaxParallel = defaultParallel
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
		// A redirect is an answer: net/http would carry credentials to another host, and turn a POST into a GET.
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	client.base.Store(options.Base)
	return client, nil
}

// Host is the host that the client talks to.
func (c *Client) Host() string { return c.base.Load().Host }

// Base is the address below which every request goes.
func (c *Client) Base() *url.URL { return c.base.Load() }

// Move makes all further requests go below another address. The caller answers for it that the credentials may go there.
func (c *Client) SetBase(base *url.URL) { c.base.Store(base) }

// Note tells the reader something about a request.
func (c *Client) Note(text string) { c.options.OnNote(text) }

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func newTransport(options Options) (*http.Transport, error) {
	// A clone keeps the proxies of the environment, HTTP/2, and keep-alive.
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

// dialTimeout bounds the making of a connection and of its encryption, each.
const dialTimeout = 10 * time.Second

// IsLoopback reports whether host is this machine, by name or by address.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
