package tableau

import (
	"context"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/selector"
)

// match finds the items that a selector means, in the order of their paths.
func (r *resolver) match(ctx context.Context, s selector.Selector) ([]Item, error) {
	if s.Kind == selector.Path && len(s.Path) > 1 || s.Anchored {
		if err := r.catalog.loadTree(ctx); err != nil {
			return nil, err
		}
	}
	if s.Kind == selector.LUID {
		if item, ok := r.pool[s.LUID]; ok {
			return []Item{item}, nil
		}
		return nil, nil
	}
	found := r.filter(func(item Item) bool { return r.means(s, item, exactly) })
	if len(found) == 0 && s.Kind == selector.Path {
		if err := r.loadWhole(ctx); err != nil {
			return nil, err
		}
		found = r.filter(func(item Item) bool { return r.means(s, item, strings.EqualFold) })
	}
	if len(found) > 1 || len(found) == 0 && s.Kind == selector.Path { // whole paths are needed: for the order, or for an error
		if err := r.catalog.loadTree(ctx); err != nil {
			return nil, err
		}
	}
	r.sort(found)
	return found, nil
}

// projectsOf are the names of the projects around an item, as far as they are known.
func (r *resolver) projectsOf(item Item) []string {
	if path := r.catalog.tree.path(item.Project.ID); len(path) > 0 || item.Project.Name == "" {
		return path
	}
	return []string{item.Project.Name}
}

func (r *resolver) filter(keep func(Item) bool) []Item {
	var items []Item
	for _, item := range r.pool {
		if keep(item) {
			items = append(items, item)
		}
	}
	return items
}

// sort puts items in the order of their paths.
func (r *resolver) sort(items []Item) {
	slices.SortStableFunc(items, func(a, b Item) int {
		return strings.Compare(r.path(a)+"\x00"+a.ID, r.path(b)+"\x00"+b.ID)
	})
}

func exactly(a, b string) bool { return a == b }

// means reports whether a selector means an item; same compares names.
func (r *resolver) means(s selector.Selector, item Item, same func(a, b string) bool) bool {
	switch s.Kind {
	case selector.Tag:
		return item.Project.ID != "" && item.hasTag(s.Tag)
	case selector.Path:
		return item.Project.ID != "" && r.onPath(s, item, same)
	case selector.URL:
		if r.kind != s.ContentType {
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

func (r *resolver) onPath(s selector.Selector, item Item, same func(a, b string) bool) bool {
	last := len(s.Path) - 1
	if !same(item.Name, s.Path[last]) {
		return false
	}
	projects := r.projectsOf(item)
	if s.Anchored && (len(projects) != last || !r.catalog.tree.whole(item.Project.ID)) || len(projects) < last {
		return false
	}
	return slices.EqualFunc(projects[len(projects)-last:], s.Path[:last], same)
}

// mayMean reports whether a path may lead to an item that lies in projects of which not all can be seen.
func (r *resolver) mayMean(s selector.Selector) bool {
	if s.Kind != selector.Path || !s.Anchored && len(s.Path) < 2 {
		return false
	}
	return len(r.filter(func(item Item) bool {
		return item.Project.ID != "" && strings.EqualFold(item.Name, s.Path[len(s.Path)-1]) && !r.catalog.tree.whole(item.Project.ID)
	})) > 0
}

// path is an item's full path, as a selector would name it and nothing else: from the top of the tree. In a personal space
// there is no such selector.
func (r *resolver) path(item Item) string {
	path := append(slices.Clone(r.projectsOf(item)), item.Name)
	return selector.Selector{Kind: selector.Path, Path: path, Anchored: item.Project.ID != "" && r.catalog.tree.whole(item.Project.ID)}.String()
}
