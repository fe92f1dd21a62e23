package lineage_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/lineage"
	"dbt-tableau-refresh/internal/tableau"
)

// FuzzFind_quoting checks that a relation matches all of Tableau's spellings of it, and none of a relation that differs in a
// part, regardless of quotes and dots in the names.
func FuzzFind_quoting(f *testing.F) {
	f.Add("PROD", "SHOP", "orders", "x")
	f.Add("my-project", "a.b", "c.d", ".")
	f.Add("p", "s", "s.t", "s.")
	f.Add(`"`, "`", "]", "[")
	f.Add("[a]", `a""b`, "..", "]]")
	f.Add("Σ", "straße", "ǅ", "İ")

	f.Fuzz(func(t *testing.T, database, schema, name, suffix string) {
		if database == "" || schema == "" || name == "" || suffix == "" {
			t.Skip("a part is empty")
		}
		relation := artifact.Relation{Database: database, Schema: schema, Name: name}
		for _, other := range []artifact.Relation{
			relation,
			{Database: database + suffix, Schema: schema, Name: name},
			{Database: database, Schema: schema + suffix, Name: name},
			{Database: database, Schema: schema, Name: name + suffix},
		} {
			want := other.FoldCase() == relation.FoldCase()
			if split, ok := splitSchema(other); ok && split == relation.FoldCase() && !want {
				continue // Tableau spells both relations in the same way
			}
			for _, spelled := range spellings(other) {
				letters, warnings := find([]artifact.Node{{Relation: relation}}, spelled)
				if found := letters != ""; found != want {
					t.Errorf("relation %q, table %+v: found is %t, want %t", relation, spelled, found, want)
				}
				if want && len(warnings) > 0 {
					t.Errorf("relation %q, table %+v: warnings %q", relation, spelled, warnings)
				}
			}
		}
	})
}

// splitSchema returns the other relation that has the same spelling in Tableau if the schema contains a dot.
func splitSchema(r artifact.Relation) (split artifact.Relation, ok bool) {
	dot := strings.LastIndex(r.Schema, ".")
	if dot < 0 {
		return r, false
	}
	return artifact.Relation{Database: r.Schema[:dot], Schema: r.Schema[dot+1:], Name: r.Name}.FoldCase(), true
}

// spellings returns Tableau tables that can't be any other relation.
func spellings(r artifact.Relation) []tableau.DatabaseTable {
	var all []tableau.DatabaseTable
	for _, spell := range []func(string) string{func(s string) string { return s }, strings.ToUpper} {
		database, schema, name := spell(r.Database), spell(r.Schema), spell(r.Name)
		for _, full := range []string{
			quoted("[", "]", schema, name), quoted("[", "]", database, schema, name), quoted(`"`, `"`, database, schema, name),
			quoted("`", "`", schema, name), quoted(`"`, `"`, name),
		} {
			all = append(all, tableau.DatabaseTable{Database: tableau.Database{Name: database}, Schema: schema, Name: name, FullName: full})
		}
		all = append(all,
			tableau.DatabaseTable{Name: name, FullName: quoted("[", "]", database, schema, name)},
			tableau.DatabaseTable{FullName: quoted("`", "`", database, schema, name)},
		)
	}
	return all
}

func quoted(open, end string, parts ...string) string {
	var all []string
	for _, part := range parts {
		all = append(all, open+strings.ReplaceAll(part, end, end+end)+end)
	}
	return strings.Join(all, ".")
}

// FuzzFind checks that the result is consistent and does not depend on the order of the tables, regardless of the names.
func FuzzFind(f *testing.F) {
	f.Add("PROD", "SHOP", "orders", "[SHOP].[orders]", "snowflake", "prod.shop.orders")
	f.Add("", "", "shop.orders", "", "", `"shop"."orders"`)
	f.Add("shop", "", "[orders]", "[orders", "mysql", "shop.orders")
	f.Add("", "p.d", "t", "[p.d].[t]", "bigquery", "p.d.t")
	f.Add("", "", "", "", "", "a")

	f.Fuzz(func(t *testing.T, database, schema, name, full, connection, text string) {
		relation, ok := artifact.ParseRelation(text)
		if !ok {
			t.Skip("not a relation")
		}
		tables := []tableau.DatabaseTable{
			{MetadataID: "1", Database: tableau.Database{Name: database}, Schema: schema, Name: name, FullName: full, ConnectionType: connection},
			{MetadataID: "2", Schema: database, Name: name, FullName: text},
			{MetadataID: "3", Database: tableau.Database{Name: schema}, Name: full, FullName: name, ConnectionType: connection},
		}
		for i := range tables {
			tables[i].Datasources = []tableau.Dependent{datasource(tables[i].MetadataID)}
		}
		nodes := []artifact.Node{{Relation: relation}, {Relation: artifact.Relation{Schema: schema, Name: relation.Name}}}
		result := lineage.Find(nodes, tableau.Lineage{Tables: tables})
		for _, item := range result.Items {
			if n := len(item.Relations); n == 0 || n > distinctRelations(nodes) {
				t.Errorf("%s depends on %d of %d relations", item.ID, n, distinctRelations(nodes))
			}
		}
		if len(result.Items) == 0 && len(result.Warnings) == 0 {
			t.Error("neither items nor warnings")
		}
		slices.Reverse(tables)
		if diff := cmp.Diff(result, lineage.Find(nodes, tableau.Lineage{Tables: tables})); diff != "" {
			t.Errorf("Find() of the reversed tables (-want +got):\n%s", diff)
		}
	})
}

func distinctRelations(nodes []artifact.Node) int {
	seen := map[artifact.Relation]bool{}
	for _, node := range nodes {
		seen[node.Relation] = true
	}
	return len(seen)
}
