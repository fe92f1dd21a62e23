package sandbox

import (
	"net/http"
	"sync"
)

// Where Serve mounts the services: loopback, because the action speaks plain http to nothing else.
const (
	dbtAddr     = "127.0.0.1:8001"
	tableauAddr = "127.0.0.1:8002"
)

// Serve mounts both services on n, each at its own fixed loopback address, and returns their base URLs. Stop closes
// the servers with all their connections and returns when nothing of them runs any more, so that a synctest bubble
// can end; the client's side needs http.Transport.CloseIdleConnections.
func (s *Sandbox) Serve(n *Network) (dbtURL, tableauURL string, stop func()) {
	var wg sync.WaitGroup
	servers := map[string]*http.Server{
		dbtAddr:     {Handler: s.DBT()},
		tableauAddr: {Handler: s.Tableau()},
	}
	for addr, server := range servers {
		l := n.Listen(addr)
		wg.Go(func() { _ = server.Serve(l) })
	}
	stop = func() {
		for _, server := range servers {
			_ = server.Close()
		}
		wg.Wait()
	}
	return "http://" + dbtAddr, "http://" + tableauAddr, stop
}
