package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

const caInput = "ca-certificate"

// stage is a sandbox that listens on sockets.
type stage struct {
	box     *sandbox.Sandbox
	servers []*http.Server
	// inputs are the action's, by name.
	inputs map[string]string
}

// open starts both services on free ports. With -serve every request is told to log.
func open(o options, log io.Writer) (*stage, error) {
	box := sandbox.New(o.scenario)
	s := &stage{box: box}
	ca, config, err := trust(o)
	if err != nil {
		return nil, err
	}
	services := []http.Handler{box.DBT(), box.Tableau()}
	if o.serve {
		d := &diary{box: box, w: log}
		services = []http.Handler{d.keep(services[0]), d.keep(services[1])}
	}
	var urls []string
	for _, handler := range services {
		url, err := s.listen(o.host, config, handler)
		if err != nil {
			s.close()
			return nil, err
		}
		urls = append(urls, url)
	}
	s.inputs = box.ScenarioInputs(urls[0], urls[1])
	if o.serve {
		s.inputs = box.Inputs(urls[0], urls[1]) // other clients know LUIDs alone
	}
	if ca != "" {
		s.inputs[caInput] = ca
	}
	return s, nil
}

// trust makes what https needs: an authority's certificate in PEM, and a server's under it. Without -tls there is neither.
func trust(o options) (ca string, config *tls.Config, err error) {
	if !o.tls {
		return "", nil, nil
	}
	authority, err := sandbox.NewAuthority()
	if err != nil {
		return "", nil, err
	}
	certificate, err := authority.Certificate(o.host)
	if err != nil {
		return "", nil, err
	}
	return string(authority.PEM()), &tls.Config{Certificates: []tls.Certificate{certificate}}, nil
}

// listen serves until close, and returns the base URL.
func (s *stage) listen(host string, config *tls.Config, handler http.Handler) (string, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", fmt.Errorf("failed to listen on %s: %w", host, err)
	}
	// A server writes to its configuration.
	server := &http.Server{Handler: handler, TLSConfig: config.Clone(), ReadHeaderTimeout: 10 * time.Second}
	s.servers = append(s.servers, server)
	scheme, serve := "http", server.Serve
	if config != nil {
		scheme = "https"
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	// It returns when the server is closed, with nothing to tell.
	go func() { _ = serve(listener) }()
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	return scheme + "://" + net.JoinHostPort(host, port), nil
}

func (s *stage) close() {
	for _, server := range s.servers {
		_ = server.Close()
	}
}
