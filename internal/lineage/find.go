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
	relations := distinctRelations(built)
	f := finder{lineage: known, items: map[string]*Item{}, mayHaveExtract: map[string]bool{}, hidden: map[string]bool{}}
	x := newIndex(relations, known.Tables)
	for _, relation := range relations {
		f.addRelation(relation, x.matches(relation))
	}
	result := Result{HiddenCount: len(f.hidden), Unused: f.unused}
	for _, item := range f.sortedItems() {
		if !f.mayHaveExtract[item.ID] {
			result.WithoutExtract = append(result.WithoutExtract, item)
			continue
		}
		item.RefreshAfter = f.refreshAfter(item, result.Items)
		result.Items = append(result.Items, item)
	}
	result.Warnings = f.warnings(len(relations), result)
	return result
}

func distinctRelations(built []artifact.Node) []artifact.Relation {
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
	lineage tableau.Lineage
	items   map[string]*Item
	// extracts are the IDs of what has an extract of its own, or may have one: the REST API knows.
	mayHaveExtract map[string]bool
	// hidden are the IDs of the Metadata API of what may not be seen.
	hidden map[string]bool
	unused []artifact.Relation
	// matched is how many relations Tableau knows, whether or not something reads them.
	matchedCount int
	// doubtful are the relations that are matched with that much doubt.
	byKind [nameOnly + 1][]artifact.Relation
}

func (f *finder) addRelation(relation artifact.Relation, matches []match) {
	led := false
	var doubts [nameOnly + 1]bool
	for _, m := range matches {
		for _, readers := range f.lineage.Tables[m.table].AllDependents() {
			led = f.addDependents(relation, content.Datasource, readers.Datasources) || led
			led = f.addDependents(relation, content.Workbook, readers.Workbooks) || led
		}
		doubts[m.kind] = true
	}
	if len(matches) > 0 {
		f.matchedCount++
	}
	if !led {
		f.unused = append(f.unused, relation)
		return
	}
	for doubt, is := range doubts {
		if is {
			f.byKind[doubt] = append(f.byKind[doubt], relation)
		}
	}
}

// add reports whether any of the readers is an item.
func (f *finder) addDependents(relation artifact.Relation, kind content.Type, dependents []tableau.Dependent) (added bool) {
	for _, dependent := range dependents {
		id := strings.ToLower(dependent.LUID)
		extracts, told := f.hasExtracts(kind, dependent)
		if dependent.Hidden() || !told {
			f.hidden[dependent.MetadataID] = true
			continue
		}
		added = true
		item := f.items[id]
		if item == nil {
			item = &Item{Type: kind, ID: id, Name: dependent.Name, ProjectName: dependent.ProjectName}
			f.items[id] = item
			f.mayHaveExtract[id] = extracts != tableau.BoolFalse
		}
		if len(item.Relations) == 0 || item.Relations[len(item.Relations)-1] != relation {
			item.Relations = append(item.Relations, relation)
		}
	}
	return added
}

// hasExtracts is not told of a workbook that has gone, or that the user may see only from afar.
func (f *finder) hasExtracts(kind content.Type, dependent tableau.Dependent) (extracts tableau.OptionalBool, told bool) {
	if kind == content.Datasource {
		return dependent.HasExtracts, true
	}
	reads, told := f.lineage.WorkbookDatasources[strings.ToLower(dependent.LUID)]
	return reads.HasEmbeddedExtract(), told
}

func (f *finder) sortedItems() []Item {
	var items []Item
	for _, item := range f.items {
		items = append(items, *item)
	}
	slices.SortStableFunc(items, func(a, b Item) int {
		// "datasource" comes before "workbook".
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ProjectName, b.ProjectName), cmp.Compare(a.ID, b.ID))
	})
	return items
}

// after are those of the items before it that a workbook reads.
func (f *finder) refreshAfter(item Item, before []Item) []string {
	if item.Type != content.Workbook {
		return nil
	}
	read := map[string]bool{}
	for _, source := range f.lineage.WorkbookDatasources[item.ID].Published {
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
