package lineage

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/tableau"
)

// matchKind is the certainty of a match.
type matchKind int

const (
	exactMatch        matchKind = iota
	databaseAmbiguous           // the database is unknown, and there are several
	nameOnly                    // the schema is unknown
)

type match struct {
	table int // its index in the lineage
	kind  matchKind
}

// index finds the tables that a relation matches. All names are in folded case.
type index struct {
	byName map[string][]candidate
	// databases contains the databases of all relations and tables with a schema and name, and locations those of the tables.
	databases, locations map[artifact.Relation][]string
}

// candidate is a relation, in folded case, that a table can be.
type candidate struct {
	relation artifact.Relation
	table    int    // its index in the lineage
	location string // the database as returned by Tableau, even if it is not part of the relation; "" if it is unknown
	// isProjectName is true if the database can be the display name of a BigQuery project, which differs from its ID.
	isProjectName bool
}

func newIndex(built []artifact.Relation, tables []tableau.DatabaseTable) *index {
	idx := &index{map[string][]candidate{}, map[artifact.Relation][]string{}, map[artifact.Relation][]string{}}
	for _, relation := range built {
		relation = relation.FoldCase()
		record(idx.databases, relation, relation.Database)
	}
	for i, table := range tables {
		for _, c := range candidates(table) {
			if r := c.relation; c.isProjectName && !slices.Contains(idx.databases[withoutDatabase(r)], r.Database) {
				c.relation.Database = ""
			}
			c.table = i
			idx.byName[c.relation.Name] = append(idx.byName[c.relation.Name], c)
			record(idx.locations, c.relation, c.location)
		}
	}
	for _, all := range idx.byName { // only now, because project IDs are recognized by the built relations
		for _, c := range all {
			record(idx.databases, c.relation, c.relation.Database)
		}
	}
	return idx
}

func withoutDatabase(r artifact.Relation) artifact.Relation {
	return artifact.Relation{Schema: r.Schema, Name: r.Name}
}

func record(all map[artifact.Relation][]string, r artifact.Relation, database string) {
	name := withoutDatabase(r)
	if database != "" && !slices.Contains(all[name], database) {
		all[name] = append(all[name], database)
	}
}

func (x *index) matches(relation artifact.Relation) []match {
	want := relation.FoldCase()
	var found []match
	for _, c := range x.byName[want.Name] {
		if compatible(want, c.relation) {
			found = append(found, match{c.table, x.kind(want, c.relation)})
		}
	}
	return found
}

// compatible compares relations of the same name by the parts that both have.
func compatible(a, b artifact.Relation) bool {
	return (a.Schema == b.Schema || a.Schema == "" || b.Schema == "") &&
		(a.Database == b.Database || a.Database == "" || b.Database == "")
}

func (x *index) kind(a, b artifact.Relation) matchKind {
	name := withoutDatabase(a)
	switch {
	case a.Schema == "" || b.Schema == "":
		return nameOnly
	case (a.Database == "" || b.Database == "") && (len(x.databases[name]) > 1 || len(x.locations[name]) > 1):
		return databaseAmbiguous
	}
	return exactMatch
}

// candidates returns the relations that a table can be: several if a dot in its schema or name might separate parts, none if the
// table is hidden, and otherwise one.
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

// spelledRelations parses the name and the full name of a table, and adds missing parts from its other attributes. It reports
// whether the database is part of the full name.
func spelledRelations(t tableau.DatabaseTable) (all []artifact.Relation, inFullName bool) {
	known := artifact.Relation{Database: t.Database.Name, Schema: t.Schema, Name: t.Name}
	named, _ := artifact.ParseRelation(t.Name)
	full, _ := artifact.ParseRelation(t.FullName)
	switch {
	case full.Name != "" && (t.Name == "" || equalFold(full.Name, t.Name)):
		relation := full.WithDefaults(known)
		all = append(all, relation)
		// A name that starts with the table's schema can consist of two parts, even if it is quoted as one.
		if named.Schema != "" && equalFold(named.Schema, relation.Schema) {
			all = append(all, named.WithDefaults(relation))
		}
	case full.Name != "" && equalFold(full.Name, named.Name):
		all = append(all, full.WithDefaults(named).WithDefaults(known))
	case t.Name != "":
		full = artifact.Relation{} // it belongs to another table
		all = append(all, known)
		if named.Name != "" && (named.Schema == "" || t.Schema == "" || equalFold(named.Schema, t.Schema)) {
			all = append(all, named.WithDefaults(known))
		}
	}
	return all, full.Database != ""
}

// splitSchema splits a schema such as PROD.SALES into database and schema. Tableau uses this spelling for a table outside the
// database of the connection, and returns the latter as the database of the table.
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

func fold(name string) string { return artifact.Relation{Name: name}.FoldCase().Name }

// TableNames returns the names that the built nodes can have in Tableau, sorted and without duplicates: with and without brackets,
// the schema, and the database, and in dbt's spelling, upper case, and lower case. Tableau compares names exactly.
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
