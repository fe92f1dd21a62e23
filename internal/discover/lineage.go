package discover

import (
	"context"
	"errors"
	"fmt"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/lineage"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// lineage adds what depends on the tables and views that were built, according to the Metadata API.
func (s *search) lineage(ctx context.Context) error {
	known, err := s.Client.Lineage(ctx, lineage.TableNames(s.nodes), s.Retry)
	if err != nil {
		return fmt.Errorf("tableau-discover: lineage: %w", err)
	}
	found := lineage.Find(s.nodes, known)
	if known.Backfilling && len(found.Items) == 0 {
		s.errs = append(s.errs, errors.New("tableau-discover: lineage: run the step again later: "+
			"the Metadata API found nothing to refresh, but does not know all content of the site yet"))
	}
	for _, warning := range found.Warnings {
		s.warn("lineage: %s", warning)
	}
	for _, contentType := range []content.Type{content.Datasource, content.Workbook} {
		if err := s.addDependents(ctx, contentType, found.Items); err != nil {
			return fmt.Errorf("tableau-discover: lineage: %w", err)
		}
	}
	for _, item := range found.WithoutExtract {
		known := tableau.Item{Type: item.Type, ID: item.ID, Name: item.Name, HasExtracts: tableau.BoolFalse}
		known.Project.Name = item.ProjectName
		s.addItem(known, relations(item)...)
		s.withoutExtract = append(s.withoutExtract, known)
	}
	return nil
}

// addDependents adds the items of one type. The REST API has to know them, too, and returns what else is needed of them.
func (s *search) addDependents(ctx context.Context, contentType content.Type, items []lineage.Item) error {
	var selectors []selector.Selector
	var ofType []lineage.Item
	for _, item := range items {
		if item.Type == contentType {
			selectors, ofType = append(selectors, selector.Selector{Kind: selector.LUID, LUID: item.ID}), append(ofType, item)
		}
	}
	matches, err := s.resolver.Match(ctx, contentType, selectors)
	if err != nil {
		return err
	}
	for i, match := range matches {
		item := ofType[i]
		if match.Err != nil {
			s.warn("lineage: %s %q (%s) is left out: %v", contentType.Noun(), item.Name, item.ID, match.Err)
			continue
		}
		for _, known := range match.Items {
			e := selection.NewEntry(known)
			e.After = item.RefreshAfter
			s.addItem(known, relations(item)...)
			s.found.Add(e)
		}
	}
	return nil
}

// relations returns the tables and views that led to an item.
func relations(item lineage.Item) []string {
	var all []string
	for _, relation := range item.Relations {
		all = append(all, relation.String())
	}
	return all
}
