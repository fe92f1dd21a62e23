package pipeline

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/dbtrun"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// results is a run_results.json of a run with one model that ended so.
func results(run, status string) string {
	return fmt.Sprintf(`{"metadata":{"dbt_schema_version":"https://schemas.getdbt.com/dbt/run-results/v6.json","env":{"DBT_CLOUD_RUN_ID":%q}},
		"results":[{"status":%q,"unique_id":"model.shop.orders","message":"it is so","timing":[],"thread_id":"1","execution_time":1,"adapter_response":{},"failures":null}],
		"elapsed_time":1,"args":{}}`, run, status)
}

// TestResults: what a run has left tells why it failed, unless it is another run's, or nothing that could be read.
func TestResults(t *testing.T) {
	t.Parallel()

	steps := []dbt.RunStep{{Index: 1, Name: "Clone git repository", Status: dbt.Success}, {Index: 2, Name: "Invoke dbt with `dbt build`", Status: dbt.Error}}
	cases := []struct {
		name  string
		steps []dbt.RunStep
		// answers are what each step has left, by its number.
		answers  map[string]string
		failures []progress.Failure
		built    []progress.Built
	}{
		{name: "of_this_run", steps: steps, answers: map[string]string{"2": results("7", "error")}, failures: []progress.Failure{{Type: "model", Name: "orders", Status: "error", Message: "it is so"}}},
		{name: "of_another_run", steps: steps, answers: map[string]string{"2": results("8", "error")}},
		{name: "missing", steps: steps},
		{name: "garbage", steps: steps, answers: map[string]string{"2": "<html>no</html>"}},
		{name: "cut", steps: steps, answers: map[string]string{"2": results("7", "error")[:250]}},
		{name: "of_no_step_that_builds", steps: steps[:1], answers: map[string]string{"1": results("7", "error"), "": results("7", "error")}},
		{
			name: "of_several_steps", answers: map[string]string{"2": results("7", "success"), "3": strings.ReplaceAll(results("7", "error"), "orders", "customers"), "4": results("8", "error")},
			steps:    append(steps, dbt.RunStep{Index: 3, Name: "Invoke dbt with `dbt --debug run --select b`", Status: dbt.Error}, dbt.RunStep{Index: 4, Name: "Invoke dbt with `dbt test`", Status: dbt.Error}),
			failures: []progress.Failure{{Type: "model", Name: "customers", Status: "error", Message: "it is so"}}, built: []progress.Built{{Type: "model", Nodes: 1}},
		},
		{
			name: "a_step_that_never_ran_is_not_asked", answers: map[string]string{"3": results("7", "error")},
			steps: append(steps[:1:1], dbt.RunStep{Index: 3, Name: "Invoke dbt with `dbt test`", Status: dbt.Cancelled}),
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &story{observer: discard{}, follower: &dbtrun.Follower{}, dbt: dbtAt(t, func(w http.ResponseWriter, r *http.Request) {
					text, ok := tc.answers[r.URL.Query().Get("step")]
					if !ok {
						w.WriteHeader(http.StatusNotFound)
					}
					_, _ = io.WriteString(w, text)
				})}
				failures, built := s.ends(t.Context(), dbt.Run{ID: 7, Status: dbt.Error, Steps: tc.steps})
				if diff := cmp.Diff(tc.failures, failures); diff != "" {
					t.Errorf("failures (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.built, built); diff != "" {
					t.Errorf("built (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// dbtAt makes a client of a dbt in memory. Use it inside a synctest bubble.
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
