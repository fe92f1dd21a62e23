package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// exclude leaves out what is never to be refreshed, however it was found, with its tasks. An entry that matches nothing
// is not worth failing for.
func (s *story) exclude(ctx context.Context, to *selection) error {
	to.excluded = map[string]bool{}
	hits, err := s.resolveExcluded(ctx, to, s.kinds(to))
	if err != nil {
		return err
	}
	for i, n := range hits {
		if n == 0 {
			to.warnings = append(to.warnings, fmt.Sprintf("tableau-exclude: %q matches nothing that the signed-in user may see", s.config.Tableau.Exclude[i]))
		}
	}
	if to.remove(to.excluded) > 0 && len(to.entries) == 0 && !s.discovers() { // else there may be more to come
		to.warnings = append(to.warnings, nothingLeft)
	}
	return nil
}

const nothingLeft = "tableau-exclude leaves nothing to refresh"

// resolveExcluded finds what is excluded, as far as it is of one of the kinds, and counts what each entry matches. A LUID
// needs no looking up to be kept out.
func (s *story) resolveExcluded(ctx context.Context, to *selection, kinds []content.Type) (hits []int, err error) {
	excluded := s.config.Tableau.Exclude
	hits = make([]int, len(excluded))
	for i, want := range excluded {
		if want.Kind == selector.LUID {
			to.excluded[want.LUID] = true
			if _, selected := to.places[want.LUID]; selected {
				hits[i]++
			}
		}
	}
	for _, kind := range kinds {
		matches, err := s.catalog.Resolve(ctx, kind, excluded)
		if err != nil {
			err = fmt.Errorf("tableau-exclude: %w", err)
		}
		if err != nil && !tableau.IsItemError(err) {
			return nil, err
		}
		for i, match := range matches {
			if match.Undetermined {
				err = fmt.Errorf("tableau-exclude: what %q means can't be told, since not all projects can be seen: write a LUID", match.Selector)
				hits[i]++
			} else {
				hits[i] += to.exclude(kind, match)
			}
		}
		if err != nil && s.discovers() {
			return nil, err // it is not known yet what to hold
		}
		if err != nil {
			s.hold(to, kind, err)
		}
		if matches == nil {
			for i := range hits {
				hits[i]++ // what could not be looked at may match
			}
		}
	}
	return hits, nil
}

// exclude takes what an entry matches, and counts it.
func (s *selection) exclude(kind content.Type, match tableau.Match) int {
	if match.Err != nil && len(match.Items) > 0 {
		s.missing(kind, match.Selector.String(), fmt.Errorf("tableau-exclude: %w", match.Err))
	}
	for _, item := range match.Items {
		s.excluded[strings.ToLower(item.ID)] = true
	}
	return len(match.Items)
}

// hold keeps everything of a kind from being refreshed where nobody can tell what of it is excluded. A workbook may bring data
// sources with it.
func (s *story) hold(to *selection, kind content.Type, problem error) {
	brings := kind == content.Datasource && s.config.Tableau.IncludeDatasources
	for i := range to.entries {
		e := &to.entries[i]
		if own := e.kind(); own == kind || own == content.Workbook && brings {
			e.problem = cmp.Or(e.problem, problem)
		}
	}
}

// remove takes out the entries of the given items, and counts them.
func (s *selection) remove(items map[string]bool) int {
	before := len(s.entries)
	kept := slices.DeleteFunc(s.entries, func(e entry) bool { return items[e.item()] })
	s.entries, s.places = kept, map[string]int{}
	for i, e := range kept {
		s.place(e, i)
	}
	return before - len(kept)
}

// kinds are those of the items that are selected, or will be.
func (s *story) kinds(to *selection) []content.Type {
	var kinds []content.Type
	switch c := s.config.Tableau; {
	case c.Discover != config.Discover{}:
		kinds = append(kinds, content.Workbook, content.Datasource)
	case c.IncludeDatasources && len(to.workbooks()) > 0:
		kinds = append(kinds, content.Datasource)
	}
	for _, e := range to.entries {
		kind := e.kind()
		if e.goal.ID != "" && kind != "" && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}
