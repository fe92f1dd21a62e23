package lineage_test

import (
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/lineage"
	"dbt-tableau-refresh/internal/tableau"
)

// relation reads what is written as dbt writes it.
func relation(t testing.TB, text string) artifact.Relation {
	t.Helper()
	r, err := artifact.ParseRelation(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func built(t testing.TB, relations ...string) []artifact.Node {
	t.Helper()
	var nodes []artifact.Node
	for _, text := range relations {
		nodes = append(nodes, artifact.Node{UniqueID: "model.shop." + text, Relation: relation(t, text)})
	}
	return nodes
}

// table is written as "database | schema | name | full name | connection type"; what is not known is left empty.
func table(text string, readers ...tableau.Dependent) tableau.DatabaseTable {
	parts := strings.Split(text+"||||", "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return tableau.DatabaseTable{
		MetadataID: text, Database: tableau.Database{Name: parts[0]}, Schema: parts[1], Name: parts[2], FullName: parts[3], ConnectionType: parts[4],
		Dependents: tableau.Dependents{Datasources: readers},
	}
}

// extract is a data source with an extract.
func extract(id string) tableau.Dependent {
	return tableau.Dependent{MetadataID: "node " + id, LUID: id, Name: "Source " + id, ProjectName: "Data", HasExtracts: tableau.BoolTrue}
}

// find says which of the tables the relation led to, one letter each, and which warnings there are beside.
func find(nodes []artifact.Node, tables ...tableau.DatabaseTable) (letters string, warnings []string) {
	for i := range tables {
		tables[i].Datasources = []tableau.Dependent{extract(string(rune('a' + i)))}
	}
	result := lineage.Find(nodes, tableau.Lineage{Tables: tables})
	for _, item := range result.Items {
		letters += item.ID
	}
	return letters, result.Warnings
}
