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

// TestMain makes a machine without root certificates, behind a proxy. Both are read from the environment once in the life
// of a process. Loopback never goes through a proxy, so that no test but the one of the proxy notices.
func TestMain(m *testing.M) {
	proxy := httptest.NewServer(http.HandlerFunc(tunnel))
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

// address is where the service of a test listens, on a network in memory.
const address = "127.0.0.1:80"

// newClient makes a client of a service in memory. Use it inside a synctest bubble.
func newClient(t *testing.T, handler http.Handler, change ...func(*rest.Options)) *rest.Client {
	t.Helper()
	network := sandbox.NewNetwork()
	mount(t, network, address, handler)
	options := rest.Options{Service: "Example", Base: &url.URL{Scheme: "http", Host: address}, UserAgent: "test/1", Dial: network.DialContext}
	for _, f := range change {
		f(&options)
	}
	return connect(t, options)
}

// mount serves the handler at an address of the network, until the end of the test.
func mount(t *testing.T, network *sandbox.Network, address string, handler http.Handler) {
	t.Helper()
	serve(t, network.Listen(address), handler)
}

// serve serves the handler on a listener, until the end of the test.
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

// script answers the first request with its first handler, the second with the second, and all that are left with its
// last. It notes when each came.
type script struct {
	begin    time.Time
	handlers []http.HandlerFunc

	mu   sync.Mutex
	came []time.Duration
}

func newScript(handlers ...http.HandlerFunc) *script {
	return &script{begin: time.Now(), handlers: handlers}
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	handler := s.handlers[min(len(s.came), len(s.handlers)-1)]
	s.came = append(s.came, time.Since(s.begin))
	s.mu.Unlock()
	handler(w, r)
}

// arrivals are the times at which requests came, since the script was made.
func (s *script) arrivals() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.came)
}

// respond answers with a status, a body, and headers in pairs.
func respond(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for pair := range slices.Chunk(header, 2) {
			w.Header().Set(pair[0], pair[1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

var good = respond(http.StatusOK, `"good"`)

// abort ends the connection without an answer.
func abort(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// silent never answers.
func silent(w http.ResponseWriter, r *http.Request) { after(24*time.Hour, good)(w, r) }

// after answers late, if the client is still there.
func after(wait time.Duration, handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// A server does not notice that a client goes away as long as a part of the request is unread.
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-time.After(wait):
			handler(w, r)
		case <-r.Context().Done():
		}
	}
}

// decodeText wants the answer to be a JSON string.
func decodeText(body []byte) error {
	var text string
	return json.Unmarshal(body, &text)
}

func get() rest.Request {
	return rest.Request{Operation: "get it", Method: http.MethodGet, Path: []string{"it"}, Decode: decodeText}
}

func post() rest.Request {
	r := get()
	r.Operation, r.Method, r.Once, r.Body, r.ContentType = "start it", http.MethodPost, true, []byte(`{}`), "application/json"
	return r
}

// errorKind is the name of the outermost error of this package.
func errorKind(err error) string {
	if err == nil {
		return ""
	}
	var (
		unknown     *rest.UnknownError
		status      *rest.StatusError
		transport   *rest.TransportError
		answer      *rest.ResponseError
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
	case errors.As(err, &answer):
		return "answer"
	case errors.As(err, &certificate):
		return "certificate"
	}
	return err.Error()
}

// seconds makes durations.
func seconds(all ...float64) []time.Duration {
	durations := make([]time.Duration, len(all))
	for i, s := range all {
		durations[i] = time.Duration(s * float64(time.Second))
	}
	return durations
}
