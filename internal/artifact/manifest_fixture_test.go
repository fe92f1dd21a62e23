package artifact_test

import (
	"testing"

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
		schema   string
	}{
		{
			name: "v11_of_bigquery", manifest: "artifacts/manifest_v11_1.7.json", results: "artifacts/run_results_v5.json",
			schema: "v11.json",
		},
		{
			name: "v12_of_bigquery", manifest: "artifacts/manifest_v12_1.9.json", results: "artifacts/run_results_v6.json",
			schema: "v12.json",
		},
		{
			name: "v12_of_duckdb", manifest: "artifacts/manifest_v12_1.12.json", results: "artifacts/run_results_v6_1.12.json",
			schema: "v12.json",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := readManifest(t, fixture(t, tc.manifest))
			results, err := artifact.ReadResults(fixture(t, tc.results))
			if err != nil {
				t.Fatal(err)
			}
			if m.SchemaURL != schema+tc.schema || m.InvocationID != results.InvocationID || !m.GeneratedAt.Before(results.GeneratedAt) {
				t.Errorf("metadata %+v, want schema %s and the invocation of %+v", m.Metadata, tc.schema, results.Metadata)
			}
			compareRelations(t, m, results)
		})
	}
}

// compareRelations compares the relations of the manifest with the quoted relation names of the results.
func compareRelations(t *testing.T, m *artifact.Manifest, results artifact.Results) {
	t.Helper()
	compared := 0
	for _, result := range results.All {
		if result.RelationName == "" || result.ResourceType() == "test" {
			continue
		}
		compared++
		if got, known := m.Relation(result.UniqueID); !known || got != parseRelation(t, result.RelationName) {
			t.Errorf("Relation(%s) = %v, %t, want %s", result.UniqueID, got, known, result.RelationName)
		}
	}
	if compared == 0 {
		t.Error("the results have no relation to compare with")
	}
}
