package runresult

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/progress"
)

// nodeResult returns an entry of run_results.json. Failures is a number or null.
func nodeResult(id, status, message, failures string) string {
	return fmt.Sprintf(`{"unique_id":%q,"status":%q,"message":%q,"failures":%s,"timing":[],"thread_id":"1","execution_time":1,"adapter_response":{}}`, id, status, message, failures)
}

// runResults returns the run_results.json of a run.
func runResults(run string, nodes ...string) string {
	return fmt.Sprintf(`{"metadata":{"dbt_schema_version":"https://schemas.getdbt.com/dbt/run-results/v6.json","env":{"DBT_CLOUD_RUN_ID":%q}},"results":[%s],"elapsed_time":1,"args":{}}`,
		run, strings.Join(nodes, ","))
}

// reported is what the report shows of a Build.
type reported struct {
	Failures    []progress.Failure
	Built       []progress.Built
	WarnedTests []progress.Failure
}

func reportedOf(b Build) reported { return reported{b.Failures(), b.Counts(), b.WarnedTests()} }

// TestReader_Inspect covers what a run's results show, except those of another run, and those that can't be read.
func TestReader_Inspect(t *testing.T) {
	t.Parallel()

	const (
		batchLog = "12:00:01  Unhandled error while executing \nException on worker thread. Runtime Error\n  no column\n12:00:01  Batch 1 of 1 ERROR\n" +
			"12:00:02  Failure in model orders (models/orders.sql)\n12:00:02    ERROR\n12:00:02  \n"
		noColumn = "Exception on worker thread. Runtime Error: no column"
	)
	failed, succeeded := nodeResult("model.shop.orders", "error", "syntax error", "null"), nodeResult("model.shop.orders", "success", "OK", "null")
	warned := nodeResult("test.shop.positive.1a2b", "warn", "Got 3 results, configured to warn if != 0", "3")
	steps := []dbt.RunStep{{Index: 1, Name: "Clone git repository", Status: dbt.Success}, {Index: 2, Name: "Invoke dbt with `dbt build`", Status: dbt.Error, Logs: batchLog}}
	withStep := func(command string, status dbt.Status) []dbt.RunStep {
		return append(steps[:2:2], dbt.RunStep{Index: 3, Name: "Invoke dbt with `" + command + "`", Status: status})
	}
	failures := []progress.Failure{{Type: "model", Name: "orders", Status: "error", Message: "syntax error"}}
	warnings := []progress.Failure{{Type: "test", Name: "positive", Status: "warn", Message: "Got 3 results, configured to warn if != 0"}}
	model, test := progress.Built{Type: "model", Nodes: 1}, progress.Built{Type: "test", Nodes: 1}
	cases := []struct {
		name  string
		steps []dbt.RunStep
		// results are those of each step, by its index; those of run 6 follow "6/".
		results map[string]string
		retried []int64
		want    reported
		warning string
		// requests is the number of requests for results; 0 is any.
		requests int32
	}{
		{name: "this_run", steps: steps, results: map[string]string{"2": runResults("7", failed)}, want: reported{Failures: failures}},
		{name: "another_run", steps: steps, results: map[string]string{"2": runResults("8", failed)}, warning: "belongs to run 8, so it is not used"},
		{name: "missing", steps: steps},
		{name: "web_page", steps: steps, results: map[string]string{"2": "<html>no</html>"}, warning: "the results of step 2 can't be used: failed to get run_results.json of dbt run 7: failed to read run_results.json: it is not valid JSON", requests: 3},
		{name: "truncated", steps: steps, results: map[string]string{"2": runResults("7", failed)[:250]}, warning: "unexpected EOF", requests: 3},
		{
			name: "one_step_unreadable", steps: withStep("dbt test", dbt.Error), results: map[string]string{"2": runResults("7", failed), "3": "<html>no</html>"},
			want: reported{Failures: failures}, warning: "the results of step 3 can't be used", requests: 4,
		},
		{name: "no_step_that_builds", steps: steps[:1], results: map[string]string{"1": runResults("7", failed), "": runResults("7", failed)}},
		{
			name: "several_steps", steps: withStep("dbt --debug run --select b", dbt.Error),
			results: map[string]string{"2": runResults("7", succeeded), "3": strings.ReplaceAll(runResults("7", failed), "orders", "customers")},
			want:    reported{Failures: []progress.Failure{{Type: "model", Name: "customers", Status: "error", Message: "syntax error"}}, Built: []progress.Built{model}},
		},
		{name: "step_that_did_not_run", steps: withStep("dbt test", dbt.Cancelled), results: map[string]string{"3": runResults("7", failed)}},
		{
			name: "reason_in_the_log", steps: steps, results: map[string]string{"2": runResults("7", nodeResult("model.shop.orders", "error", "ERROR", "null"))},
			want: reported{Failures: []progress.Failure{{Type: "model", Name: "orders", Status: "error", Message: noColumn}}},
		},
		{
			name: "number_of_rows", steps: steps, results: map[string]string{"2": runResults("7", nodeResult("test.shop.t.1", "fail", "Fail", "4"))},
			want: reported{Failures: []progress.Failure{{Type: "test", Name: "t", Status: "fail", Message: "4 rows"}}},
		},
		{
			name: "warned_in_two_steps", steps: withStep("dbt test", dbt.Success),
			results: map[string]string{
				"2": runResults("7", succeeded, warned),
				"3": runResults("7", strings.ReplaceAll(warned, "warn", "pass"), nodeResult("unit_test.shop.orders.u", "warn", "", "null"), nodeResult("model.shop.b", "warn", "", "null")),
			},
			want: reported{
				WarnedTests: append(warnings, progress.Failure{Type: "unit_test", Name: "orders.u", Status: "warn"}),
				Built:       []progress.Built{{Type: "model", Nodes: 2}, test, {Type: "unit_test", Nodes: 1}},
			},
		},
		{
			name: "warned_before_a_retry", steps: steps, retried: []int64{6},
			results: map[string]string{"6/2": runResults("6", warned, nodeResult("model.shop.b", "error", "of before", "null")), "2": runResults("7", failed)},
			want:    reported{Failures: failures, WarnedTests: warnings, Built: []progress.Built{test}},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var requests atomic.Int32
				client := newClient(t, func(w http.ResponseWriter, r *http.Request) {
					if path.Base(r.URL.Path) != resultsFile {
						_, _ = io.WriteString(w, `{"data":{"id":6,"status":20,"run_steps":[{"index":2,"name":"dbt build","status":20}]}}`)
						return
					}
					requests.Add(1)
					key := r.URL.Query().Get("step")
					if strings.Contains(r.URL.Path, "/runs/6/") {
						key = "6/" + key
					}
					text, ok := tc.results[key]
					if !ok {
						w.WriteHeader(http.StatusNotFound)
					}
					_, _ = io.WriteString(w, text)
				})
				reader := Reader{Client: client, Run: dbt.Run{ID: 7, Status: dbt.Error, Steps: tc.steps}, Retried: tc.retried}
				build, warnings := reader.Inspect(t.Context())
				if diff := cmp.Diff(tc.want, reportedOf(build)); diff != "" {
					t.Errorf("Inspect() (-want +got):\n%s", diff)
				}
				if got := strings.Join(warnings, " "); (got == "") != (tc.warning == "") || !strings.Contains(got, tc.warning) {
					t.Errorf("warnings %q, want %q", got, tc.warning)
				}
				if got := requests.Load(); tc.requests > 0 && got != tc.requests {
					t.Errorf("%d requests, want %d", got, tc.requests)
				}
			})
		})
	}
}

