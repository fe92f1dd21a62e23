package lineage

import (
	"maps"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
)

// Names are the names that Tableau may have for what was built, sorted, each once: bare and in brackets, with and without the
// schema in front, in the spelling of dbt and in the two that warehouses fold to. Tableau compares letter by letter.
func TableNames(built []artifact.Node) []string {
	names := map[string]bool{}
	for _, node := range built {
		for _, spell := range []func(string) string{func(s string) string { return s }, strings.ToUpper, strings.ToLower} {
			schema, name := spell(node.Relation.Schema), spell(node.Relation.Name)
			names[name], names[bracketed(name)] = true, true
			if schema != "" {
				names[schema+"."+name], names[bracketed(schema)+"."+bracketed(name)] = true, true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func bracketed(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }
