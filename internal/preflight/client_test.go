package preflight

import (
	"net/http"
	"net/url"
	"sync"
	"testing"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// dbtAt returns a client of a dbt account that handler serves in memory. Call it inside a synctest bubble.
func dbtAt(t *testing.T, handler http.HandlerFunc) *dbt.Client {
	t.Helper()
	const address = "127.0.0.1:80"
	network := sandbox.NewNetwork()
	listener := network.Listen(address)
	server := &http.Server{Handler: handler}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	client, err := dbt.New(rest.Options{Base: &url.URL{Scheme: "http", Host: address}, Dial: network.DialContext}, "token", 1)
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
