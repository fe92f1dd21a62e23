package lineage_test

import (
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/lineage"
	"dbt-tableau-refresh/internal/tableau"
)

// relation parses a relation in dbt's spelling.
func relation(t testing.TB, text string) artifact.Relation {
	t.Helper()
	r, ok := artifact.ParseRelation(text)
	if !ok {
		t.Fatalf("%q is not a relation", text)
	}
	return r
}

func builtNodes(t testing.TB, relations ...string) []artifact.Node {
	t.Helper()
	var nodes []artifact.Node
	for _, text := range relations {
		nodes = append(nodes, artifact.Node{UniqueID: "model.shop." + text, Relation: relation(t, text)})
	}
	return nodes
}

// table parses "database | schema | name | full name | connection type"; unknown parts are empty.
func table(text string, datasources ...tableau.Dependent) tableau.DatabaseTable {
	parts := strings.Split(text+"||||", "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return tableau.DatabaseTable{
		MetadataID: text, Database: tableau.Database{Name: parts[0]}, Schema: parts[1], Name: parts[2], FullName: parts[3], ConnectionType: parts[4],
		Dependents: tableau.Dependents{Datasources: datasources},
	}
}

// datasource returns a published data source with an extract.
func datasource(id string) tableau.Dependent {
	return tableau.Dependent{MetadataID: "node " + id, LUID: id, Name: "Source " + id, ProjectName: "Data", HasExtracts: tableau.BoolTrue}
}

// find returns the tables that match a node, as one letter each, and the warnings.
func find(nodes []artifact.Node, tables ...tableau.DatabaseTable) (letters string, warnings []string) {
	for i := range tables {
		tables[i].Datasources = []tableau.Dependent{datasource(string(rune('a' + i)))}
	}
	result := lineage.Find(nodes, tableau.Lineage{Tables: tables})
	for _, item := range result.Items {
		letters += item.ID
	}
	return letters, result.Warnings
}
