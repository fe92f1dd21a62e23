package dbt_test

import (
	"errors"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

const (
	address = "127.0.0.1:80"
	account = 123456
)

// newClient makes a client of a dbt in memory. Use it inside a synctest bubble.
func newClient(t *testing.T, handler http.Handler) *dbt.Client {
	t.Helper()
	network := sandbox.NewNetwork()
	listener := network.Listen(address)
	server := &http.Server{Handler: handler}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	client, err := dbt.New(rest.Options{Base: &url.URL{Scheme: "http", Host: address}, Dial: network.DialContext}, "token", account)
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

// respond answers with a status and a body.
func respond(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// abort ends the connection without an answer.
func abort(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func isUnknown(err error) bool {
	_, ok := errors.AsType[*rest.UnknownError](err)
	return ok
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
