package tableau

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/selector"
)

func (r *resolver) match(ctx context.Context, s selector.Selector) ([]Item, error) {
	if s.Kind == selector.Path && len(s.Path) > 1 || s.Kind == selector.Project || s.Anchored {
		if err := r.loadProjects(ctx); err != nil {
			return nil, err
		}
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
		if err := r.loadProjects(ctx); err != nil {
			return nil, err
		}
	}
	r.sortByPath(found)
	return found, nil
}

func (r *resolver) filter(keep func(Item) bool) []Item {
	return slices.DeleteFunc(slices.Collect(maps.Values(r.items)), func(item Item) bool { return !keep(item) })
}

func (r *resolver) sortByPath(items []Item) {
	slices.SortStableFunc(items, func(a, b Item) int {
		return strings.Compare(r.fullPath(a)+"\x00"+a.ID, r.fullPath(b)+"\x00"+b.ID)
	})
}

func equal(a, b string) bool { return a == b }

// sameLetters ignores case, and the characters that are removed from selectors.
func sameLetters(a, b string) bool {
	return strings.EqualFold(selector.StripZeroWidth(a), selector.StripZeroWidth(b))
}

// matches reports whether a selector matches an item; same compares names.
func (r *resolver) matches(s selector.Selector, item Item, same func(a, b string) bool) bool {
	switch s.Kind {
	case selector.LUID:
		return strings.EqualFold(item.ID, s.LUID)
	case selector.Tag:
		return item.Project.ID != "" && slices.Contains(item.Tags, Tag{s.Tag})
	case selector.Path:
		return item.Project.ID != "" && r.matchesPath(s, item, same)
	case selector.Project:
		return r.projectOf(s, item, same) != ""
	case selector.URL:
		return r.contentType == s.ContentType && matchesURL(s, item)
	}
	return false
}

func matchesURL(s selector.Selector, item Item) bool {
	if s.ContentURL != "" {
		return item.ContentURL == s.ContentURL
	}
	page, err := selector.Parse(item.URL)
	return err == nil && page.NumericID == s.NumericID && page.ContentType == s.ContentType
}

func (r *resolver) matchesPath(s selector.Selector, item Item, same func(a, b string) bool) bool {
	last := len(s.Path) - 1
	projects, reachesTop := r.projectPath(item)
	if !same(item.Name, s.Path[last]) || len(projects) < last || s.Anchored && (len(projects) != last || !reachesTop) {
		return false
	}
	return slices.EqualFunc(projects[len(projects)-last:], s.Path[:last], same)
}

// projectPath returns the names of the projects around an item, as far as they are known, and whether they reach the top
// level.
func (r *resolver) projectPath(item Item) (names []string, reachesTop bool) {
	names, reachesTop = r.projects.path(item.Project.ID)
	if len(names) == 0 && item.Project.Name != "" {
		names = []string{item.Project.Name}
	}
	return names, reachesTop
}

// fullPath returns the path selector that matches only this item, from the top-level project. For an item in a personal
// space, there is no such selector, and the path has no leading slash.
func (r *resolver) fullPath(item Item) string {
	names, reachesTop := r.projectPath(item)
	return selector.Selector{Kind: selector.Path, Path: append(names, item.Name), Anchored: reachesTop}.String()
}

// projectOf returns the LUID of the project that makes a selector match an item: the item's own one, or the topmost one around
// it for a selector that includes subprojects. It is "" if there is none.
func (r *resolver) projectOf(s selector.Selector, item Item, same func(a, b string) bool) (found string) {
	names, reachesTop := r.projectPath(item)
	id := item.Project.ID
	for end := len(names); end >= len(s.Path); end-- {
		isTop := end == len(s.Path) && reachesTop
		if slices.EqualFunc(names[end-len(s.Path):end], s.Path, same) && (!s.Anchored || isTop) {
			found = id
		}
		if !s.Recursive {
			break
		}
		id = r.projects[id].ParentID
	}
	return found
}

func (r *resolver) projectsOf(s selector.Selector, items []Item) []string {
	all := map[string]string{}
	for _, item := range items {
		id := cmp.Or(r.projectOf(s, item, equal), r.projectOf(s, item, sameLetters))
		project := s
		if names, reachesTop := r.projects.path(id); len(names) > 0 {
			project.Path, project.Anchored = names, reachesTop
		}
		all[id] = project.String()
	}
	return slices.Sorted(maps.Values(all))
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
		return item.Project.ID != "" && mightBe(item) && !r.projects.reachesTop(item.Project.ID)
	})) > 0
}
