package selection

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// NothingLeft is the warning that everything is excluded.
const NothingLeft = "tableau-exclude excludes everything, so nothing is refreshed"

func (r *Resolver) exclude(ctx context.Context, to *Selection) error {
	counts, err := r.resolveExclusions(ctx, to, r.typesToExclude(to))
	if err != nil {
		return err
	}
	for i, n := range counts {
		if n == 0 {
			warning := fmt.Sprintf("tableau-exclude: %q matches no item that the signed-in user can view", r.config.Exclude[i])
			to.Warnings = append(to.Warnings, warning)
		}
	}
	if to.remove(to.Excluded) > 0 && len(to.Entries) == 0 && !r.config.Discover.Enabled() { // otherwise, discovery might add some
		to.Warnings = append(to.Warnings, NothingLeft)
	}
	return nil
}

// resolveExclusions adds the matches of tableau-exclude among items of the given types to to.Excluded, and counts them.
func (r *Resolver) resolveExclusions(ctx context.Context, to *Selection, types []content.Type) ([]int, error) {
	counts := to.excludeLUIDs(r.config.Exclude)
	for _, contentType := range types {
		matches, err := r.catalog.Resolve(ctx, contentType, r.config.Exclude)
		switch {
		case err == nil:
			err = to.excludeMatches(contentType, matches, counts)
		case !tableau.IsItemError(err):
			return nil, fmt.Errorf("tableau-exclude: %w", err)
		default:
			for i := range counts {
				counts[i]++ // each might match an item that can't be listed
			}
		}
		if err == nil {
			continue
		}
		err = fmt.Errorf("tableau-exclude: %w", err)
		if r.config.Discover.Enabled() {
			return nil, err // the items to block are not known yet
		}
		to.block(err, func(e Entry) bool { // any item of the type might be excluded, and so might the data sources of a workbook
			return e.itemType() == contentType ||
				e.itemType() == content.Workbook && contentType == content.Datasource && r.config.IncludeDatasources
		})
	}
	return counts, nil
}

// excludeLUIDs excludes LUIDs without a lookup, and counts those that are selected.
func (s *Selection) excludeLUIDs(exclusions []selector.Selector) (counts []int) {
	counts = make([]int, len(exclusions))
	for i, exclusion := range exclusions {
		if exclusion.Kind == selector.LUID {
			s.Excluded[exclusion.LUID] = true
			if _, selected := s.Lookup(exclusion.LUID); selected {
				counts[i]++
			}
		}
	}
	return counts
}

// excludeMatches adds ambiguous exclusions as entries with a problem. It fails if the matches of an exclusion can't be determined.
func (s *Selection) excludeMatches(contentType content.Type, matches []tableau.Match, counts []int) (err error) {
	for i, match := range matches {
		if match.Undetermined {
			err = fmt.Errorf("use a LUID instead of %q. The user can't view all projects, so the path can't be resolved", match.Selector)
			counts[i]++
			continue
		}
		if match.Err != nil && len(match.Items) > 0 {
			s.AddUnresolved(contentType, match.Selector.String(), fmt.Errorf("tableau-exclude: %w", match.Err))
		}
		for _, item := range match.Items {
			s.Excluded[strings.ToLower(item.ID)] = true
		}
		counts[i] += len(match.Items)
	}
	return err
}

// typesToExclude returns the types of the items that are selected, or will be.
func (r *Resolver) typesToExclude(to *Selection) []content.Type {
	var types []content.Type
	switch {
	case r.config.Discover.Enabled():
		types = append(types, content.Workbook, content.Datasource)
	case r.config.IncludeDatasources && len(to.workbooks()) > 0:
		types = append(types, content.Datasource)
	}
	for _, e := range to.Entries {
		if t := e.itemType(); e.Target.ID != "" && t != "" && !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types
}
