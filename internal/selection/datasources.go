package selection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// addDatasources implements tableau-include-datasources: it adds the published data sources that the selected workbooks use.
func (r *Resolver) addDatasources(ctx context.Context, to *Selection) error {
	if !r.config.IncludeDatasources {
		return nil
	}
	workbooks := to.workbooks()
	refs, err := r.datasourceRefs(ctx, to, workbooks)
	if err != nil {
		err = fmt.Errorf("tableau-include-datasources: %w", err)
	}
	if err != nil && !tableau.IsItemError(err) {
		return err
	}
	for k, i := range workbooks {
		switch e := &to.Entries[i]; {
		case err != nil:
			e.Problem = err
		case refs[k].err != nil:
			e.Problem = fmt.Errorf("tableau-include-datasources: %q: %w", e.Row.Name, refs[k].err)
		default:
			e.datasources = refs[k].items
			for _, item := range e.datasources {
				datasource := NewEntry(item)
				if luid := datasource.ItemLUID(); !to.Excluded[luid] {
					to.Entries[i].waitFor(luid)
					to.Add(datasource)
				}
			}
		}
	}
	return nil
}

// workbooks returns the positions of the entries without a problem that refresh a workbook, including tasks.
func (s *Selection) workbooks() []int {
	var workbooks []int
	for i, e := range s.Entries {
		if e.itemType() == content.Workbook && e.Problem == nil {
			workbooks = append(workbooks, i)
		}
	}
	return workbooks
}

// datasourceRefs returns the published data sources that the workbooks at these positions use: if possible from the Metadata
// API, which returns LUIDs, and otherwise from the connections of the workbooks, which contain only names.
func (r *Resolver) datasourceRefs(ctx context.Context, from *Selection, workbooks []int) ([]datasourceRefs, error) {
	luids := make([]string, len(workbooks))
	for k, i := range workbooks {
		luids[k] = from.Entries[i].ItemLUID()
	}
	upstream, warnings, metadataErr := r.client.WorkbookDatasources(ctx, luids)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if metadataErr == nil {
		metadataErr = errors.New("the Metadata API did not return the workbook")
	}
	for _, warning := range warnings {
		from.Warnings = append(from.Warnings, "some data sources of workbooks might be missing. The Metadata API reported: "+warning)
	}
	refs := make([]datasourceRefs, len(luids))
	var byName []int
	for k, luid := range luids {
		if used, ok := upstream[luid]; ok && (len(warnings) == 0 || len(used.Published) > 0) {
			refs[k].addUpstream(used)
		} else {
			byName = append(byName, k)
		}
	}
	if len(byName) > 0 {
		note := fmt.Sprintf("the data sources of workbooks are matched by name, so names must be unique: %v", metadataErr)
		from.Notes = append(from.Notes, note)
	}
	if err := r.addConnections(ctx, refs, luids, byName); err != nil {
		return nil, err
	}
	return refs, r.resolveRefs(ctx, refs, metadataErr, from.Excluded)
}

// addConnections adds the connections of the workbooks at these positions.
func (r *Resolver) addConnections(ctx context.Context, refs []datasourceRefs, luids []string, positions []int) error {
	errs := make([]error, len(luids)) // each concerns all workbooks
	for chunk := range slices.Chunk(positions, 10) {
		var requests sync.WaitGroup
		for _, k := range chunk {
			requests.Go(func() { errs[k] = refs[k].addConnections(r.catalog.Connections(ctx, luids[k])) })
		}
		requests.Wait()
		if err := cmp.Or(errs...); err != nil {
			return err
		}
	}
	return nil
}

func (r *Resolver) resolveRefs(ctx context.Context, refs []datasourceRefs, metadataErr error, excluded map[string]bool) error {
	var selectors []selector.Selector
	index := map[string]int{}
	for _, d := range refs {
		for _, sel := range d.selectors {
			if _, seen := index[sel.String()]; !seen {
				index[sel.String()] = len(selectors)
				selectors = append(selectors, sel)
			}
		}
	}
	matches, err := r.Match(ctx, content.Datasource, selectors)
	if err != nil {
		return err
	}
	for k := range refs {
		for _, sel := range refs[k].selectors {
			refs[k].addMatch(matches[index[sel.String()]], metadataErr, excluded)
		}
	}
	return nil
}

// datasourceRefs are the published data sources that one workbook uses.
type datasourceRefs struct {
	selectors []selector.Selector // by LUID or name
	noExtract []string            // the LUIDs, in lower case, of those without an extract according to the Metadata API
	items     []tableau.Item      // those with an extract, after they are looked up
	err       error               // why the data sources can't be determined
}

var errHiddenDatasource = errors.New("let the signed-in user view all published data sources of the workbook. At least one is hidden")

