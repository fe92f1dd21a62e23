package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/tableau"
)

// exclude leaves out what is never to be refreshed, however it was found, with its tasks. An entry that matches nothing
// is not worth failing for.
func (s *story) exclude(ctx context.Context, to *selection) error {
	excluded := s.config.Tableau.Exclude
	hits, refused := make([]int, len(excluded)), false
	to.excluded = map[string]bool{}
	for _, kind := range s.kinds(to) {
		matches, err := s.catalog.Resolve(ctx, kind, excluded)
		if err != nil && s.discovers() {
			return fmt.Errorf("tableau-exclude: %w", err) // it is not known yet what to hold
		}
		if err != nil && !endsOne(err) {
			return err
		}
		if err != nil {
			s.hold(to, kind, fmt.Errorf("tableau-exclude: %w", err))
			refused = true
		}
		for i, match := range matches {
			if match.Err != nil && len(match.Items) > 0 {
				to.missing(kindOf[kind], excluded[i].String(), fmt.Errorf("tableau-exclude: %w", match.Err))
			}
			hits[i] += len(match.Items)
			for _, item := range match.Items {
				to.excluded[strings.ToLower(item.ID)] = true
			}
		}
	}
	for i, n := range hits {
		if n == 0 && !refused {
			to.warnings = append(to.warnings, fmt.Sprintf("tableau-exclude: %q matches nothing", excluded[i]))
		}
	}
	to.remove(to.excluded)
	if len(excluded) > 0 && len(to.entries) == 0 && s.config.Tableau.Discover == (config.Discover{}) {
		to.warnings = append(to.warnings, "tableau-exclude leaves nothing to refresh")
	}
	return nil
}

// hold keeps everything of a kind from being refreshed where nobody can tell what of it is excluded. A workbook may bring data
// sources with it.
func (s *story) hold(to *selection, kind tableau.Kind, problem error) {
	brings := kind == tableau.Datasource && s.config.Tableau.IncludeDatasources
	for i := range to.entries {
		e := &to.entries[i]
		if own := e.kind(); own == kind || own == tableau.Workbook && brings {
			e.problem = cmp.Or(e.problem, problem)
		}
	}
}

// remove takes out the entries of the given items.
func (s *selection) remove(items map[string]bool) {
	kept := slices.DeleteFunc(s.entries, func(e entry) bool { return items[e.item()] })
	s.entries, s.places = kept, map[string]int{}
	for i, e := range kept {
		s.place(e, i)
	}
}

// kinds are those of the items that are selected, or will be.
func (s *story) kinds(to *selection) []tableau.Kind {
	var kinds []tableau.Kind
	switch c := s.config.Tableau; {
	case c.Discover != config.Discover{}:
		kinds = append(kinds, tableau.Workbook, tableau.Datasource)
	case c.IncludeDatasources && len(to.workbooks()) > 0:
		kinds = append(kinds, tableau.Datasource)
	}
	for _, e := range to.entries {
		kind := e.kind()
		if e.goal.ID != "" && kind != "" && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}
