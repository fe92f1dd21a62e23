package lineage

import (
	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/tableau"
)

// doubt is how much a match leaves open, the least first.
type matchKind int

const (
	exactMatch        matchKind = iota
	databaseAmbiguous           // the database is not known, and there is more than one
	nameOnly                    // the schema is not known
)

// match is a table that a relation is, as far as can be told.
type match struct {
	table int
	kind  matchKind
}

// place is a table without its database.
type qualifiedName struct{ schema, table string }

// index finds the tables of a relation by its name, folded.
type index struct {
	byName map[string][]tableRelation
	// databases are those that each place is known in.
	databases map[qualifiedName]map[string]bool
}

// reading is one of the relations that a table may stand for.
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
	at := qualifiedName{r.Schema, r.Name}
	if x.databases[at] == nil {
		x.databases[at] = map[string]bool{}
	}
	if r.Database != "" {
		x.databases[at][r.Database] = true
	}
}

// matches are the tables that the relation may be, in their order.
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

// fits compares folded relations of one name by the parts that both have.
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