func (d *datasourceRefs) addUpstream(upstream tableau.WorkbookDatasources) {
	for _, source := range upstream.Published {
		luid := strings.ToLower(source.LUID)
		if luid == "" { // then there is no name either
			d.err = errHiddenDatasource
			continue
		}
		d.selectors = append(d.selectors, selector.Selector{Kind: selector.LUID, LUID: luid})
		if source.HasExtracts == tableau.BoolFalse {
			d.noExtract = append(d.noExtract, luid)
		}
	}
}

// addConnections returns an error that concerns all workbooks.
func (d *datasourceRefs) addConnections(connections []tableau.Connection, err error) error {
	d.err = err
	for _, name := range tableau.PublishedDatasourceNames(connections) {
		if name == "" {
			d.err = errHiddenDatasource
			continue
		}
		d.selectors = append(d.selectors, selector.Selector{Kind: selector.Path, Path: []string{name}})
	}
	if tableau.IsItemError(err) {
		return nil
	}
	return err
}

// addMatch adds a data source with an extract. metadataErr is why a name was used instead of a LUID.
func (d *datasourceRefs) addMatch(match tableau.Match, metadataErr error, excluded map[string]bool) {
	items, err := match.Items, error(nil)
	switch {
	case match.Selector.Kind == selector.Path:
		items, err = matchByName(match, metadataErr, excluded)
	case match.Err != nil && !excluded[match.Selector.LUID]:
		err = fmt.Errorf("a published data source of the workbook can't be refreshed: %w", match.Err)
	}
	if err != nil {
		d.err = errors.Join(d.err, err)
		return
	}
	for _, item := range items { // the Metadata API can be out of date
		unknown := item.HasExtracts == tableau.BoolUnknown
		if !item.HasNoExtract() && !(unknown && slices.Contains(d.noExtract, strings.ToLower(item.ID))) {
			d.items = append(d.items, item)
		}
	}
}

// matchByName returns the data source whose name is exactly that of the selector. If there are several, and all but one are
// excluded, it returns that one. If all are excluded, it returns none.
func matchByName(match tableau.Match, metadataErr error, excluded map[string]bool) ([]tableau.Item, error) {
	name := match.Selector.Path[0]
	items := slices.DeleteFunc(slices.Clone(match.Items), func(i tableau.Item) bool { return i.Name != name })
	if match.Err != nil && len(items) > 0 {
		items = slices.DeleteFunc(items, func(i tableau.Item) bool { return excluded[strings.ToLower(i.ID)] })
		if len(items) == 0 {
			return nil, nil
		}
	}
	switch {
	case len(items) == 1:
		return items, nil
	case len(items) > 1:
		return nil, fmt.Errorf("add all but one of these published data sources to tableau-exclude, or make the Metadata API "+
			"available to identify the right one. Only the name is known: %w. Error: %w", metadataErr, match.Err)
	}
	return nil, fmt.Errorf("let the signed-in user view the published data source %q of the workbook. Only its name is known: %w",
		name, metadataErr)
}

// skipNoExtract skips items without an extract. For a listed item, this is a problem instead.
func (r *Resolver) skipNoExtract(ctx context.Context, to *Selection) error {
	var listed []int
	for i := range to.Entries {
		e := &to.Entries[i]
		switch {
		case !e.NoExtract || e.Problem != nil:
		case e.Listed && len(e.After) == 0:
			listed = append(listed, i)
		default:
			e.Row.SetSkipped(progress.SkipNoExtract, progress.NoExtract)
		}
	}
	return r.explainNoExtract(ctx, to, listed)
}

func (r *Resolver) explainNoExtract(ctx context.Context, to *Selection, listed []int) error {
	workbooks := slices.DeleteFunc(slices.Clone(listed), func(i int) bool {
		return to.Entries[i].Target.Type != content.Workbook || r.config.IncludeDatasources
	})
	refs, err := r.datasourceRefs(ctx, to, workbooks) // without them, the problems are less specific
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	for k, i := range workbooks {
		if err == nil {
			to.Entries[i].datasources = refs[k].items
		}
	}
	for _, i := range listed {
		e := &to.Entries[i]
		e.Problem = fmt.Errorf("tableau-%ss: %q (%s) has no extract. %s", e.Target.Type, e.Row.Name, e.Row.ID, r.fixNoExtract(*e))
	}
	return nil
}

func (r *Resolver) fixNoExtract(e Entry) string {
	var names []string
	for _, datasource := range e.datasources {
		names = append(names, fmt.Sprintf("%q (%s)", datasource.Name, datasource.ID))
	}
	switch list := strings.Join(names, ", "); {
	case e.Target.Type != content.Workbook:
		return "Remove it, because its connection is live"
	case r.config.IncludeDatasources && list == "":
		return "Remove it, because it uses no published data source with an extract"
	case r.config.IncludeDatasources:
		return "Remove it, because tableau-exclude excludes all published data sources that it uses: " + list
	case list == "":
		return "List the published data sources that it uses in tableau-datasources, or remove it if its connection is live"
	default:
		return "Set tableau-include-datasources: true, or list its published data sources in tableau-datasources instead: " + list
	}
}
