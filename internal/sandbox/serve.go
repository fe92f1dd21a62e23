package sandbox

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// The addresses of Serve are on loopback, because the action allows plain HTTP only there.
const (
	dbtAddr     = "127.0.0.1:8001"
	tableauAddr = "127.0.0.1:8002"
)

// The hosts of ServeTLS, unless the scenario has a SignInHost. The names end in "test", which is a public suffix like
// "com".
const (
	dbtHost     = "ab123.us1.dbt.test"
	tableauHost = "10ay.online.tableau.test"
)

// Serve serves both services on n, each at a fixed loopback address, and returns their base URLs. Stop closes the servers
// and their connections, and returns when all of their goroutines have ended, so that a synctest bubble can end. The
// client has to call http.Transport.CloseIdleConnections.
func (s *Sandbox) Serve(n *Network) (dbtURL, tableauURL string, stop func()) {
	stop = serve(map[net.Listener]http.Handler{n.Listen(dbtAddr): s.DBT(), n.Listen(tableauAddr): s.Tableau()})
	return "http://" + dbtAddr, "http://" + tableauAddr, stop
}

// ServeTLS is like Serve, but over https, at host names and port 443, with certificates of a. A Tableau with a SignInHost
// is served there and at its PodHost; tableauURL is that of the SignInHost. The error is that of creating a certificate.
func (s *Sandbox) ServeTLS(n *Network, a *Authority) (dbtURL, tableauURL string, stop func(), err error) {
	hosts := []string{tableauHost}
	if site := s.scenario.Tableau; site.SignInHost != "" {
		hosts = []string{site.SignInHost, site.PodHost}
	}
	certificate, err := a.Certificate(append(hosts, dbtHost)...)
	if err != nil {
		return "", "", nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	mounts := map[net.Listener]http.Handler{tls.NewListener(n.Listen(dbtHost+":443"), config): s.DBT()}
	for _, host := range hosts {
		mounts[tls.NewListener(n.Listen(host+":443"), config)] = s.Tableau()
	}
	return "https://" + dbtHost, "https://" + hosts[0], serve(mounts), nil
}

func serve(mounts map[net.Listener]http.Handler) (stop func()) {
	var wg sync.WaitGroup
	var servers []*http.Server
	for listener, handler := range mounts {
		server := &http.Server{Handler: handler}
		servers = append(servers, server)
		wg.Go(func() { _ = server.Serve(listener) })
	}
	return func() {
		for _, server := range servers {
			_ = server.Close()
		}
		wg.Wait()
	}
}
