package tableau

import (
	"context"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/selector"
)

// match returns the items that a selector matches, in the order of their paths.
func (r *resolver) match(ctx context.Context, s selector.Selector) ([]Item, error) {
	if s.Kind == selector.Path && len(s.Path) > 1 || s.Kind == selector.Project || s.Anchored {
		if err := r.catalog.loadProjects(ctx); err != nil {
			return nil, err
		}
	}
	if s.Kind == selector.LUID {
		if item, ok := r.items[s.LUID]; ok {
			return []Item{item}, nil
		}
		return nil, nil
	}
	found := r.filter(func(item Item) bool { return r.matches(s, item, equal) })
	if len(found) == 0 && (s.Kind == selector.Path || s.Kind == selector.Project) {
		if err := r.loadAll(ctx); err != nil {
			return nil, err
		}
		found = r.filter(func(item Item) bool { return r.matches(s, item, sameLetters) })
	}
	if len(found) == 0 && s.Kind == selector.Path && len(s.Path) == 1 {
		number := selector.Selector{Kind: selector.URL, ContentType: r.contentType, NumericID: s.Path[0]}
		found = r.filter(func(item Item) bool { return r.matches(number, item, equal) })
	}
	if len(found) > 1 || len(found) == 0 && s.Kind == selector.Path { // the order and the error need full paths
		if err := r.catalog.loadProjects(ctx); err != nil {
			return nil, err
		}
	}
	r.sortByPath(found)
	return found, nil
}

// projectPath returns the names of the projects around an item, as far as they are known.
func (r *resolver) projectPath(item Item) []string {
	if path := r.catalog.projects.names(item.Project.ID); len(path) > 0 || item.Project.Name == "" {
		return path
	}
	return []string{item.Project.Name}
}

func (r *resolver) filter(keep func(Item) bool) []Item {
	var items []Item
	for _, item := range r.items {
		if keep(item) {
			items = append(items, item)
		}
	}
	return items
}

// sortByPath sorts items by their paths, then by LUID.
func (r *resolver) sortByPath(items []Item) {
	slices.SortStableFunc(items, func(a, b Item) int {
		return strings.Compare(r.fullPath(a)+"\x00"+a.ID, r.fullPath(b)+"\x00"+b.ID)
	})
}

func equal(a, b string) bool { return a == b }

// sameLetters compares names without regard to case and to the characters that are removed from selectors.
func sameLetters(a, b string) bool {
	return strings.EqualFold(selector.StripZeroWidth(a), selector.StripZeroWidth(b))
}

// matches reports whether a selector matches an item; same compares names.
func (r *resolver) matches(s selector.Selector, item Item, same func(a, b string) bool) bool {
	switch s.Kind {
	case selector.Tag:
		return item.Project.ID != "" && item.hasTag(s.Tag)
	case selector.Path:
		return item.Project.ID != "" && r.matchesPath(s, item, same)
	case selector.Project:
		return r.projectOf(s, item, same) != ""
	case selector.URL:
		if r.contentType != s.ContentType {
			return false
		}
		if s.ContentURL != "" {
			return item.ContentURL == s.ContentURL
		}
		page, err := selector.Parse(item.URL)
		return err == nil && page.NumericID == s.NumericID && page.ContentType == s.ContentType
	}
	return false
}

func (r *resolver) matchesPath(s selector.Selector, item Item, same func(a, b string) bool) bool {
	last := len(s.Path) - 1
	if !same(item.Name, s.Path[last]) {
		return false
	}
	projects := r.projectPath(item)
	if s.Anchored && (len(projects) != last || !r.catalog.projects.reachesTop(item.Project.ID)) || len(projects) < last {
		return false
	}
	return slices.EqualFunc(projects[len(projects)-last:], s.Path[:last], same)
}

// mightMatch reports whether a selector might match an item that is not in found, because not all of the item's projects can
// be viewed.
func (r *resolver) mightMatch(s selector.Selector, found []Item) bool {
	last := len(s.Path) - 1
	mightBe := func(Item) bool { return false }
	switch {
	case s.Kind == selector.Project && s.Recursive:
		mightBe = func(item Item) bool { return !slices.ContainsFunc(found, func(f Item) bool { return f.ID == item.ID }) }
	case len(found) > 0 || !s.Anchored && last < 1: // the item's own project decides
	case s.Kind == selector.Project:
		mightBe = func(item Item) bool { return sameLetters(item.Project.Name, s.Path[last]) }
	case s.Kind == selector.Path:
		mightBe = func(item Item) bool { return sameLetters(item.Name, s.Path[last]) }
	}
	return len(r.filter(func(item Item) bool {
		return item.Project.ID != "" && mightBe(item) && !r.catalog.projects.reachesTop(item.Project.ID)
	})) > 0
}

// fullPath returns the path selector that matches only this item, from the top-level project. For an item in a personal
// space, there is no such selector, and the path has no leading slash.
func (r *resolver) fullPath(item Item) string {
	path := append(slices.Clone(r.projectPath(item)), item.Name)
	return selector.Selector{Kind: selector.Path, Path: path, Anchored: item.Project.ID != "" && r.catalog.projects.reachesTop(item.Project.ID)}.String()
}
