package lineage

import (
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
	byName map[string][]tableRelation // by folded name
	// databases are those in which a relation or table of a name was found.
	databases map[qualifiedName]map[string]bool
}

// tableRelation is one of the relations that a table can be, with the table's index in the lineage.
type tableRelation struct {
	relation artifact.Relation
	table    int
}

func newIndex(built []artifact.Relation, tables []tableau.DatabaseTable) *index {
	idx := &index{byName: map[string][]tableRelation{}, databases: map[qualifiedName]map[string]bool{}}
	for _, relation := range built {
		idx.recordDatabase(relation.FoldCase())
	}
	for i, table := range tables {
		for _, relation := range tableRelations(table) {
			idx.recordDatabase(relation)
			idx.byName[relation.Name] = append(idx.byName[relation.Name], tableRelation{relation, i})
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
	var found []match
	for _, r := range x.byName[want.Name] {
		if compatible(want, r.relation) {
			found = append(found, match{r.table, x.kind(want, r.relation)})
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
	switch {
	case a.Schema == "" || b.Schema == "":
		return nameOnly
	case (a.Database == "" || b.Database == "") && len(x.databases[qualifiedName{a.Schema, a.Name}]) > 1:
		return databaseAmbiguous
	}
	return exactMatch
}
