// Package lineage finds the content that depends on a dbt run. It takes the nodes that the run built and Tableau's lineage of
// database tables. It returns the data sources and workbooks to refresh, and warnings about what could not be determined.
//
// dbt, the warehouse, and Tableau spell a table differently: in another letter case, with or without quotes, without its
// database, or with its schema inside its name. If the comparison is too strict, an extract stays stale without a warning. If
// it is too loose, content is refreshed unnecessarily. Therefore, only the parts that both sides have are compared, with a
// warning if a missing part could belong to another table.
//
// The package must never make a request: [TableNames] returns what to query, and [Find] evaluates the response.
package lineage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// Item is a published data source or a workbook that depends on what was built.
type Item struct {
	Type content.Type
	// ID is the LUID in lower case.
	ID          string
	Name        string
	ProjectName string
	// Relations are the relations that the item depends on, in dbt's spelling and in the order of the built nodes.
	Relations []artifact.Relation
	// RefreshAfter contains the IDs of the data sources in [Result.Items] that the workbook uses, in their order.
	RefreshAfter []string
}

// Result is the content to refresh and what to report.
type Result struct {
	// Items have an extract, or might have one: first data sources, then workbooks, each sorted by name, project, and ID.
	Items []Item
	// WithoutExtract need no refresh, because their connections are live. They are in the same order.
	WithoutExtract []Item
	// HiddenCount is the number of further items that the signed-in user can't view.
	HiddenCount int
	// Warnings are for the user, the most severe first. If Items is empty, there is at least one.
	Warnings []string
}

// Find returns the content that depends on the built nodes. The result does not depend on the order of Tableau's response.
func Find(built []artifact.Node, lineage tableau.Lineage) Result {
	relations := distinctRelations(built)
	f := finder{lineage: lineage, items: map[string]*Item{}, mayHaveExtract: map[string]bool{}, hidden: map[string]bool{}}
	tables := newIndex(relations, lineage.Tables)
	for _, relation := range relations {
		f.addRelation(relation, tables.matches(relation))
	}
	result := Result{HiddenCount: len(f.hidden)}
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

type finder struct {
	lineage tableau.Lineage
	items   map[string]*Item
	// mayHaveExtract contains the IDs of items with an extract, and of those for which only the REST API reports it.
	mayHaveExtract map[string]bool
	hidden         map[string]bool                   // dependents that the user can't view, by Metadata API ID
	matchedCount   int                               // relations that match a table, with or without dependents
	byKind         [nameOnly + 1][]artifact.Relation // relations with dependents, by the kinds of their matches
}

func (f *finder) addRelation(relation artifact.Relation, matches []match) {
	used := false
	var kinds [nameOnly + 1]bool
	for _, m := range matches {
		for _, dependents := range f.lineage.Tables[m.table].AllDependents() {
			used = f.addDependents(relation, content.Datasource, dependents.Datasources) || used
			used = f.addDependents(relation, content.Workbook, dependents.Workbooks) || used
		}
		kinds[m.kind] = true
	}
	if len(matches) > 0 {
		f.matchedCount++
	}
	for kind, found := range kinds {
		if found && used {
			f.byKind[kind] = append(f.byKind[kind], relation)
		}
	}
}

// addDependents adds the visible dependents as items, and reports whether there are any.
func (f *finder) addDependents(relation artifact.Relation, contentType content.Type, dependents []tableau.Dependent) (added bool) {
	for _, dependent := range dependents {
		id := strings.ToLower(dependent.LUID)
		hasExtract, known := f.hasExtract(contentType, dependent)
		if dependent.Hidden() || !known {
			f.hidden[dependent.MetadataID] = true
			continue
		}
		added = true
		item := f.items[id]
		if item == nil {
			item = &Item{Type: contentType, ID: id, Name: dependent.Name, ProjectName: dependent.ProjectName}
			f.items[id] = item
			f.mayHaveExtract[id] = hasExtract != tableau.BoolFalse
		}
		if len(item.Relations) == 0 || item.Relations[len(item.Relations)-1] != relation {
			item.Relations = append(item.Relations, relation)
		}
	}
	return added
}

// hasExtract returns known = false for a workbook that was deleted or can't be viewed.
func (f *finder) hasExtract(contentType content.Type, dependent tableau.Dependent) (hasExtract tableau.OptionalBool, known bool) {
	if contentType == content.Datasource {
		return dependent.HasExtracts, true
	}
	datasources, known := f.lineage.WorkbookDatasources[strings.ToLower(dependent.LUID)]
	return datasources.HasEmbeddedExtract(), known
}

func (f *finder) sortedItems() []Item {
	var items []Item
	for _, item := range f.items {
		items = append(items, *item)
	}
	slices.SortStableFunc(items, func(a, b Item) int { // "datasource" precedes "workbook"
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ProjectName, b.ProjectName), cmp.Compare(a.ID, b.ID))
	})
	return items
}

func (f *finder) refreshAfter(workbook Item, items []Item) []string {
	if workbook.Type != content.Workbook {
		return nil
	}
	used := map[string]bool{}
	for _, datasource := range f.lineage.WorkbookDatasources[workbook.ID].Published {
		used[strings.ToLower(datasource.LUID)] = true
	}
	var ids []string
	for _, item := range items {
		if used[item.ID] {
			ids = append(ids, item.ID)
		}
	}
	return ids
}

// warnings returns what the result might lack or contain unnecessarily, followed by Tableau's own warnings.
func (f *finder) warnings(builtCount int, result Result) []string {
	var all []string
	if len(result.Items) == 0 {
		all = append(all, emptyReason(builtCount, f.matchedCount, result))
	}
	if result.HiddenCount > 0 {
		all = append(all, plural(result.HiddenCount, "1 item that uses these tables was not refreshed: the Tableau user can't view it",
			"%d items that use these tables were not refreshed: the Tableau user can't view them"))
	}
	if relations := f.byKind[databaseAmbiguous]; len(relations) > 0 {
		all = append(all, "dbt or Tableau does not return the database of these tables, and several databases match. "+
			"Content that uses any match is refreshed: "+joinRelations(relations))
	}
	if relations := f.byKind[nameOnly]; len(relations) > 0 {
		all = append(all, "dbt or Tableau does not return the schema of these tables, so they are matched only by name: "+
			joinRelations(relations))
	}
	return append(all, f.lineage.Warnings...)
}

func emptyReason(builtCount, matchedCount int, result Result) string {
	switch {
	case builtCount == 0:
		return "the run built no tables or views"
	case matchedCount == 0:
		return plural(builtCount, "the table or view was not found in Tableau", "none of the %d tables and views was found in Tableau") +
			". Check that the signed-in user can view them and the content that uses them"
	case len(result.WithoutExtract) > 0:
		return plural(len(result.WithoutExtract), "1 item uses these tables, but it has no extract",
			"%d items use these tables, but none of them has an extract")
	case result.HiddenCount > 0:
		return "all content that uses these tables is hidden from the signed-in user"
	}
	return "Tableau has these tables, but no content uses them"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

func joinRelations(relations []artifact.Relation) string {
	return progress.ShortList(RelationNames(relations), 10)
}

// RelationNames returns the relations in dbt's spelling.
func RelationNames(relations []artifact.Relation) []string {
	var names []string
	for _, relation := range relations {
		names = append(names, relation.String())
	}
	return names
}
