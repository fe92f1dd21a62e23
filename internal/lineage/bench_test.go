package lineage_test

import (
	"fmt"
	"testing"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/lineage"
	"dbt-tableau-refresh/internal/tableau"
)

// BenchmarkFind5000RelationsIn20000Tables measures Find if a data source and two workbooks depend on each table.
func BenchmarkFind5000RelationsIn20000Tables(b *testing.B) {
	cases := []struct {
		name string
		// names is the number of table names; tables of the same name are in different schemas.
		names int
	}{
		{"unique_names", 20_000},
		{"each_name_in_a_hundred_schemas", 200},
	}
	for _, tc := range cases {
		b.Run(tc.name, func(b *testing.B) {
			nodes, tableauLineage := largeLineage(tc.names)
			b.ReportAllocs()
			for b.Loop() {
				if found := lineage.Find(nodes, tableauLineage); len(found.Items) == 0 {
					b.Fatal("no items")
				}
			}
		})
	}
}

// largeLineage returns a lineage in which every fourth table was built.
func largeLineage(names int) ([]artifact.Node, tableau.Lineage) {
	const tables, sources, workbooks = 20_000, 500, 3000
	var nodes []artifact.Node
	tableauLineage := tableau.Lineage{WorkbookDatasources: map[string]tableau.WorkbookDatasources{}}
	for i := range workbooks {
		tableauLineage.WorkbookDatasources[fmt.Sprintf("w%d", i)] = workbookDatasources(i%3 > 0, fmt.Sprintf("D%d", i%sources))
	}
	for i := range tables {
		schema, name := fmt.Sprintf("SCHEMA_%d", i/names), fmt.Sprintf("FCT_SOMETHING_%d", i%names)
		one := table(fmt.Sprintf("ANALYTICS|%s|%s|[%s].[%s]|snowflake", schema, name, schema, name), datasource(fmt.Sprintf("D%d", i%sources)))
		one.Workbooks = []tableau.Dependent{workbook(fmt.Sprintf("W%d", i%workbooks)), workbook(fmt.Sprintf("W%d", (i*7)%workbooks))}
		tableauLineage.Tables = append(tableauLineage.Tables, one)
		if i%4 == 0 {
			nodes = append(nodes, artifact.Node{Relation: artifact.Relation{Database: "analytics", Schema: schema, Name: name}})
		}
	}
	return nodes, tableauLineage
}
