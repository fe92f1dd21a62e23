package lineage

import (
	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/tableau"
)

// doubt is how much a match leaves open, the least first.
type doubt int

const (
	certain   doubt = iota
	ambiguous       // the database is not known, and there is more than one
	nameOnly        // the schema is not known
)

// match is a table that a relation is, as far as can be told.
type match struct {
	table int
	doubt doubt
}

// place is a table without its database.
type place struct{ schema, name string }

// index finds the tables of a relation by its name, folded.
type index struct {
	readings map[string][]reading
	// databases are those that each place is known in.
	databases map[place]map[string]bool
}

// reading is one of the relations that a table may stand for.
type reading struct {
	relation artifact.Relation
	table    int
}

func newIndex(built []artifact.Relation, tables []tableau.DatabaseTable) *index {
	x := &index{readings: map[string][]reading{}, databases: map[place]map[string]bool{}}
	for _, relation := range built {
		x.note(relation.FoldCase())
	}
	for i, table := range tables {
		for _, relation := range readings(table) {
			x.note(relation)
			x.readings[relation.Name] = append(x.readings[relation.Name], reading{relation, i})
		}
	}
	return x
}

func (x *index) note(r artifact.Relation) {
	at := place{r.Schema, r.Name}
	if x.databases[at] == nil {
		x.databases[at] = map[string]bool{}
	}
	if r.Database != "" {
		x.databases[at][r.Database] = true
	}
}

// matches are the tables that the relation may be, in their order.
func (x *index) matches(relation artifact.Relation) []match {
	wanted := relation.FoldCase()
	var found []match
	for _, r := range x.readings[wanted.Name] {
		if fits(wanted, r.relation) {
			found = append(found, match{r.table, x.doubt(wanted, r.relation)})
		}
	}
	return found
}

// fits compares folded relations of one name by the parts that both have.
func fits(a, b artifact.Relation) bool {
	return (a.Schema == b.Schema || a.Schema == "" || b.Schema == "") &&
		(a.Database == b.Database || a.Database == "" || b.Database == "")
}

func (x *index) doubt(a, b artifact.Relation) doubt {
	switch {
	case a.Schema == "" || b.Schema == "":
		return nameOnly
	case (a.Database == "" || b.Database == "") && len(x.databases[place{a.Schema, a.Name}]) > 1:
		return ambiguous
	}
	return certain
}
