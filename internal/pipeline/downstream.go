package pipeline

import (
	"context"
	"fmt"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/lineage"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// lineage finds what Tableau knows to read the relations that were built.
func (d *discovery) lineage(ctx context.Context) error {
	known, err := d.story.tableau.Lineage(ctx, lineage.Names(d.build.nodes), d.story.patience())
	if err != nil {
		return fmt.Errorf("tableau-discover: lineage: %w", err)
	}
	found := lineage.Find(d.build.nodes, known)
	for _, relation := range found.Unused {
		d.result.Unused = append(d.result.Unused, relation.String())
	}
	for _, warning := range found.Warnings {
		d.warn("lineage: %s", warning)
	}
	for _, kind := range []content.Type{content.Datasource, content.Workbook} {
		if err := d.takeAll(ctx, kind, found.Items); err != nil {
			return fmt.Errorf("tableau-discover: lineage: %w", err)
		}
	}
	for _, item := range found.WithoutExtract {
		live := tableau.Item{Type: item.Type, ID: item.ID, Name: item.Name, HasExtracts: tableau.No}
		live.Project.Name = item.Project
		d.note(live, relations(item)...)
		d.live = append(d.live, live)
	}
	return nil
}

// takeAll adds the items of a kind. The REST API has to know them, too: it says what else there is to know.
func (d *discovery) takeAll(ctx context.Context, kind content.Type, items []lineage.Item) error {
	var wanted []selector.Selector
	var ofKind []lineage.Item
	for _, item := range items {
		if item.Type == kind {
			wanted, ofKind = append(wanted, selector.Selector{Kind: selector.LUID, LUID: item.ID}), append(ofKind, item)
		}
	}
	matches, err := d.resolver.Match(ctx, kind, wanted)
	if err != nil {
		return err
	}
	for i, match := range matches {
		item := ofKind[i]
		if match.Err != nil {
			d.warn("lineage: %s %q (%s) is left out: %v", kind.Noun(), item.Name, item.ID, match.Err)
			continue
		}
		for _, known := range match.Items {
			e := selection.NewEntry(known)
			e.After = item.After
			d.note(known, relations(item)...)
			d.found.Add(e)
		}
	}
	return nil
}

// relations are those that led to an item, as people write them.
func relations(item lineage.Item) []string {
	var all []string
	for _, relation := range item.Relations {
		all = append(all, relation.String())
	}
	return all
}
