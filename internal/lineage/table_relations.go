package lineage

import (
	"cmp"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/tableau"
)

// candidates returns the relations that a Tableau table can be: several if a dot in its schema or name might separate parts,
// none if the table is hidden, and otherwise one.
func candidates(t tableau.DatabaseTable) []candidate {
	bigQuery := strings.Contains(strings.ToLower(t.ConnectionType), "bigquery")
	spelled, inFullName := spelledRelations(t)
	var all []candidate
	add := func(r artifact.Relation, hasProjectID bool) {
		r = normalize(r, t.ConnectionType)
		all = append(all, candidate{relation: r, location: cmp.Or(r.Database, fold(t.Database.Name)), isProjectName: bigQuery && !hasProjectID})
	}
	for _, relation := range spelled {
		split, ok := splitSchema(relation)
		ok = ok && !inFullName // otherwise, the dot belongs to the schema
		if ok {
			add(split, isProjectID(split.Database))
		}
		if !ok || !bigQuery && !equalFold(split.Schema, t.Schema) { // a BigQuery dataset has no dot in its name
			add(relation, inFullName && isProjectID(relation.Database))
		}
	}
	return slices.Compact(all)
}

// spelledRelations returns the relations that the name and the full name of a table spell, with what they lack from the
// table's other attributes. It reports whether their database is part of the full name.
func spelledRelations(t tableau.DatabaseTable) (all []artifact.Relation, inFullName bool) {
	known := artifact.Relation{Database: t.Database.Name, Schema: t.Schema, Name: t.Name}
	named, _ := artifact.ParseRelation(t.Name)
	full, _ := artifact.ParseRelation(t.FullName)
	switch {
	case full.Name != "" && (t.Name == "" || equalFold(full.Name, t.Name)):
		relation := full.WithDefaults(known)
		all = append(all, relation)
		// A name that starts with the table's schema can be two parts, even if it is quoted as one.
		if named.Schema != "" && equalFold(named.Schema, relation.Schema) {
			all = append(all, named.WithDefaults(relation))
		}
	case full.Name != "" && equalFold(full.Name, named.Name):
		all = append(all, full.WithDefaults(named).WithDefaults(known))
	case t.Name != "":
		full = artifact.Relation{} // that of another table
		all = append(all, known)
		if named.Name != "" && (named.Schema == "" || t.Schema == "" || equalFold(named.Schema, t.Schema)) {
			all = append(all, named.WithDefaults(known))
		}
	}
	return all, full.Database != ""
}

// splitSchema splits a schema such as PROD.SALES into database and schema. This is how Tableau spells a table outside the
// database of the connection. The database that it returns for the table is then that of the connection.
func splitSchema(r artifact.Relation) (split artifact.Relation, ok bool) {
	dot := strings.LastIndexByte(r.Schema, '.')
	if dot <= 0 || dot == len(r.Schema)-1 {
		return r, false
	}
	return artifact.Relation{Database: r.Schema[:dot], Schema: r.Schema[dot+1:], Name: r.Name}, true
}

// isProjectID reports whether a name can be the ID of a BigQuery project, such as my-project-4711 or example.com:my-project.
// https://cloud.google.com/resource-manager/docs/creating-managing-projects
func isProjectID(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.:") == ""
}

// normalize moves the parts to where dbt has them, and folds their case. Warehouses with two levels have either a database or
// a schema. The HTTP path of a Databricks connection, such as /sql/1.0/warehouses/abc, is no database.
func normalize(r artifact.Relation, connectionType string) artifact.Relation {
	if strings.HasPrefix(strings.TrimPrefix(r.Database, "/"), "sql/") {
		r.Database = ""
	}
	for _, twoLevel := range []string{"athena", "hive", "mysql", "clickhouse", "teradata"} {
		if strings.Contains(strings.ToLower(connectionType), twoLevel) {
			r = artifact.Relation{Schema: cmp.Or(r.Schema, r.Database), Name: r.Name}
		}
	}
	return r.FoldCase()
}

func equalFold(a, b string) bool { return fold(a) == fold(b) }

// fold folds the case of a name as [artifact.Relation.FoldCase] does.
func fold(name string) string { return artifact.Relation{Name: name}.FoldCase().Name }
