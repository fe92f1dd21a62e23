package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// addSources puts the published data sources that the selected workbooks read before them, where that is wanted.
func (s *story) addSources(ctx context.Context, to *selection) error {
	if !s.config.Tableau.IncludeDatasources {
		return nil
	}
	places := to.workbooks()
	readings, err := s.readings(ctx, to, places)
	if err != nil {
		err = fmt.Errorf("tableau-include-datasources: %w", err)
	}
	if err != nil && !tableau.IsItemError(err) {
		return err
	}
	for k, i := range places {
		if err != nil {
			to.entries[i].problem = err
			continue
		}
		if err := readings[k].err; err != nil {
			to.entries[i].problem = fmt.Errorf("tableau-include-datasources: %s: %w", to.entries[i].row.Name, err)
			continue
		}
		to.entries[i].reads = readings[k].sources
		to.putBefore(i, readings[k].sources)
	}
	return nil
}

// putBefore adds the data sources that a workbook reads, unless they are never to be refreshed.
func (s *selection) putBefore(workbook int, sources []tableau.Item) {
	for _, source := range sources {
		if id := strings.ToLower(source.ID); !s.excluded[id] {
			s.add(newEntry(source, false))
			s.entries[workbook].wait([]string{id})
		}
	}
}

// workbooks are the places of the workbooks, also of those that a task refreshes. One with a problem is no concern any more.
func (s *selection) workbooks() []int {
	var places []int
	for i, e := range s.entries {
		if e.kind() == content.Workbook && e.problem == nil {
			places = append(places, i)
		}
	}
	return places
}

// reading is what a workbook reads: the published data sources with an extract, or why they can't be told.
type reading struct {
	selectors []selector.Selector
	sources   []tableau.Item
	// live are the LUIDs of those that have no extract, as far as the Metadata API knows.
	live []string
	err  error
}

// readings are what the workbooks at these places read. The Metadata API knows; what it does not tell, the connections of
// the workbook do, by name.
func (s *story) readings(ctx context.Context, from *selection, places []int) ([]reading, error) {
	var ids []string
	for _, i := range places {
		ids = append(ids, from.entries[i].item())
	}
	known, warnings, silence := s.tableau.WorkbookDatasources(ctx, ids)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if silence == nil {
		silence = errors.New("the Metadata API does not know the workbook")
	}
	all := make([]reading, len(ids))
	var untold []int
	for _, warning := range warnings {
		from.warnings = append(from.warnings, "what workbooks read may be told in part only: the Metadata API says: "+warning)
	}
	for k, id := range ids {
		if reads, ok := known[id]; ok && (len(warnings) == 0 || len(reads.Published) > 0) {
			all[k].readByLUID(reads)
		} else {
			untold = append(untold, k)
		}
	}
	if len(untold) > 0 {
		from.note(fmt.Sprintf("the data sources that workbooks read are found by their names, for which they must be unique: %v", silence))
	}
	if err := s.readByName(ctx, ids, untold, all); err != nil {
		return nil, err
	}
	return all, s.resolveReadings(ctx, all, silence, from.excluded)
}

func (r *reading) readByLUID(reads tableau.WorkbookDatasources) {
	for _, source := range reads.Published {
		id := strings.ToLower(source.LUID)
		if id == "" { // then nothing else is told either
			r.err = errors.New("it reads a published data source that the signed-in user may not see")
			continue
		}
		r.selectors = append(r.selectors, selector.Selector{Kind: selector.LUID, LUID: id})
		if source.HasExtracts == tableau.BoolFalse {
			r.live = append(r.live, id)
		}
	}
}

// readByName asks for the connections of the workbooks at these places, some at a time. The error is one that concerns all of
// them, and keeps the rest from being asked.
func (s *story) readByName(ctx context.Context, ids []string, places []int, all []reading) error {
	for some := range slices.Chunk(places, parallelRequests) {
		var group sync.WaitGroup
		for _, k := range some {
			group.Go(func() { all[k].names(s.catalog.Connections(ctx, ids[k])) })
		}
		group.Wait()
		for _, k := range some {
			if err := all[k].err; err != nil && !tableau.IsItemError(err) {
				return err
			}
		}
	}
	return nil
}

func (r *reading) names(connections []tableau.Connection, err error) {
	r.err = err
	for _, name := range tableau.PublishedDatasourceNames(connections) {
		if name == "" {
			r.err = errors.New("it reads a published data source of which Tableau does not tell even the name")
			continue
		}
		r.selectors = append(r.selectors, selector.Selector{Kind: selector.Path, Path: []string{name}})
	}
}

// resolveReadings finds the data sources of all workbooks at once. Silence is why names had to do.
func (s *story) resolveReadings(ctx context.Context, all []reading, silence error, excluded map[string]bool) error {
	var wanted []selector.Selector
	places := map[string]int{}
	for _, r := range all {
		for _, one := range r.selectors {
			if _, seen := places[one.String()]; !seen {
				places[one.String()] = len(wanted)
				wanted = append(wanted, one)
			}
		}
	}
	matches, err := s.catalog.Resolve(ctx, content.Datasource, wanted)
	if err != nil {
		return err
	}
	for k := range all {
		for _, one := range all[k].selectors {
			all[k].take(matches[places[one.String()]], silence, excluded)
		}
	}
	return nil
}

// take adds what a selector has found. A name is the data source's own, to the letter; one of several that have it is the one
// that is left where the others are excluded.
func (r *reading) take(match tableau.Match, silence error, excluded map[string]bool) {
	items := slices.Clone(match.Items)
	if match.Selector.Kind == selector.Path {
		name := match.Selector.Path[0]
		items = slices.DeleteFunc(items, func(i tableau.Item) bool { return i.Name != name })
		if match.Err != nil {
			items = slices.DeleteFunc(items, func(i tableau.Item) bool { return excluded[strings.ToLower(i.ID)] })
			if len(items) == 0 && len(match.Items) > 0 {
				return // whichever it is
			}
		}
		if len(items) != 1 {
			r.err = errors.Join(r.err, unclear(name, match, silence))
			return
		}
	} else if match.Err != nil && !excluded[match.Selector.LUID] {
		r.err = errors.Join(r.err, fmt.Errorf("it reads a published data source that can't be refreshed: %w", match.Err))
		return
	}
	for _, item := range items {
		if unsaid := item.HasExtracts == tableau.BoolUnknown && slices.Contains(r.live, strings.ToLower(item.ID)); !item.HasNoExtract() && !unsaid {
			r.sources = append(r.sources, item)
		}
	}
}

// unclear is why a name does not tell a data source.
func unclear(name string, match tableau.Match, silence error) error {
	if match.Err == nil {
		return fmt.Errorf("it reads a published data source %q, which the signed-in user may not see; %w", name, silence)
	}
	return fmt.Errorf("it reads a published data source of which only the name is known: %w; exclude all but one, or let the Metadata API tell: %w", match.Err, silence)
}
