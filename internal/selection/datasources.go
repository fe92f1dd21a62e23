package selection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// addDatasources adds, as tableau-include-datasources says, the published data sources that the selected workbooks use, to be
// refreshed before them.
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
		if err != nil {
			to.Entries[i].Problem = err
			continue
		}
		if err := refs[k].err; err != nil {
			to.Entries[i].Problem = fmt.Errorf("tableau-include-datasources: %s: %w", to.Entries[i].Row.Name, err)
			continue
		}
		to.Entries[i].datasources = refs[k].items
		to.addBefore(i, refs[k].items)
	}
	return nil
}

// addBefore adds the data sources that a workbook uses, except for excluded ones.
func (s *Selection) addBefore(workbook int, datasources []tableau.Item) {
	for _, datasource := range datasources {
		e := NewEntry(datasource)
		if luid := e.ItemLUID(); !s.Excluded[luid] {
			s.Add(e)
			s.Entries[workbook].waitFor([]string{luid})
		}
	}
}

// workbooks returns the positions of the entries that refresh a workbook, also by a task, and have no problem.
func (s *Selection) workbooks() []int {
	var workbooks []int
	for i, e := range s.Entries {
		if e.itemType() == content.Workbook && e.Problem == nil {
			workbooks = append(workbooks, i)
		}
	}
	return workbooks
}

// datasourceRefs returns the published data sources that the workbooks at these positions use: as far as possible from the
// Metadata API, which returns LUIDs, and otherwise from the connections of the workbooks, which have only names.
func (r *Resolver) datasourceRefs(ctx context.Context, from *Selection, workbooks []int) ([]datasourceRefs, error) {
	var luids []string
	for _, i := range workbooks {
		luids = append(luids, from.Entries[i].ItemLUID())
	}
	upstream, warnings, metadataErr := r.client.WorkbookDatasources(ctx, luids)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if metadataErr == nil {
		metadataErr = errors.New("the Metadata API does not know the workbook")
	}
	for _, warning := range warnings {
		from.Warnings = append(from.Warnings, "what workbooks read may be told in part only: the Metadata API says: "+warning)
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
		from.noteOnce(fmt.Sprintf("the data sources that workbooks read are found by their names, for which they must be unique: %v", metadataErr))
	}
	if err := r.queryConnections(ctx, luids, byName, refs); err != nil {
		return nil, err
	}
	return refs, r.resolveRefs(ctx, refs, metadataErr, from.Excluded)
}

// maxConnectionRequests is how many requests for connections are in flight at once.
const maxConnectionRequests = 10

// queryConnections requests the connections of the workbooks at these positions of luids. An error concerns all workbooks, and
// ends the requests after those in flight.
func (r *Resolver) queryConnections(ctx context.Context, luids []string, workbooks []int, refs []datasourceRefs) error {
	for chunk := range slices.Chunk(workbooks, maxConnectionRequests) {
		var group sync.WaitGroup
		for _, k := range chunk {
			group.Go(func() { refs[k].addConnections(r.catalog.Connections(ctx, luids[k])) })
		}
		group.Wait()
		for _, k := range chunk {
			if err := refs[k].err; err != nil && !tableau.IsItemError(err) {
				return err
			}
		}
	}
	return nil
}

// resolveRefs looks up the data sources of all workbooks at once.
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
