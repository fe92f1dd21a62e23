package artifact_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dbt-tableau-refresh/internal/artifact"
)

func readManifest(t *testing.T, r io.Reader) *artifact.Manifest {
	t.Helper()
	m, err := artifact.ReadManifest(r)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func shopManifest(t *testing.T) *artifact.Manifest {
	t.Helper()
	file, err := os.Open("testdata/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return readManifest(t, file)
}

// resultsOf returns results from pairs of a node and its status.
func resultsOf(pairs ...string) (results artifact.Results) {
	for i := 0; i < len(pairs); i += 2 {
		results.All = append(results.All, artifact.Result{UniqueID: pairs[i], Status: artifact.Status(pairs[i+1])})
	}
	return results
}

func TestReadManifest(t *testing.T) {
	t.Parallel()

	want := &artifact.Manifest{
		Metadata: artifact.Metadata{
			SchemaURL: "https://schemas.getdbt.com/dbt/manifest/v12.json",
			RunID:     70471831456932,
		},
		Exposures: []artifact.Exposure{
			{
				UniqueID: "exposure.shop.weekly_revenue", Name: "weekly_revenue",
				URL:       "https://10ay.online.tableau.com/#/site/shop/workbooks/265605",
				DependsOn: []string{"metric.shop.revenue"},
			},
			{
				UniqueID: "exposure.shop.orders", Name: "orders", DependsOn: []string{"model.shop.orders_of_today"},
				Tableau: artifact.ExposureTargets{
					Workbooks:   []string{"Operations/Orders", "tag:daily", "2024"},
					Datasources: []string{"Orders", "Orders by hour"},
					UnknownKeys: []string{"tableau.dashboards"},
				},
			},
			{UniqueID: "exposure.shop.customers", Name: "customers", DependsOn: []string{"snapshot.shop.customers"}},
		},
	}
	if diff := cmp.Diff(want, shopManifest(t), cmpopts.IgnoreUnexported(artifact.Manifest{})); diff != "" {
		t.Errorf("ReadManifest() (-want +got):\n%s", diff)
	}
}

func TestManifest_Built(t *testing.T) {
	t.Parallel()

	node := func(id, database, schema, name string) artifact.Node {
		return artifact.Node{UniqueID: id, Relation: artifact.Relation{Database: database, Schema: schema, Name: name}}
	}
	seed := node("seed.shop.raw_orders", "ANALYTICS", "RAW", "raw_orders")
	staged := node("model.shop.stg_orders", "ANALYTICS", "STAGING", "stg_orders")
	orders := node("model.shop.orders.v2", "ANALYTICS", "MARTS", "orders_v2")
	today := node("model.shop.orders_of_today", "ANALYTICS", "MARTS", "Orders of today")
	revenue := node("model.shop.revenue", "ANALYTICS", "MARTS", "revenue")
	revenueEU := node("model.shop.revenue_eu", "ANALYTICS", "MARTS", "revenue_eu")
	customers := node("snapshot.shop.customers", "ANALYTICS", "SNAPSHOTS", "customers")

	cases := []struct {
		name    string
		results artifact.Results
		want    []artifact.Node
	}{
		{"no_results", artifact.Results{}, nil},
		{"seed_and_downstream_views_without_tables", resultsOf("seed.shop.raw_orders", "success"), []artifact.Node{today, staged, seed}},
		{"table_and_downstream_view", resultsOf("model.shop.revenue", "success"), []artifact.Node{revenue, revenueEU}},
		{"snapshot", resultsOf("snapshot.shop.customers", "success"), []artifact.Node{customers}},
		{"view_built", resultsOf("model.shop.revenue", "success", "model.shop.revenue_eu", "success"), []artifact.Node{revenue, revenueEU}},
		{"view_no_op", resultsOf("model.shop.revenue", "success", "model.shop.revenue_eu", "no-op"), []artifact.Node{revenue, revenueEU}},
		{"view_skipped", resultsOf("model.shop.revenue", "success", "model.shop.revenue_eu", "skipped"), []artifact.Node{revenue, revenueEU}},
		{"view_failed", resultsOf("model.shop.revenue", "success", "model.shop.revenue_eu", "error"), []artifact.Node{revenue}},
		{
			"view_downstream_of_a_failed_view", resultsOf("seed.shop.raw_orders", "success", "model.shop.stg_orders", "error", "model.shop.orders_of_today", "skipped"),
			[]artifact.Node{seed},
		},
		{"no_success", resultsOf("model.shop.revenue", "error", "model.shop.orders.v2", "skipped", "seed.shop.raw_orders", "no-op"), nil},
		{"partial_success", resultsOf("model.shop.orders.v2", "partial success"), nil},
		{"unknown_status", resultsOf("model.shop.orders.v2", "reused", "model.shop.revenue", "", "snapshot.shop.customers", "Success"), nil},
		{"tests_and_operations", resultsOf("test.shop.not_null_orders_id.cf6c17daed", "success", "operation.shop.hook", "success", "metric.shop.revenue", "success"), nil},
		{"incremental", resultsOf("model.shop.orders.v2", "success"), []artifact.Node{orders, today}},
		{"builds_nothing", artifact.Results{BuildsNothing: true, All: resultsOf("model.shop.revenue", "success").All}, nil},
		{
			"node_missing_in_the_manifest",
			artifact.Results{All: []artifact.Result{{UniqueID: "model.shop.new", Status: artifact.StatusSuccess, RelationName: "`p`.`d`.`new`"}}},
			[]artifact.Node{node("model.shop.new", "p", "d", "new")},
		},
		{"node_without_a_relation", resultsOf("model.shop.new", "success"), nil},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, shopManifest(t).Built(tc.results)); diff != "" {
				t.Errorf("Built() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestManifest_DownstreamExposures(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name  string
		built string
		want  []string
	}{
		{"directly", "snapshot.shop.customers", []string{"exposure.shop.customers"}},
		{"through_tables_metrics_and_semantic_models", "seed.shop.raw_orders", []string{"exposure.shop.weekly_revenue", "exposure.shop.orders"}},
		{"through_a_metric", "model.shop.revenue", []string{"exposure.shop.weekly_revenue"}},
		{"unknown_node", "model.shop.new", nil},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, exposure := range shopManifest(t).DownstreamExposures([]artifact.Node{{UniqueID: tc.built}}) {
				got = append(got, exposure.UniqueID)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("DownstreamExposures() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReadManifest_unusualInput covers input that dbt is not known to write: cycles, nulls, and other types.
func TestReadManifest_unusualInput(t *testing.T) {
	t.Parallel()

	const a, b = "model.p.a", "model.p.b"
	cases := []struct {
		name string
		text string
		want []string
	}{
		{"nulls_at_the_top", `{"metadata":null,"nodes":null,"exposures":null,"metrics":null}`, nil},
		{"nulls_everywhere", `{"nodes":{"model.p.a":null,"model.p.b":{"database":null,"alias":null,"name":null,"config":null,"depends_on":{"nodes":null}}}}`, nil},
		{"other_types", `{"nodes":{"model.p.a":{"name":"a","config":"table","depends_on":["x"],"alias":7},"model.p.b":[{}]},"exposures":{"e":7,"f":{"meta":[],"depends_on":{"nodes":[7,null,""]}}}}`, []string{a}},
		{
			"cycle", `{"nodes":{"model.p.a":{"name":"a","config":{"materialized":"view"},"depends_on":{"nodes":["model.p.b"]}},
			"model.p.b":{"name":"b","config":{"materialized":"view"},"depends_on":{"nodes":["model.p.a","model.p.b"]}}}}`, []string{a, b},
		},
		{"deep_nesting", `{"nodes":{"model.p.a":{"meta":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,"name":"a"}}}`, []string{a}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := readManifest(t, strings.NewReader(tc.text))
			var got []string
			built := m.Built(resultsOf(a, "success"))
			m.DownstreamExposures(built)
			for _, node := range built {
				got = append(got, node.UniqueID)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Built() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReadManifest_unusualExposures covers exposures of other types, and keys under meta.tableau that select nothing.
func TestReadManifest_unusualExposures(t *testing.T) {
	t.Parallel()

	const text = `{"nodes":{},"exposures":{
		"exposure.p.none": null,
		"exposure.p.types": {"name":1,"url":[],"config":{"enabled":"no","meta":7},"meta":{"tableau":null},"depends_on":{"nodes":["model.p.a",7,""]}},
		"exposure.p.text": {"meta":{"tableau":"Finance/Weekly revenue"},"config":{"meta":{"tableau":["Finance/Weekly revenue"]}}},
		"exposure.p.empty": {"meta":{"tableau":{"workbook":"","workbooks":[null,{},[1]],"datasource":null,"datasources":{"a":"b"}}}}
	}}`
	want := []artifact.Exposure{
		{UniqueID: "exposure.p.none"},
		{UniqueID: "exposure.p.types", DependsOn: []string{"model.p.a"}},
		{UniqueID: "exposure.p.text", Tableau: artifact.ExposureTargets{UnknownKeys: []string{"tableau"}}},
		{UniqueID: "exposure.p.empty"},
	}
	if diff := cmp.Diff(want, readManifest(t, strings.NewReader(text)).Exposures); diff != "" {
		t.Errorf("ReadManifest() (-want +got):\n%s", diff)
	}
}

func TestReadManifest_errors(t *testing.T) {
	t.Parallel()

	lost := errors.New("connection lost")
	cases := []struct {
		name   string
		reader io.Reader
		want   string
	}{
		{"html", strings.NewReader("<html>"), "invalid character '<'"},
		{"not_a_name", strings.NewReader(`{"nodes":{1:{}}}`), "object member name must be a string"},
		{"truncated", io.LimitReader(bigManifest(), 1<<20), "unexpected EOF"},
		{"connection_lost", io.MultiReader(io.LimitReader(bigManifest(), 1<<20), iotest.ErrReader(lost)), lost.Error()},
		{"empty_object", strings.NewReader(`{}`), "what it should be about is missing"},
		{"run_results", strings.NewReader(resultsOfEveryStatus), "it is of another kind"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m, err := artifact.ReadManifest(tc.reader)
			if err == nil || !strings.HasPrefix(err.Error(), "failed to read manifest.json: ") || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("ReadManifest() = %v, want it to contain %q", err, tc.want)
			}
			if m != nil {
				t.Errorf("ReadManifest() returned a manifest next to an error")
			}
		})
	}
}
