package lineage_test

import (
	"fmt"
	"testing"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/lineage"
	"dbt-tableau-refresh/internal/tableau"
)

// BenchmarkFind5000RelationsIn20000Tables matches them; each table is read by a data source and by two workbooks.
func BenchmarkFind5000RelationsIn20000Tables(b *testing.B) {
	cases := []struct {
		name string
		// names is how many names there are; the schemas tell apart what has the same one.
		names int
	}{
		{"names_of_their_own", 20_000},
		{"every_name_in_a_hundred_schemas", 200},
	}
	for _, tc := range cases {
		b.Run(tc.name, func(b *testing.B) {
			nodes, known := estate(tc.names)
			b.ReportAllocs()
			for b.Loop() {
				if found := lineage.Find(nodes, known); len(found.Items) == 0 || len(found.Unused) > 0 {
					b.Fatalf("%d items, unread %d", len(found.Items), len(found.Unused))
				}
			}
		})
	}
}

// estate has every fourth table built.
func estate(names int) ([]artifact.Node, tableau.Lineage) {
	const tables, sources, workbooks = 20_000, 500, 3000
	var nodes []artifact.Node
	known := tableau.Lineage{WorkbookDatasources: map[string]tableau.WorkbookDatasources{}}
	for i := range workbooks {
		known.WorkbookDatasources[fmt.Sprintf("w%d", i)] = reads(i%3 > 0, fmt.Sprintf("D%d", i%sources))
	}
	for i := range tables {
		schema, name := fmt.Sprintf("SCHEMA_%d", i/names), fmt.Sprintf("FCT_SOMETHING_%d", i%names)
		one := table(fmt.Sprintf("ANALYTICS|%s|%s|[%s].[%s]|snowflake", schema, name, schema, name), extract(fmt.Sprintf("D%d", i%sources)))
		one.Workbooks = []tableau.Dependent{workbook(fmt.Sprintf("W%d", i%workbooks)), workbook(fmt.Sprintf("W%d", (i*7)%workbooks))}
		known.Tables = append(known.Tables, one)
		if i%4 == 0 {
			nodes = append(nodes, artifact.Node{Relation: artifact.Relation{Database: "analytics", Schema: schema, Name: name}})
		}
	}
	return nodes, known
}
