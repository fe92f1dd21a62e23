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

// servers serve a sandbox on sockets.
type servers struct {
	sandbox *sandbox.Sandbox
	http    []*http.Server
	// inputs are those of the action, by name.
	inputs map[string]string
}

// startServers starts both services on free ports. With -serve it logs each request.
func startServers(o options, log io.Writer) (*servers, error) {
	services := sandbox.New(o.scenario)
	s := &servers{sandbox: services}
	ca, config, err := newTLSConfig(o)
	if err != nil {
		return nil, err
	}
	handlers := []http.Handler{services.DBT(), services.Tableau()}
	if o.serve {
		l := &requestLog{sandbox: services, w: log}
		handlers = []http.Handler{l.wrap(handlers[0]), l.wrap(handlers[1])}
	}
	var urls []string
	for _, handler := range handlers {
		url, err := s.listen(o.host, config, handler)
		if err != nil {
			s.close()
			return nil, err
		}
		urls = append(urls, url)
	}
	s.inputs = services.ScenarioInputs(urls[0], urls[1])
	if o.serve {
		s.inputs = services.Inputs(urls[0], urls[1]) // LUIDs, because other clients can't resolve names
	}
	if ca != "" {
		s.inputs[caInput] = ca
	}
	return s, nil
}

// newTLSConfig returns the certificate of a new authority as PEM, and a configuration with a certificate that it signed;
// both are empty without -tls.
func newTLSConfig(o options) (ca string, config *tls.Config, err error) {
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

// listen serves until close is called, and returns the base URL.
func (s *servers) listen(host string, config *tls.Config, handler http.Handler) (string, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", fmt.Errorf("failed to listen on %s: %w", host, err)
	}
	// Each server modifies its configuration.
	server := &http.Server{Handler: handler, TLSConfig: config.Clone(), ReadHeaderTimeout: 10 * time.Second}
	s.http = append(s.http, server)
	scheme, serve := "http", server.Serve
	if config != nil {
		scheme = "https"
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	// Serve returns when the server is closed.
	go func() { _ = serve(listener) }()
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	return scheme + "://" + net.JoinHostPort(host, port), nil
}

func (s *servers) close() {
	for _, server := range s.http {
		_ = server.Close()
	}
}
