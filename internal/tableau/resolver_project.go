package tableau

import (
	"cmp"
	"maps"
	"slices"

	"dbt-tableau-refresh/internal/selector"
)

// projectOf returns the LUID of the project that makes a selector match an item: the item's own one, or the topmost one around
// it for a selector that includes subprojects. It is "" if there is none.
func (r *resolver) projectOf(s selector.Selector, item Item, same func(a, b string) bool) (found string) {
	names, id := r.projectPath(item), item.Project.ID
	for end := len(names); end >= len(s.Path); end-- {
		atTop := end == len(s.Path) && r.catalog.projects.reachesTop(id)
		if slices.EqualFunc(names[end-len(s.Path):end], s.Path, same) && (!s.Anchored || atTop) {
			found = id
		}
		if !s.Recursive {
			break
		}
		id = r.catalog.projects[id].ParentID
	}
	return found
}

// projectsOf returns the projects that make a selector match items, as selectors.
func (r *resolver) projectsOf(s selector.Selector, items []Item) []string {
	tree, all := r.catalog.projects, map[string]string{}
	for _, item := range items {
		id := cmp.Or(r.projectOf(s, item, equal), r.projectOf(s, item, sameLetters))
		project := s
		if names := tree.names(id); len(names) > 0 {
			project.Path, project.Anchored = names, tree.reachesTop(id)
		}
		all[id] = project.String()
	}
	return slices.Sorted(maps.Values(all))
}

// asItems returns the projects as items of the projects around them, so that they can be described in the same way.
func (t projectTree) asItems() map[string]Item {
	items := map[string]Item{}
	for id, p := range t {
		item := Item{ID: id, Name: p.Name}
		item.Project.ID = p.ParentID
		items[id] = item
	}
	return items
}
