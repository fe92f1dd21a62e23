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
	add := func(parts ...string) {
		names[strings.Join(parts, ".")] = true
		for i, part := range parts {
			parts[i] = "[" + strings.ReplaceAll(part, "]", "]]") + "]"
		}
		names[strings.Join(parts, ".")] = true
	}
	for _, node := range built {
		for _, spell := range []func(string) string{func(s string) string { return s }, strings.ToUpper, strings.ToLower} {
			database, schema, name := spell(node.Relation.Database), spell(node.Relation.Schema), spell(node.Relation.Name)
			add(name)
			if schema != "" {
				add(schema, name)
			}
			if schema != "" && database != "" {
				add(database, schema, name)
				add(database+"."+schema, name)
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
