package artifact_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/artifact"
)

// resultsOfEveryStatus is a run_results.json with all statuses.
const resultsOfEveryStatus = `{
  "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json", "env": {"DBT_CLOUD_RUN_ID": "70471831456932"}},
  "results": [
    {"unique_id": "model.shop.orders", "status": "success", "execution_time": 1.5, "message": "SUCCESS 1", "relation_name": "PROD.SHOP.orders"},
    {"unique_id": "model.shop.orders_by_hour", "status": "partial success", "message": "PARTIAL SUCCESS (2/3)", "batch_results": {"successful": [["a", "b"]], "failed": []}},
    {"unique_id": "model.shop.returns", "status": "error", "message": "Database Error"},
    {"unique_id": "model.shop.refunds", "status": "skipped", "message": null},
    {"unique_id": "saved_query.shop.totals", "status": "no-op"},
    {"unique_id": "test.shop.not_null_orders_id.cf6c17daed", "status": "pass", "failures": 0},
    {"unique_id": "test.shop.unique_orders_id.fed79b3a6e", "status": "warn", "failures": 3, "message": "Got 3 results, configured to warn if != 0"},
    {"unique_id": "test.shop.assert_totals", "status": "fail", "failures": 12, "message": "Got 12 results, configured to fail if != 0"},
    {"unique_id": "unit_test.shop.orders.rounds", "status": "runtime error"},
    {"unique_id": "model.shop.cached", "status": "reused"}
  ],
  "args": {"which": "build"}
}`

