package rest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// TestMain sets up a machine without root certificates, behind a proxy: both are read from the environment only once per
// process. Requests to loopback bypass the proxy, so that it affects no other test.
func TestMain(m *testing.M) {
	proxy := httptest.NewServer(http.HandlerFunc(connectProxy))
	for name, value := range map[string]string{
		"SSL_CERT_FILE": os.DevNull, "SSL_CERT_DIR": os.DevNull,
		"HTTPS_PROXY": proxy.URL, "HTTP_PROXY": "", "NO_PROXY": "",
		"https_proxy": "", "http_proxy": "", "no_proxy": "",
	} {
		if err := os.Setenv(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	code := m.Run()
	proxy.Close()
	os.Exit(code)
}

// serverAddress is where the service of a test listens, on a network in memory.
const serverAddress = "127.0.0.1:80"

// newClient returns a client of a service in memory. Call it inside a synctest bubble.
func newClient(t *testing.T, handler http.Handler, change ...func(*rest.Options)) *rest.Client {
	t.Helper()
	network := sandbox.NewNetwork()
	mount(t, network, serverAddress, handler)
	options := rest.Options{Service: "Example", Base: &url.URL{Scheme: "http", Host: serverAddress}, UserAgent: "test/1", Dial: network.DialContext}
	for _, f := range change {
		f(&options)
	}
	return connect(t, options)
}

// mount serves the handler at a host and port of the network until the end of the test.
func mount(t *testing.T, network *sandbox.Network, address string, handler http.Handler) {
	t.Helper()
	serve(t, network.Listen(address), handler)
}

// serve serves the handler on a listener until the end of the test.
func serve(t *testing.T, listener net.Listener, handler http.Handler) {
	t.Helper()
	server := &http.Server{Handler: handler}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
}

func connect(t *testing.T, options rest.Options) *rest.Client {
	t.Helper()
	client, err := rest.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// handlerSequence handles the first request with its first handler, the second with its second, and all further ones with
// its last. It records when each arrived.
type handlerSequence struct {
	createdAt time.Time
	handlers  []http.HandlerFunc

	mu      sync.Mutex
	arrived []time.Duration
}

func newSequence(handlers ...http.HandlerFunc) *handlerSequence {
	return &handlerSequence{createdAt: time.Now(), handlers: handlers}
}

func (s *handlerSequence) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	handler := s.handlers[min(len(s.arrived), len(s.handlers)-1)]
	s.arrived = append(s.arrived, time.Since(s.createdAt))
	s.mu.Unlock()
	handler(w, r)
}

// arrivals returns when the requests arrived, counted from the creation of the sequence.
func (s *handlerSequence) arrivals() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.arrived)
}

// respond returns a handler that sends a status, a body, and headers given in pairs.
func respond(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for pair := range slices.Chunk(header, 2) {
			w.Header().Set(pair[0], pair[1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

var respondOK = respond(http.StatusOK, `"ok"`)

// abortConnection closes the connection without a response.
func abortConnection(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// neverRespond keeps the request open for a day.
func neverRespond(w http.ResponseWriter, r *http.Request) {
	respondAfter(24*time.Hour, respondOK)(w, r)
}

// respondAfter calls the handler after a while, unless the client closes the connection before.
func respondAfter(wait time.Duration, handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// net/http cancels the request's context only once the body has been read.
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-time.After(wait):
			handler(w, r)
		case <-r.Context().Done():
		}
	}
}

// decodeString returns an error unless the body is a JSON string.
func decodeString(body []byte) error {
	var text string
	return json.Unmarshal(body, &text)
}

func getRequest() rest.Request {
	return rest.Request{Operation: "get it", Method: http.MethodGet, Path: []string{"it"}, Decode: decodeString}
}

func postRequest() rest.Request {
	r := getRequest()
	r.Operation, r.Method, r.Once, r.Body, r.ContentType = "start it", http.MethodPost, true, []byte(`{}`), "application/json"
	return r
}

// errorKind returns a short name for the type of an error.
func errorKind(err error) string {
	if err == nil {
		return ""
	}
	var (
		unknown     *rest.UnknownError
		status      *rest.StatusError
		transport   *rest.TransportError
		response    *rest.ResponseError
		certificate *rest.CertificateError
	)
	switch {
	case errors.As(err, &unknown):
		return "unknown"
	case errors.As(err, &status):
		return fmt.Sprint("status ", status.Status)
	case errors.As(err, &transport) && transport.Sent:
		return "transport, sent"
	case errors.As(err, &transport):
		return "transport, not sent"
	case errors.As(err, &response):
		return "response"
	case errors.As(err, &certificate):
		return "certificate"
	}
	return err.Error()
}

// seconds returns durations from numbers of seconds.
func seconds(all ...float64) []time.Duration {
	durations := make([]time.Duration, len(all))
	for i, s := range all {
		durations[i] = time.Duration(s * float64(time.Second))
	}
	return durations
}
