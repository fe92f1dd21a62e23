package lineage

import (
	"cmp"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/tableau"
)

// readings are the relations that a table of Tableau may stand for, folded: one, or two where a dot in its name may part it.
// There are none for a table whose names are withheld.
func readings(t tableau.DatabaseTable) []artifact.Relation {
	known := artifact.Relation{Database: t.Database.Name, Schema: t.Schema, Name: t.Name}
	named, _ := artifact.ParseRelation(t.Name)
	full, _ := artifact.ParseRelation(t.FullName)
	var all []artifact.Relation
	switch {
	case full.Name != "" && (t.Name == "" || same(full.Name, t.Name)):
		base := full.WithDefaults(known)
		all = append(all, base)
		// That it is quoted in one piece is no proof where it only repeats the schema.
		if named.Schema != "" && same(named.Schema, base.Schema) && agree(named.Database, base.Database) {
			all = append(all, named.WithDefaults(base))
		}
	case full.Name != "" && same(full.Name, named.Name):
		all = append(all, full.WithDefaults(named).WithDefaults(known))
	case t.Name != "":
		all = append(all, known)
		if named.Name != "" && agree(named.Schema, t.Schema) && agree(named.Database, known.Database) {
			all = append(all, named.WithDefaults(known))
		}
	}
	for i := range all {
		all[i] = arrange(all[i], t.ConnectionType).FoldCase()
	}
	return slices.Compact(all)
}

// arrange puts the parts where dbt has them. Databases of two levels have a database or a schema, never both; BigQuery's
// project comes in front of the dataset, which can't have a dot in its name.
func arrange(r artifact.Relation, connection string) artifact.Relation {
	connection = strings.ToLower(connection)
	if strings.Contains(connection, "bigquery") {
		if dot := strings.LastIndexByte(r.Schema, '.'); dot >= 0 {
			r.Database, r.Schema = r.Schema[:dot], r.Schema[dot+1:]
		}
		return r
	}
	for _, kind := range []string{"athena", "hive", "mysql", "clickhouse", "teradata"} {
		if strings.Contains(connection, kind) {
			return artifact.Relation{Schema: cmp.Or(r.Schema, r.Database), Name: r.Name}
		}
	}
	return r
}

// same compares two names as [artifact.Relation.Fold] does.
func same(a, b string) bool {
	return artifact.Relation{Name: a}.FoldCase() == artifact.Relation{Name: b}.FoldCase()
}

// agree reports whether two parts may be one: where one is not known, they may.
func agree(a, b string) bool { return a == "" || b == "" || same(a, b) }
