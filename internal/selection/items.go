package selection

import (
	"context"
	"fmt"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// itemInput is an input that lists items.
type itemInput struct {
	name        string
	contentType content.Type
	selectors   []selector.Selector
}

func itemInputs(c *config.Tableau) []itemInput {
	return []itemInput{
		{"tableau-workbooks", content.Workbook, c.Workbooks},
		{"tableau-datasources", content.Datasource, c.Datasources},
		{"tableau-flows", content.Flow, c.Flows},
	}
}

// addItems adds the workbooks, data sources, and flows that the inputs list.
func (r *Resolver) addItems(ctx context.Context, to *Selection) error {
	for _, in := range itemInputs(r.config) {
		matches, err := r.Match(ctx, in.contentType, in.selectors)
		if err != nil && !tableau.IsItemError(err) {
			return err
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", in.name, err)
			for _, sel := range in.selectors {
				to.AddUnresolved(in.contentType, sel.String(), err)
			}
		}
		for _, match := range matches {
			to.addMatch(in, match)
		}
	}
	return nil
}

func (s *Selection) addMatch(in itemInput, match tableau.Match) {
	if match.Err != nil {
		s.AddUnresolved(in.contentType, match.Selector.String(), fmt.Errorf("%s: %w", in.name, match.Err))
		return
	}
	for _, item := range match.Items {
		e := NewEntry(item)
		e.Listed = !match.Selector.MatchesMany()
		s.Add(e)
	}
}
