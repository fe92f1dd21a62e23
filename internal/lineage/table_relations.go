package lineage

import (
	"cmp"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/tableau"
)

// tableRelations returns the folded relations that a Tableau table can be: two if a dot in its name might separate parts, none
// if the table is hidden, and otherwise one.
func tableRelations(t tableau.DatabaseTable) []artifact.Relation {
	known := artifact.Relation{Database: t.Database.Name, Schema: t.Schema, Name: t.Name}
	named, _ := artifact.ParseRelation(t.Name)
	full, _ := artifact.ParseRelation(t.FullName)
	var all []artifact.Relation
	switch {
	case full.Name != "" && (t.Name == "" || equalFold(full.Name, t.Name)):
		relation := full.WithDefaults(known)
		all = append(all, relation)
		// A name that starts with the table's schema can be two parts, even if it is quoted as one.
		if named.Schema != "" && equalFold(named.Schema, relation.Schema) && equalOrUnknown(named.Database, relation.Database) {
			all = append(all, named.WithDefaults(relation))
		}
	case full.Name != "" && equalFold(full.Name, named.Name):
		all = append(all, full.WithDefaults(named).WithDefaults(known))
	case t.Name != "":
		all = append(all, known)
		if named.Name != "" && equalOrUnknown(named.Schema, t.Schema) && equalOrUnknown(named.Database, known.Database) {
			all = append(all, named.WithDefaults(known))
		}
	}
	for i := range all {
		all[i] = normalizeLevels(all[i], t.ConnectionType).FoldCase()
	}
	return slices.Compact(all)
}

// normalizeLevels moves the parts to where dbt has them. Warehouses with two levels have either a database or a schema. In
// BigQuery, the project precedes the dataset, whose name can't contain a dot.
func normalizeLevels(r artifact.Relation, connectionType string) artifact.Relation {
	connectionType = strings.ToLower(connectionType)
	if strings.Contains(connectionType, "bigquery") {
		if dot := strings.LastIndexByte(r.Schema, '.'); dot >= 0 {
			r.Database, r.Schema = r.Schema[:dot], r.Schema[dot+1:]
		}
		return r
	}
	for _, twoLevel := range []string{"athena", "hive", "mysql", "clickhouse", "teradata"} {
		if strings.Contains(connectionType, twoLevel) {
			return artifact.Relation{Schema: cmp.Or(r.Schema, r.Database), Name: r.Name}
		}
	}
	return r
}

// equalFold compares two names as [artifact.Relation.FoldCase] does.
func equalFold(a, b string) bool {
	return artifact.Relation{Name: a}.FoldCase() == artifact.Relation{Name: b}.FoldCase()
}

// equalOrUnknown reports whether two parts are equal or one of them is unknown.
func equalOrUnknown(a, b string) bool { return a == "" || b == "" || equalFold(a, b) }
