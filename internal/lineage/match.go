package lineage

import (
	"cmp"

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
	// databases are those in which a relation or table of a name was found.
	databases map[qualifiedName]map[string]bool
}

// candidate is one of the relations that a table can be, with the table's index in the lineage.
type candidate struct {
	relation artifact.Relation
	table    int
	// location is the database as Tableau returns it, also if it is not part of the relation; "" if it is unknown.
	location string
}

func newIndex(built []artifact.Relation, tables []tableau.DatabaseTable) *index {
	idx := &index{byName: map[string][]candidate{}, databases: map[qualifiedName]map[string]bool{}}
	for _, relation := range built {
		idx.recordDatabase(relation.FoldCase())
	}
	for i, table := range tables {
		for _, r := range tableRelations(table) {
			c := candidate{r.Relation, i, cmp.Or(r.Database, fold(table.Database.Name))}
			if r.mayBeDisplayName && !idx.databases[qualifiedName{r.Schema, r.Name}][r.Database] {
				c.relation.Database = ""
			}
			idx.byName[r.Name] = append(idx.byName[r.Name], c)
		}
	}
	for _, candidates := range idx.byName { // only now, because a display name is recognized by what was built
		for _, c := range candidates {
			idx.recordDatabase(c.relation)
		}
	}
	return idx
}

func (x *index) recordDatabase(r artifact.Relation) {
	name := qualifiedName{r.Schema, r.Name}
	if x.databases[name] == nil {
		x.databases[name] = map[string]bool{}
	}
	if r.Database != "" {
		x.databases[name][r.Database] = true
	}
}

// matches returns the tables that the relation matches, in their order.
func (x *index) matches(relation artifact.Relation) []match {
	want := relation.FoldCase()
	var found []candidate
	locations := map[string]bool{}
	for _, c := range x.byName[want.Name] {
		if compatible(want, c.relation) {
			found = append(found, c)
			if c.location != "" {
				locations[c.location] = true
			}
		}
	}
	matches := make([]match, len(found))
	for i, c := range found {
		matches[i] = match{c.table, x.kind(want, c.relation, len(locations) > 1)}
	}
	return matches
}

// compatible compares folded relations of the same name by the parts that both have.
func compatible(a, b artifact.Relation) bool {
	return (a.Schema == b.Schema || a.Schema == "" || b.Schema == "") &&
		(a.Database == b.Database || a.Database == "" || b.Database == "")
}

// kind returns how certain it is that folded relations are the same. ambiguous reports whether tables at several locations
// match.
func (x *index) kind(a, b artifact.Relation, ambiguous bool) matchKind {
	switch {
	case a.Schema == "" || b.Schema == "":
		return nameOnly
	case (a.Database == "" || b.Database == "") && (ambiguous || len(x.databases[qualifiedName{a.Schema, a.Name}]) > 1):
		return databaseAmbiguous
	}
	return exactMatch
}
