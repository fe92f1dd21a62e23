package sandbox

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// Network is a network in memory for tests in a testing/synctest bubble, where waiting for a real socket blocks the
// bubble. Create it inside the bubble, and use its DialContext in an http.Transport.
//
// Its connections are not buffered: a write blocks until the other side reads. That works for plain HTTP and for
// successful TLS handshakes, but not for failed handshakes, which need a real socket.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*listener
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

// DialContext connects to the listener at addr. Without one it returns what a refused connection returns: a *net.OpError
// with syscall.ECONNREFUSED.
func (n *Network) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[addr]
	n.mu.Unlock()
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
