package selection

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// NothingLeft is the warning that the exclusions leave nothing to refresh.
const NothingLeft = "tableau-exclude leaves nothing to refresh"

// exclude removes the items that tableau-exclude matches, and their tasks. An exclusion that matches nothing only causes a
// warning.
func (r *Resolver) exclude(ctx context.Context, to *Selection) error {
	counts, err := r.resolveExclusions(ctx, to, r.typesToExclude(to))
	if err != nil {
		return err
	}
	for i, n := range counts {
		if n == 0 {
			to.Warnings = append(to.Warnings, fmt.Sprintf("tableau-exclude: %q matches nothing that the signed-in user may see", r.config.Exclude[i]))
		}
	}
	if to.remove(to.Excluded) > 0 && len(to.Entries) == 0 && !r.discovers() { // otherwise, discovery may add some
		to.Warnings = append(to.Warnings, NothingLeft)
	}
	return nil
}

// discovers reports whether more items are added after the dbt run.
func (r *Resolver) discovers() bool { return r.config.Discover != config.Discover{} }

// resolveExclusions adds to to.Excluded what tableau-exclude matches among items of the given types, and returns for each
// exclusion how many items it matches. A LUID is excluded without a lookup.
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
				counts[i]++ // any might match an item that can't be listed
			}
		}
		if err == nil {
			continue
		}
		err = fmt.Errorf("tableau-exclude: %w", err)
		if r.discovers() {
			return nil, err // what to block is not known yet
		}
		r.blockType(to, contentType, err)
	}
	return counts, nil
}

// excludeLUIDs excludes the LUIDs among the exclusions, and counts those that are selected.
func (s *Selection) excludeLUIDs(exclusions []selector.Selector) (counts []int) {
	if s.Excluded == nil {
		s.Excluded = map[string]bool{}
	}
	counts = make([]int, len(exclusions))
	for i, exclusion := range exclusions {
		if exclusion.Kind == selector.LUID {
			s.Excluded[exclusion.LUID] = true
			if _, selected := s.Item(exclusion.LUID); selected {
				counts[i]++
			}
		}
	}
	return counts
}

// excludeMatches excludes the items that the exclusions match, and adds their numbers to counts. An ambiguous exclusion is an
// entry with a problem. The error is that it can't be determined what an exclusion matches.
func (s *Selection) excludeMatches(contentType content.Type, matches []tableau.Match, counts []int) (err error) {
	for i, match := range matches {
		if match.Undetermined {
			err = fmt.Errorf("what %q means can't be told, since not all projects can be seen: write a LUID", match.Selector)
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

// blockType blocks every item of a type, because any of them might be excluded. Data sources may also be added for a workbook.
func (r *Resolver) blockType(to *Selection, contentType content.Type, problem error) {
	addsDatasources := contentType == content.Datasource && r.config.IncludeDatasources
	to.block(problem, func(e Entry) bool {
		itemType := e.itemType()
		return itemType == contentType || itemType == content.Workbook && addsDatasources
	})
}

// typesToExclude returns the types of the items that are selected, or will be.
func (r *Resolver) typesToExclude(to *Selection) []content.Type {
	var types []content.Type
	switch {
	case r.discovers():
		types = append(types, content.Workbook, content.Datasource)
	case r.config.IncludeDatasources && len(to.workbooks()) > 0:
		types = append(types, content.Datasource)
	}
	for _, e := range to.Entries {
		itemType := e.itemType()
		if e.Target.ID != "" && itemType != "" && !slices.Contains(types, itemType) {
			types = append(types, itemType)
		}
	}
	return types
}