// TestReader_Inspect_canceled: results that are no longer waited for are not a warning.
func TestReader_Inspect_canceled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := newSandbox(t, "success", artifactsAfter(time.Hour))
		reader := &Reader{Client: client, Run: runJob(t, client, 0)}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if build, warnings := reader.Inspect(ctx); len(warnings) > 0 || !cmp.Equal(reportedOf(build), reported{}) {
			t.Errorf("Inspect() = %v, %v, want nothing", build, warnings)
		}
	})
}

// TestBuild_WarnedTests_recorded covers the tests that warned in what dbt Core wrote.
func TestBuild_WarnedTests_recorded(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("FIXTURES")
	if folder == "" {
		t.Skip("FIXTURES is not set to a folder with recorded responses")
	}
	want := []progress.Failure{
		{Type: "test", Name: "no_negative", Status: "warn", Message: "Got 1 result, configured to warn if != 0"},
		{Type: "test", Name: "not_null_orders_amount", Status: "warn", Message: "Got 1 result, configured to warn if != 0"},
	}
	for _, version := range []string{"1.7", "1.9", "1.11"} {
		for _, situation := range []string{"build", "test", "test_store_failures"} {
			file, err := os.Open(filepath.Join(folder, "dbt/core", version, situation, resultsFile))
			if err != nil {
				t.Fatal(err)
			}
			results, err := artifact.ReadResults(file)
			_ = file.Close()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, (Build{Steps: []Step{{Results: results}}}).WarnedTests()); diff != "" {
				t.Errorf("%s, %s: tests that warned (-want +got):\n%s", version, situation, diff)
			}
		}
	}
}
