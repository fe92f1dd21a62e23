package dbt_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

const (
	serverAddress = "127.0.0.1:80"
	accountID     = 123456
)

// newClient returns a client of a server in memory. Call it inside a synctest bubble.
func newClient(t *testing.T, handler http.Handler) *dbt.Client {
	t.Helper()
	network := sandbox.NewNetwork()
	listener := network.Listen(serverAddress)
	server := &http.Server{Handler: handler}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	client, err := dbt.New(rest.Options{Base: &url.URL{Scheme: "http", Host: serverAddress}, Dial: network.DialContext}, "token", accountID)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		_ = server.Close()
		serving.Wait()
	})
	return client
}

// respond returns a handler that sends a status and a body.
func respond(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// abortConnection closes the connection without a response.
func abortConnection(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
