package lineage

import (
	"maps"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
)

// TableNames returns the names that Tableau can have for the built nodes, sorted and without duplicates: bare and in
// brackets, with and without the schema and the database, in dbt's spelling, in upper case, and in lower case. Tableau
// compares names exactly.
func TableNames(built []artifact.Node) []string {
	names := map[string]bool{}
	for _, node := range built {
		for _, spell := range []func(string) string{func(s string) string { return s }, strings.ToUpper, strings.ToLower} {
			database, schema, name := spell(node.Relation.Database), spell(node.Relation.Schema), spell(node.Relation.Name)
			names[name], names[bracketed(name)] = true, true
			if schema != "" {
				names[schema+"."+name], names[bracketed(schema)+"."+bracketed(name)] = true, true
			}
			if schema != "" && database != "" {
				names[database+"."+schema+"."+name] = true
				names[bracketed(database+"."+schema)+"."+bracketed(name)] = true
				names[bracketed(database)+"."+bracketed(schema)+"."+bracketed(name)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func bracketed(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }
