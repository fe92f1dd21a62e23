package artifact_test

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

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

func TestReadManifest(t *testing.T) {
	t.Parallel()

	want := &artifact.Manifest{
		Metadata: artifact.Metadata{
			SchemaURL:    "https://schemas.getdbt.com/dbt/manifest/v12.json",
			RunID:        70471831456932,
			InvocationID: "8b4a7a1e-5d0c-4f0a-9a55-2f8f6f5b7c11",
			GeneratedAt:  time.Date(2026, 2, 3, 4, 5, 6, 789_012_000, time.UTC),
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

func TestManifest_Relation(t *testing.T) {
	t.Parallel()

	m := readManifest(t, strings.NewReader(`{"nodes":{"model.p.a":{"database":"d","schema":"s","name":"a"},
		"model.p.e":{"schema":"s","name":"e","config":{"materialized":"ephemeral"},"depends_on":{"nodes":["source.p.s.x"]}}}}`))
	cases := []struct {
		id    string
		want  artifact.Relation
		known bool
	}{
		{"model.p.a", artifact.Relation{Database: "d", Schema: "s", Name: "a"}, true},
		{"model.p.e", artifact.Relation{}, true},
		{"source.p.s.x", artifact.Relation{}, false},
		{"model.p.b", artifact.Relation{}, false},
	}
	for _, tc := range cases {
		t.Run(tc.id, func(t *testing.T) {
			t.Parallel()
			if got, known := m.Relation(tc.id); got != tc.want || known != tc.known {
				t.Errorf("Relation() = %v, %t, want %v, %t", got, known, tc.want, tc.known)
			}
		})
	}
}

func TestManifest_DownstreamExposures(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name  string
		built []string
		// want are the exposures, each with the built nodes that it depends on.
		want []string
	}{
		{"directly", []string{"snapshot.shop.customers"}, []string{"exposure.shop.customers: snapshot.shop.customers"}},
		{
			"through_tables_metrics_and_semantic_models", []string{"seed.shop.raw_orders"},
			[]string{"exposure.shop.weekly_revenue: seed.shop.raw_orders", "exposure.shop.orders: seed.shop.raw_orders"},
		},
		{"through_a_metric", []string{"model.shop.revenue"}, []string{"exposure.shop.weekly_revenue: model.shop.revenue"}},
		{
			"several", []string{"model.shop.revenue", "seed.shop.raw_orders", "snapshot.shop.customers"},
			[]string{"exposure.shop.weekly_revenue: model.shop.revenue seed.shop.raw_orders", "exposure.shop.orders: seed.shop.raw_orders", "exposure.shop.customers: snapshot.shop.customers"},
		},
		{"unknown_node", []string{"model.shop.new"}, nil},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var nodes []artifact.Node
			for _, id := range tc.built {
				nodes = append(nodes, artifact.Node{UniqueID: id})
			}
			var got []string
			for _, exposure := range shopManifest(t).DownstreamExposures(nodes) {
				var text strings.Builder
				text.WriteString(exposure.UniqueID + ":")
				for _, node := range exposure.Upstream {
					text.WriteString(" " + node.UniqueID)
				}
				got = append(got, text.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("DownstreamExposures() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReadManifest_unusualInput covers input that dbt never wrote so far: cycles, nulls, and other types.
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
		{"other_types", `{"nodes":{"model.p.a":{"name":"a","config":"table","depends_on":["x"],"alias":7},"model.p.b":[{}]},"exposures":{"e":7,"f":{"meta":[],"depends_on":{"nodes":[7,null,""]}}}}`, nil},
		{
			"cycle", `{"nodes":{"model.p.a":{"name":"a","config":{"materialized":"view"},"depends_on":{"nodes":["model.p.b"]}},
			"model.p.b":{"name":"b","config":{"materialized":"view"},"depends_on":{"nodes":["model.p.a","model.p.b"]}}}}`, []string{a, b},
		},
		{"deep_nesting", `{"nodes":{"model.p.a":{"meta":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,"name":"a"}}}`, nil},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := readManifest(t, strings.NewReader(tc.text))
			var got []string
			m.DownstreamExposures([]artifact.Node{{UniqueID: a}})
			for _, node := range m.DownstreamViews([]artifact.Node{{UniqueID: a}}, func(string) bool { return false }) {
				got = append(got, node.UniqueID)
			}
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("DownstreamViews() (-want +got):\n%s", diff)
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
		{"empty_object", strings.NewReader(`{}`), "it is incomplete"},
		{"run_results", strings.NewReader(resultsOfEveryStatus), "it has the schema of another artifact"},
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
