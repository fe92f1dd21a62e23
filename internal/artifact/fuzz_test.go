package artifact_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dbt-tableau-refresh/internal/artifact"
)

// FuzzParseRelation checks that any three names, quoted in any way, are parsed back to the same relation.
func FuzzParseRelation(f *testing.F) {
	f.Add("PROD", "SHOP", "orders")
	f.Add("", "analytics", "Order Details")
	f.Add("your-project", "", "a.b")
	f.Add(`"`, "`", "]")
	f.Add(`a""b`, "[c]", "..")
	f.Add("İ", "ǅ", "K\xff")

	f.Fuzz(func(t *testing.T, database, schema, name string) {
		if name == "" {
			t.Skip("not a relation")
		}
		want := artifact.Relation{Database: database, Schema: schema, Name: name}
		for _, text := range []string{
			want.String(),
			quoted(`"`, database, `"`) + "." + quoted(`"`, schema, `"`) + "." + quoted(`"`, name, `"`),
			quoted("`", database, "`") + " . " + quoted("[", schema, "]") + "." + quoted("`", name, "`"),
			quoted("[", database, "]") + "." + quoted("[", schema, "]") + "." + quoted("[", name, "]") + " ",
		} {
			got, ok := artifact.ParseRelation(text)
			if diff := cmp.Diff(want, got); diff != "" || !ok {
				t.Errorf("ParseRelation(%q) (-want +got):\n%s", text, diff)
			}
		}
		if diff := cmp.Diff(want.FoldCase(), want.FoldCase().FoldCase()); diff != "" {
			t.Errorf("FoldCase() of %v, then again (-want +got):\n%s", want, diff)
		}
		upper := artifact.Relation{Database: strings.ToUpper(database), Schema: strings.ToUpper(schema), Name: strings.ToUpper(name)}
		if diff := cmp.Diff(want.FoldCase(), upper.FoldCase()); diff != "" {
			t.Errorf("FoldCase() of %v in upper case (-want +got):\n%s", want, diff)
		}
	})
}

func quoted(opening, name, closing string) string {
	return opening + strings.ReplaceAll(name, closing, closing+closing) + closing
}

// FuzzParseRelation_text checks that the String of a parsed text is parsed back to the same relation.
func FuzzParseRelation_text(f *testing.F) {
	for _, seed := range []string{"a.b.c", `"a""b".[c]]d]`, "`a.b`", "db..t", `a"b`, ". .x", "[[]", "\u0085.a"} {
		f.Add(seed)
	}

	f.Fuzz(func(t *testing.T, text string) {
		want, ok := artifact.ParseRelation(text)
		if !ok {
			return
		}
		got, ok := artifact.ParseRelation(want.String())
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("ParseRelation(%q) prints as %q (-want +got):\n%s", text, want, diff)
		}
	})
}

// FuzzReadResults checks that any input is an error or has valid results.
func FuzzReadResults(f *testing.F) {
	f.Add(resultsOfEveryStatus)
	f.Add(resultsOfEveryStatus[:700])
	f.Add(`{"metadata":{"env":{"DBT_CLOUD_RUN_ID":1}},"results":[{"unique_id":"a","failures":1e9,"execution_time":1e9}],"args":{"which":"compile"}} `)
	f.Add("{\"results\":[{\"unique_id\":\"\xff\\ud800\"}]}")

	f.Fuzz(func(t *testing.T, text string) {
		results, err := artifact.ReadResults(strings.NewReader(text))
		if err != nil {
			if diff := cmp.Diff(artifact.Results{}, results); diff != "" {
				t.Errorf("results next to an error (-want +got):\n%s", diff)
			}
			return
		}
		for _, result := range results.All {
			if result.UniqueID == "" || len(result.Message) > 2000 || !utf8.ValidString(result.Message) {
				t.Errorf("invalid result: %+v", result)
			}
		}
	})
}

// FuzzReadManifest checks that any input is an error or has a consistent graph.
func FuzzReadManifest(f *testing.F) {
	seed, err := os.ReadFile("testdata/manifest.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(seed))
	f.Add(`{"nodes":{"model.p.a":{"name":"a","config":{"materialized":"view"},"depends_on":{"nodes":["model.p.a","",null]}}},"exposures":{"e":{"depends_on":{"nodes":["model.p.a"]}}}}`)
	f.Add(`{"exposures":{"e":{"meta":{"tableau":{"workbook":1e5,"workbooks":["a",["b"]]}}}}}`)
	built := []artifact.Node{{UniqueID: "model.p.a"}, {UniqueID: "seed.shop.raw_orders"}}

	f.Fuzz(func(t *testing.T, text string) {
		m, err := artifact.ReadManifest(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, node := range m.DownstreamViews(built, func(id string) bool { return id == "model.shop.revenue_eu" }) {
			if node.UniqueID == "model.shop.revenue_eu" {
				t.Errorf("failed view is included: %+v", node)
			}
		}
		found := m.DownstreamExposures(built)
		if diff := cmp.Diff(found, m.DownstreamExposures(append(built, artifact.Node{UniqueID: "model of no manifest"})), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("DownstreamExposures() with an unknown node (-want +got):\n%s", diff)
		}
		for _, exposure := range found {
			if len(exposure.DependsOn) == 0 || len(exposure.Upstream) == 0 {
				t.Errorf("downstream exposure without dependencies: %+v", exposure)
			}
		}
	})
}

// FuzzReadResults_constants checks that constants of Python are null wherever they are, and that strings keep them.
func FuzzReadResults_constants(f *testing.F) {
	f.Add("", 0)
	f.Add(`NaN`, 7)
	f.Add(`a\`, 50)
	f.Add(`"Infinity`, 4000)

	f.Fuzz(func(t *testing.T, message string, offset int) {
		encoded, err := json.Marshal(message)
		if err != nil || len(message) > 1000 || !utf8.ValidString(message) {
			t.Skip("not a message")
		}
		const format = `{"x":"%s","results":[%s,{"unique_id":"a","status":"error","failures":%s,"message":%s,"y":{"a":%[2]s,"b":[%[3]s]}}]}`
		padding := strings.Repeat("x", max(0, offset%10_000))
		want := readResults(t, fmt.Sprintf(format, padding, "null", "null", encoded))
		for _, constant := range []string{"NaN", "Infinity", "-Infinity"} {
			text := fmt.Sprintf(format, padding, constant, constant, encoded)
			if diff := cmp.Diff(want, readResults(t, text)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", text, diff)
			}
		}
	})
}
