package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// addSources puts the published data sources that the selected workbooks read before them, where that is wanted.
func (s *story) addSources(ctx context.Context, to *selection) error {
	if !s.config.Tableau.IncludeDatasources {
		return nil
	}
	for _, i := range to.workbooks() {
		sources, err := s.sourcesOf(ctx, to.entries[i])
		if err != nil {
			to.entries[i].problem = fmt.Errorf("tableau-include-datasources: %s: %w", to.entries[i].row.Name, err)
			continue
		}
		for _, source := range sources {
			to.add(newEntry(source, false))
			to.entries[i].after = append(to.entries[i].after, strings.ToLower(source.ID))
		}
	}
	return nil
}

// workbooks are the places of the workbooks, also of those that a task refreshes.
func (s *selection) workbooks() []int {
	var places []int
	for i, e := range s.entries {
		if e.goal.Kind == tableau.Workbook || e.goal.ItemKind == tableau.Workbook {
			places = append(places, i)
		}
	}
	return places
}

// sourcesOf are the published data sources with an extract that a workbook reads. The Metadata API knows them; where it
// does not answer, the workbook's connections know their names.
func (s *story) sourcesOf(ctx context.Context, e entry) ([]tableau.Item, error) {
	reads, err := s.tableau.Reads(ctx, []string{e.item()})
	if known, ok := reads[e.item()]; err == nil && ok {
		var luids []selector.Selector
		for _, source := range known.Sources {
			if source.HasExtracts {
				luids = append(luids, selector.Selector{Kind: selector.LUID, LUID: strings.ToLower(source.ID)})
			}
		}
		return s.resolveSources(ctx, luids)
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	connections, err := s.tableau.Connections(ctx, e.item())
	if err != nil {
		return nil, err
	}
	var named []selector.Selector
	for _, name := range tableau.PublishedNames(connections) {
		named = append(named, selector.Selector{Kind: selector.Path, Path: []string{name}})
	}
	return s.resolveSources(ctx, named)
}

func (s *story) resolveSources(ctx context.Context, selectors []selector.Selector) ([]tableau.Item, error) {
	matches, err := s.tableau.Resolve(ctx, tableau.Datasource, selectors)
	if err != nil {
		return nil, err
	}
	var items []tableau.Item
	var failures []error
	for _, match := range matches {
		if match.Err != nil {
			failures = append(failures, fmt.Errorf("it reads a published data source that can't be told for certain: %w", match.Err))
			continue
		}
		items = append(items, slices.DeleteFunc(match.Items, tableau.Item.Live)...)
	}
	return items, errors.Join(failures...)
}

// leaveOutLive deals with what has no extract of its own: a mistake where it was named, and else only left out.
func (s *story) leaveOutLive(ctx context.Context, to *selection) error {
	left := 0
	for i := range to.entries {
		e := &to.entries[i]
		if !e.live {
			continue
		}
		if e.named && len(e.after) == 0 {
			e.problem = s.liveProblem(ctx, *e)
			continue
		}
		e.skip("it has no extract of its own")
		left++
	}
	if left > 0 {
		to.notes = append(to.notes, fmt.Sprintf("left out, for want of an extract of their own: %d", left))
	}
	return nil
}

// liveProblem names what to list instead, as far as Tableau tells.
func (s *story) liveProblem(ctx context.Context, e entry) error {
	text := fmt.Sprintf("%q (%s) has no extract of its own to refresh", e.row.Name, e.row.ID)
	if e.goal.Kind != tableau.Workbook {
		return fmt.Errorf("tableau-datasources: %s: it is live", text)
	}
	sources, err := s.sourcesOf(ctx, e)
	if err != nil || len(sources) == 0 {
		return fmt.Errorf("tableau-workbooks: %s: it is live, or reads published data sources; name those in tableau-datasources instead", text)
	}
	var names []string
	for _, source := range sources {
		names = append(names, fmt.Sprintf("%s (%s)", source.Name, source.ID))
	}
	return fmt.Errorf("tableau-workbooks: %s: name the published data sources that it reads in tableau-datasources instead: %s, or set "+
		"tableau-include-datasources", text, strings.Join(names, ", "))
}
