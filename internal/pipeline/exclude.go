package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// exclude leaves out what is never to be refreshed, however it was found, with its tasks. An entry that matches nothing
// is not worth failing for.
func (s *story) exclude(ctx context.Context, to *selection) error {
	s.excludes = make([]int, len(s.config.Tableau.Exclude))
	to.excluded = map[string]bool{}
	if err := s.resolveExcluded(ctx, to, s.kinds(to)); err != nil {
		return err
	}
	to.remove(to.excluded)
	if !s.discovers() { // else there is more to come
		s.tellExcluded(to)
	}
	return nil
}

// resolveExcluded finds what is excluded, as far as it is of one of the kinds. A LUID needs no looking up to be kept out.
func (s *story) resolveExcluded(ctx context.Context, to *selection, kinds []tableau.Kind) error {
	excluded := s.config.Tableau.Exclude
	for i, want := range excluded {
		if want.Kind == selector.LUID {
			to.excluded[want.LUID] = true
			if _, selected := to.places[want.LUID]; selected {
				s.excludes[i]++
			}
		}
	}
	for _, kind := range kinds {
		matches, err := s.catalog.Resolve(ctx, kind, excluded)
		switch {
		case err == nil:
		case s.discovers(): // it is not known yet what to hold
			return fmt.Errorf("tableau-exclude: %w", err)
		case !endsOne(err):
			return err
		default:
			s.hold(to, kind, fmt.Errorf("tableau-exclude: %w", err))
			s.refuseExcluded()
		}
		for i, match := range matches {
			if !match.Unsure {
				s.takeExcluded(to, kind, i, match)
				continue
			}
			err := fmt.Errorf("tableau-exclude: what %q means can't be told, since not all projects can be seen: write a LUID", match.Selector)
			if s.discovers() {
				return err
			}
			s.hold(to, kind, err)
			s.excludes[i]++
		}
	}
	return nil
}

func (s *story) takeExcluded(to *selection, kind tableau.Kind, i int, match tableau.Match) {
	if match.Err != nil && len(match.Items) > 0 {
		to.missing(kindOf[kind], match.Selector.String(), fmt.Errorf("tableau-exclude: %w", match.Err))
	}
	s.excludes[i] += len(match.Items)
	for _, item := range match.Items {
		to.excluded[strings.ToLower(item.ID)] = true
	}
}

// refuseExcluded keeps quiet of entries that match nothing where not everything could be looked at.
func (s *story) refuseExcluded() {
	for i := range s.excludes {
		s.excludes[i]++
	}
}

// tellExcluded warns of entries that match nothing, and of a selection of which nothing is left.
func (s *story) tellExcluded(to *selection) {
	for i, hits := range s.excludes {
		if hits == 0 {
			to.warnings = append(to.warnings, fmt.Sprintf("tableau-exclude: %q matches nothing that the signed-in user may see", s.config.Tableau.Exclude[i]))
		}
	}
	if len(s.excludes) > 0 && len(to.entries) == 0 {
		to.warnings = append(to.warnings, "tableau-exclude leaves nothing to refresh")
	}
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
