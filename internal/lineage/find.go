package lineage

import (
	"cmp"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/tableau"
)

// Item is a published data source or a workbook that reads what was built.
type Item struct {
	Type content.Type
	// ID is its LUID in lower case.
	ID          string
	Name        string
	ProjectName string
	// Relations are those that led to it, as dbt has them, in the order of what was built.
	Relations []artifact.Relation
	// After are the IDs of the data sources among the items that it reads, in their order. It has to be refreshed after them.
	RefreshAfter []string
}

// Result is what there is to refresh, and what there is to tell.
type Result struct {
	// Items have an extract of their own, as far as is known: the data sources, then the workbooks, each by name, project and ID.
	Items []Item
	// Live have none, in the same order. There is nothing to refresh: they show what their tables or data sources have.
	WithoutExtract []Item
	// Hidden is how many more there are that the signed-in user may not see.
	HiddenCount int
	// Unread are the relations that led to nothing, in the order of what was built.
	Unused []artifact.Relation
	// Warnings are for people, the gravest first. There is one wherever Items is empty.
	Warnings []string
}

// Find follows what was built to what reads it. The same input, in whatever order Tableau has put it, gives the same result.
func Find(built []artifact.Node, known tableau.Lineage) Result {
	relations := distinct(built)
	f := finder{known: known, found: map[string]*Item{}, extracts: map[string]bool{}, hidden: map[string]bool{}}
	x := newIndex(relations, known.Tables)
	for _, relation := range relations {
		f.follow(relation, x.matches(relation))
	}
	result := Result{HiddenCount: len(f.hidden), Unused: f.unread}
	for _, item := range f.sorted() {
		if !f.extracts[item.ID] {
			result.WithoutExtract = append(result.WithoutExtract, item)
			continue
		}
		item.RefreshAfter = f.after(item, result.Items)
		result.Items = append(result.Items, item)
	}
	result.Warnings = f.warnings(len(relations), result)
	return result
}

func distinct(built []artifact.Node) []artifact.Relation {
	var relations []artifact.Relation
	seen := map[artifact.Relation]bool{}
	for _, node := range built {
		if !seen[node.Relation] {
			seen[node.Relation] = true
			relations = append(relations, node.Relation)
		}
	}
	return relations
}

// finder gathers what reads the relations, one relation after the other.
type finder struct {
	known tableau.Lineage
	found map[string]*Item
	// extracts are the IDs of what has an extract of its own, or may have one: the REST API knows.
	extracts map[string]bool
	// hidden are the IDs of the Metadata API of what may not be seen.
	hidden map[string]bool
	unread []artifact.Relation
	// matched is how many relations Tableau knows, whether or not something reads them.
	matched int
	// doubtful are the relations that are matched with that much doubt.
	doubtful [nameOnly + 1][]artifact.Relation
}

func (f *finder) follow(relation artifact.Relation, matches []match) {
	led := false
	var doubts [nameOnly + 1]bool
	for _, m := range matches {
		for _, readers := range f.known.Tables[m.table].AllDependents() {
			led = f.add(relation, content.Datasource, readers.Datasources) || led
			led = f.add(relation, content.Workbook, readers.Workbooks) || led
		}
		doubts[m.doubt] = true
	}
	if len(matches) > 0 {
		f.matched++
	}
	if !led {
		f.unread = append(f.unread, relation)
		return
	}
	for doubt, is := range doubts {
		if is {
			f.doubtful[doubt] = append(f.doubtful[doubt], relation)
		}
	}
}

// add reports whether any of the readers is an item.
func (f *finder) add(relation artifact.Relation, kind content.Type, readers []tableau.Dependent) (added bool) {
	for _, reader := range readers {
		id := strings.ToLower(reader.LUID)
		extracts, told := f.hasExtracts(kind, reader)
		if reader.Hidden() || !told {
			f.hidden[reader.MetadataID] = true
			continue
		}
		added = true
		item := f.found[id]
		if item == nil {
			item = &Item{Type: kind, ID: id, Name: reader.Name, ProjectName: reader.ProjectName}
			f.found[id] = item
			f.extracts[id] = extracts != tableau.BoolFalse
		}
		if len(item.Relations) == 0 || item.Relations[len(item.Relations)-1] != relation {
			item.Relations = append(item.Relations, relation)
		}
	}
	return added
}

// hasExtracts is not told of a workbook that has gone, or that the user may see only from afar.
func (f *finder) hasExtracts(kind content.Type, reader tableau.Dependent) (extracts tableau.OptionalBool, told bool) {
	if kind == content.Datasource {
		return reader.HasExtracts, true
	}
	reads, told := f.known.WorkbookDatasources[strings.ToLower(reader.LUID)]
	return reads.HasEmbeddedExtract(), told
}

func (f *finder) sorted() []Item {
	var items []Item
	for _, item := range f.found {
		items = append(items, *item)
	}
	slices.SortStableFunc(items, func(a, b Item) int {
		// "datasource" comes before "workbook".
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ProjectName, b.ProjectName), cmp.Compare(a.ID, b.ID))
	})
	return items
}

// after are those of the items before it that a workbook reads.
func (f *finder) after(item Item, before []Item) []string {
	if item.Type != content.Workbook {
		return nil
	}
	read := map[string]bool{}
	for _, source := range f.known.WorkbookDatasources[item.ID].Published {
		read[strings.ToLower(source.LUID)] = true
	}
	var ids []string
	for _, source := range before {
		if read[source.ID] {
			ids = append(ids, source.ID)
		}
	}
	return ids
}
