package runresult

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// newClient returns a client of a dbt account that handler serves in memory. It is for use in a synctest bubble.
func newClient(t *testing.T, handler http.HandlerFunc) *dbt.Client {
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

// newSandbox returns the sandbox with the scenario of that name, after a change, and a client of its dbt account.
func newSandbox(t *testing.T, scenario string, change func(*sandbox.Account)) (*sandbox.Sandbox, *dbt.Client) {
	t.Helper()
	s, ok := sandbox.Find(scenario)
	if !ok {
		t.Fatalf("no scenario %s", scenario)
	}
	s = s.Faster(60) // a run of a few seconds
	s.DBT.Token, s.DBT.ID = "token", 1
	if change != nil {
		change(&s.DBT)
	}
	box := sandbox.New(s)
	return box, newClient(t, box.DBT().ServeHTTP)
}

// runJob runs the nightly job of the sandbox, retries the run as often as given, and returns the last run when it has ended.
func runJob(t *testing.T, client *dbt.Client, retries int) dbt.Run {
	t.Helper()
	start := dbt.StartRequest{JobID: nightlyJob, Request: dbt.TriggerRequest{Cause: "test"}}
	for {
		run, _, err := client.Start(t.Context(), start)
		for err == nil && !run.Ended() {
			time.Sleep(time.Second)
			run, err = client.Run(t.Context(), run.ID, time.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
		if retries == 0 {
			return run
		}
		retries--
		start.RetryRunID = run.ID
	}
}

// nightlyJob is the job that all scenarios of the sandbox run.
const nightlyJob = 70471823457404

// nodeIDs returns the unique IDs of what was built.
func nodeIDs(build Build) []string {
	var ids []string
	for _, node := range build.Nodes {
		ids = append(ids, node.UniqueID)
	}
	return ids
}