func readResults(t *testing.T, text string) artifact.Results {
	t.Helper()
	results, err := artifact.ReadResults(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func TestReadResults(t *testing.T) {
	t.Parallel()

	got := readResults(t, resultsOfEveryStatus)
	want := artifact.Results{
		Metadata: artifact.Metadata{SchemaURL: "https://schemas.getdbt.com/dbt/run-results/v6.json", RunID: 70471831456932},
		Command:  "build",
		All: []artifact.Result{
			{UniqueID: "model.shop.orders", Status: artifact.StatusSuccess, RelationName: "PROD.SHOP.orders"},
			{UniqueID: "model.shop.orders_by_hour", Status: artifact.StatusPartialSuccess, Message: "PARTIAL SUCCESS (2/3)"},
			{UniqueID: "model.shop.returns", Status: artifact.StatusError, Message: "Database Error"},
			{UniqueID: "model.shop.refunds", Status: artifact.StatusSkipped},
			{UniqueID: "saved_query.shop.totals", Status: artifact.StatusNoOp},
			{UniqueID: "test.shop.not_null_orders_id.cf6c17daed", Status: artifact.StatusPass, Failures: new(int64(0))},
			{
				UniqueID: "test.shop.unique_orders_id.fed79b3a6e", Status: artifact.StatusWarn, Failures: new(int64(3)),
				Message: "Got 3 results, configured to warn if != 0",
			},
			{
				UniqueID: "test.shop.assert_totals", Status: artifact.StatusFail, Failures: new(int64(12)),
				Message: "Got 12 results, configured to fail if != 0",
			},
			{UniqueID: "unit_test.shop.orders.rounds", Status: artifact.StatusRuntimeError},
			{UniqueID: "model.shop.cached", Status: "reused"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ReadResults() (-want +got):\n%s", diff)
	}
}

func TestResult_Name(t *testing.T) {
	t.Parallel()

	cases := []struct{ id, wantType, wantName string }{
		{"model.shop.orders", "model", "orders"},
		{"model.shop.orders.v2", "model", "orders.v2"},
		{"test.shop.not_null_orders_id.cf6c17daed", "test", "not_null_orders_id"},
		{"test.shop.assert_totals", "test", "assert_totals"},
		{"unit_test.shop.orders.rounds", "unit_test", "orders.rounds"},
		{"orders", "orders", "orders"},
	}
	for _, tc := range cases {
		t.Run(tc.id, func(t *testing.T) {
			t.Parallel()
			result := artifact.Result{UniqueID: tc.id}
			if diff := cmp.Diff([]string{tc.wantType, tc.wantName}, []string{result.ResourceType(), result.Name()}); diff != "" {
				t.Errorf("Type(), Name() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMetadata_BelongsToOtherRun(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		id   int64
		want bool
	}{
		{"this_run", 5, false},
		{"another_run", 6, true},
		{"no_run", 0, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := (artifact.Metadata{RunID: tc.id}).BelongsToOtherRun(5); got != tc.want {
				t.Errorf("BelongsToOtherRun(5) = %t, want %t", got, tc.want)
			}
		})
	}
}

// TestReadResults_unusualInput covers input that dbt never wrote so far.
func TestReadResults_unusualInput(t *testing.T) {
	t.Parallel()

	orders := func(r artifact.Result) artifact.Results {
		r.UniqueID = "model.shop.orders"
		return artifact.Results{All: []artifact.Result{r}}
	}
	cases := []struct {
		name string
		text string
		want artifact.Results
	}{
		{"nulls_at_the_top", `{"metadata":null,"results":null,"args":null}`, artifact.Results{}},
		{
			"nulls_everywhere", `{"metadata":{"dbt_schema_version":null,"generated_at":null,"env":null},"results":[null,{"unique_id":null,"status":"success"},
			{"unique_id":"model.shop.orders","status":null,"message":null,"failures":null,"execution_time":null}],"args":{"which":null}}`,
			orders(artifact.Result{}),
		},
		{
			"other_types", `{"metadata":[1],"results":["x",{"unique_id":"model.shop.orders","status":{"a":[1]},"message":["m"],"failures":"3","execution_time":"1"}],"args":7}`,
			orders(artifact.Result{}),
		},
		{
			"numbers_out_of_range", `{"metadata":{"env":{"DBT_CLOUD_RUN_ID":"99999999999999999999x"}},"results":[{"unique_id":"model.shop.orders","failures":1e300,"execution_time":1e999}]}`,
			orders(artifact.Result{}),
		},
		{"negative_time", `{"results":[{"unique_id":"model.shop.orders","failures":-1,"execution_time":-1}]}`, orders(artifact.Result{})},
		{"run_id_as_a_number", `{"metadata":{"env":{"DBT_CLOUD_RUN_ID":70471831456932}},"results":[]}`, artifact.Results{Metadata: artifact.Metadata{RunID: 70471831456932}}},
		{
			"constants_of_python", `{"metadata":{"env":NaN},"results":[NaN,-Infinity,{"unique_id":"model.shop.orders","execution_time":NaN,"failures":-Infinity,"message":"NaN, \"-Infinity\\","x":[Infinity,NaN]},-Infinity]}`,
			orders(artifact.Result{Message: `NaN, "-Infinity\`}),
		},
		{"a_field_twice", `{"results":[{"unique_id":"x","unique_id":"model.shop.orders"}]}`, orders(artifact.Result{})},
		{"escaped_field_name", `{"results":[{"unique\u005fid":"model.shop.\u006frders"}]}`, orders(artifact.Result{})},
		{"invalid_utf8", "{\"results\":[{\"unique_id\":\"model.shop.orders\",\"message\":\"a\xffb\\ud800c\"}]}", orders(artifact.Result{Message: "a\uFFFDb\uFFFDc"})},
		{
			"deep_nesting", `{"deep":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,"results":[{"unique_id":"model.shop.orders"}]}`,
			orders(artifact.Result{}),
		},
		{
			"long_message", `{"results":[{"unique_id":"model.shop.orders","message":"` + strings.Repeat("é", 5000) + `"}]}`,
			orders(artifact.Result{Message: strings.Repeat("é", 998) + "…"}),
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, readResults(t, tc.text)); diff != "" {
				t.Errorf("ReadResults() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReadResults_errors checks that invalid input is an error with the reason, without results.
func TestReadResults_errors(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		text string
		want string
	}{
		{"empty", "", "it is empty"},
		{"only_space", "\n ", "it is empty"},
		{"html", "<html><body>502 Bad Gateway</body></html>", "invalid character '<' at start of value"},
		{"null", "null", "it is not a JSON object"},
		{"array", `[{"results":[]}]`, "it is not a JSON object"},
		{"truncated", resultsOfEveryStatus[:600], "unexpected EOF"},
		{"truncated_in_a_name", `{"results":[{"uniq`, "unexpected EOF"},
		{"truncated_at_the_end", resultsOfEveryStatus[:len(resultsOfEveryStatus)-1], "unexpected EOF"},
		{"followed_by_another", `{} {}`, "it contains more data after its end"},
		{"part_of_a_constant", `{"results":[Na`, "invalid character 'N'"},
		{"constant_after_a_minus", `{"results":[-NaN]}`, "invalid character"},
		{"constant_in_a_name", `{NaN:1}`, "object member name must be a string"},
		{"followed_by_text", `{} x`, "invalid character 'x'"},
		{"too_deep", strings.Repeat(`{"a":`, 20_000), "exceeded max depth"},
		{"empty_object", `{}`, "it is incomplete"},
		{"catalog", `{"metadata":{"dbt_schema_version":"https://schemas.getdbt.com/dbt/catalog/v1.json"},"nodes":{}}`, `it has the schema of another artifact: "https://schemas.getdbt.com/dbt/catalog/v1.json"`},
		{"endless_text", `{"compiled_code":"` + strings.Repeat("x", 20<<20), "a single value is longer than 8 MiB"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := artifact.ReadResults(strings.NewReader(tc.text))
			if err == nil || !strings.HasPrefix(err.Error(), "failed to read run_results.json: ") || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("ReadResults() = %v, want it to contain %q", err, tc.want)
			}
			if diff := cmp.Diff(artifact.Results{}, got); diff != "" {
				t.Errorf("ReadResults() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReadResults_reader checks that the reader's error is wrapped, and that reading byte by byte changes nothing.
func TestReadResults_reader(t *testing.T) {
	t.Parallel()

	lost := errors.New("connection lost")
	_, err := artifact.ReadResults(strings.NewReader(resultsOfEveryStatus[:300]))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("ReadResults() = %v, want %v", err, io.ErrUnexpectedEOF)
	}
	_, err = artifact.ReadResults(io.MultiReader(strings.NewReader(resultsOfEveryStatus[:300]), iotest.ErrReader(lost)))
	if !errors.Is(err, lost) {
		t.Errorf("ReadResults() = %v, want %v", err, lost)
	}
	text := strings.ReplaceAll(resultsOfEveryStatus, `"failures":`, `"x": [NaN, "\\\"NaN", -Infinity], "failures":`)
	for _, reader := range []io.Reader{iotest.OneByteReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
		got, err := artifact.ReadResults(reader)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(readResults(t, resultsOfEveryStatus), got); diff != "" {
			t.Errorf("ReadResults() byte by byte (-want +got):\n%s", diff)
		}
	}
}
