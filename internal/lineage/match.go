package lineage

import (
	"slices"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/tableau"
)

// matchKind is how certain a match is, the most certain kind first.
type matchKind int

const (
	exactMatch        matchKind = iota
	databaseAmbiguous           // the database is unknown, and there are several
	nameOnly                    // the schema is unknown
)

// match is a table that a relation matches, by its index in the lineage.
type match struct {
	table int
	kind  matchKind
}

// qualifiedName is a table without its database, in folded case.
type qualifiedName struct{ schema, table string }

// index finds the tables that a relation matches.
type index struct {
	byName map[string][]candidate // by folded name
	// databases are those in which a relation or table of a name was found, and locations are those of its tables.
	databases, locations map[qualifiedName][]string
}

// candidate is one of the relations, in folded case, that a table can be, with the table's index in the lineage.
type candidate struct {
	relation artifact.Relation
	table    int
	// location is the database as Tableau returns it, also if it is not part of the relation; "" if it is unknown.
	location string
	// isProjectName is true if the database can be the display name of a BigQuery project, which differs from its ID.
	isProjectName bool
}

func newIndex(built []artifact.Relation, tables []tableau.DatabaseTable) *index {
	idx := &index{map[string][]candidate{}, map[qualifiedName][]string{}, map[qualifiedName][]string{}}
	for _, relation := range built {
		relation = relation.FoldCase()
		record(idx.databases, relation, relation.Database)
	}
	for i, table := range tables {
		for _, c := range candidates(table) {
			if r := c.relation; c.isProjectName && !slices.Contains(idx.databases[qualifiedName{r.Schema, r.Name}], r.Database) {
				c.relation.Database = ""
			}
			c.table = i
			idx.byName[c.relation.Name] = append(idx.byName[c.relation.Name], c)
			record(idx.locations, c.relation, c.location)
		}
	}
	for _, all := range idx.byName { // only now, because the ID of a project is recognized by what was built
		for _, c := range all {
			record(idx.databases, c.relation, c.relation.Database)
		}
	}
	return idx
}

func record(all map[qualifiedName][]string, r artifact.Relation, database string) {
	name := qualifiedName{r.Schema, r.Name}
	if database != "" && !slices.Contains(all[name], database) {
		all[name] = append(all[name], database)
	}
}

// matches returns the tables that the relation matches, in their order.
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

// compatible compares folded relations of the same name by the parts that both have.
func compatible(a, b artifact.Relation) bool {
	return (a.Schema == b.Schema || a.Schema == "" || b.Schema == "") &&
		(a.Database == b.Database || a.Database == "" || b.Database == "")
}

func (x *index) kind(a, b artifact.Relation) matchKind {
	name := qualifiedName{a.Schema, a.Name}
	switch {
	case a.Schema == "" || b.Schema == "":
		return nameOnly
	case (a.Database == "" || b.Database == "") && (len(x.databases[name]) > 1 || len(x.locations[name]) > 1):
		return databaseAmbiguous
	}
	return exactMatch
}
