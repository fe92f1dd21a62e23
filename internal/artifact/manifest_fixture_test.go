package artifact_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/artifact"
)

// TestReadManifest_fixtures reads recorded manifests with the results of the same invocation.
func TestReadManifest_fixtures(t *testing.T) {
	t.Parallel()

	const schema = "https://schemas.getdbt.com/dbt/manifest/"
	cases := []struct {
		name     string
		manifest string
		results  string
		want     artifact.Metadata
		// built is the number of built models and seeds.
		built int
	}{
		{
			name: "v11_of_bigquery", manifest: "artifacts/manifest_v11_1.7.json", results: "artifacts/run_results_v5.json", built: 38,
			want: artifact.Metadata{SchemaURL: schema + "v11.json"},
		},
		{
			name: "v12_of_bigquery", manifest: "artifacts/manifest_v12_1.9.json", results: "artifacts/run_results_v6.json", built: 39,
			want: artifact.Metadata{SchemaURL: schema + "v12.json"},
		},
		{
			name: "v12_of_duckdb", manifest: "artifacts/manifest_v12_1.12.json", results: "artifacts/run_results_v6_1.12.json", built: 0,
			want: artifact.Metadata{SchemaURL: schema + "v12.json"},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := readManifest(t, fixture(t, tc.manifest))
			if diff := cmp.Diff(tc.want, m.Metadata); diff != "" {
				t.Errorf("ReadManifest(%s) (-want +got):\n%s", tc.manifest, diff)
			}
			results, err := artifact.ReadResults(fixture(t, tc.results))
			if err != nil {
				t.Fatal(err)
			}
			if got := len(m.Built(results)); got != tc.built {
				t.Errorf("Built() finds %d nodes, want %d", got, tc.built)
			}
			// As if they were those of a build, the results of docs generate also cover the quoting of their warehouse.
			results.BuildsNothing = false
			compareRelations(t, m.Built(results), results)
		})
	}
}

// compareRelations compares the relations of the manifest with the quoted relation names of the results.
func compareRelations(t *testing.T, built []artifact.Node, results artifact.Results) {
	t.Helper()
	want := map[string]artifact.Relation{}
	for _, result := range results.All {
		if result.RelationName != "" && result.ResourceType() != "test" {
			want[result.UniqueID] = parseRelation(t, result.RelationName)
		}
	}
	got := map[string]artifact.Relation{}
	for _, node := range built {
		if _, quoted := want[node.UniqueID]; quoted {
			got[node.UniqueID] = node.Relation
		}
	}
	if len(want) == 0 {
		t.Error("the results have no relation to compare with")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("relations of the results and of the manifest (-want +got):\n%s", diff)
	}
}
