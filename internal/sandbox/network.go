package sandbox

import (
	"context"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Network is a network in memory for tests in a testing/synctest bubble, where waiting for a real socket blocks the
// bubble. Create it inside the bubble, and use its DialContext in an http.Transport.
//
// Its connections are not buffered: a write blocks until the other side reads. That works for plain HTTP and for
// successful TLS handshakes, but not for failed handshakes, which need a real socket.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*listener
	// dnsFailsUntil is when the DNS server works again.
	dnsFailsUntil time.Time
}

// NewNetwork returns a network without listeners.
func NewNetwork() *Network {
	return &Network{listeners: map[string]*listener{}}
}

// Listen listens on host:port, and replaces any listener there, until the listener is closed.
func (n *Network) Listen(addr string) net.Listener {
	l := &listener{network: n, addr: address(addr), conns: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.listeners[addr] = l
	return l
}

// FailDNS makes the DNS server fail for a while: no host name can be resolved.
func (n *Network) FailDNS(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dnsFailsUntil = time.Now().Add(d)
}

// lookup returns the error of the DNS server for the host, if there is one. Host names exist as long as something listens
// there.
func (n *Network) lookup(addr string) error {
	host, _, _ := net.SplitHostPort(addr)
	if net.ParseIP(host) != nil {
		return nil
	}
	if time.Now().Before(n.dnsFailsUntil) {
		return &net.DNSError{Err: "server misbehaving", Name: host, Server: dnsServer, IsTemporary: true}
	}
	for listening := range n.listeners {
		if strings.HasPrefix(listening, host+":") {
			return nil
		}
	}
	return &net.DNSError{Err: "no such host", Name: host, Server: dnsServer, IsNotFound: true}
}

const dnsServer = "10.0.0.2:53"

// DialContext connects to the listener at addr. Without a listener, it returns the error of a refused connection, a *net.OpError
// with syscall.ECONNREFUSED, or the *net.DNSError of a host name that does not exist.
func (n *Network) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	n.mu.Lock()
	l, dnsErr := n.listeners[addr], n.lookup(addr)
	n.mu.Unlock()
	if dnsErr != nil {
		return nil, dialError(network, addr, dnsErr)
	}
	if l == nil {
		return nil, dialError(network, addr, syscall.ECONNREFUSED)
	}
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, dialError(network, addr, syscall.ECONNREFUSED)
	case <-ctx.Done():
		return nil, dialError(network, addr, ctx.Err())
	}
}

func dialError(network, addr string, err error) error {
	return &net.OpError{Op: "dial", Net: network, Addr: address(addr), Err: err}
}

type listener struct {
	network *Network
	addr    address
	conns   chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		l.network.mu.Lock()
		defer l.network.mu.Unlock()
		if l.network.listeners[l.addr.String()] == l {
			delete(l.network.listeners, l.addr.String())
		}
		close(l.closed)
	})
	return nil
}

func (l *listener) Addr() net.Addr { return l.addr }

type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }
