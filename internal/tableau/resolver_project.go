package tableau

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"dbt-tableau-refresh/internal/selector"
)

// planProjects adds the names of the projects whose items the selectors match. Items can be filtered by the name of their own
// project only, so that subprojects have to be found first.
func (r *resolver) planProjects(ctx context.Context, selectors []selector.Selector, l *lookups) error {
	for _, s := range selectors {
		if s.Kind != selector.Project {
			continue
		}
		if err := r.catalog.loadProjects(ctx); err != nil {
			return err
		}
		l.filter(&l.projects, s.Path[len(s.Path)-1])
		l.all = l.all || s.Recursive && !r.catalog.projects.isComplete()
		for id, project := range r.catalog.projects {
			if s.Recursive && r.catalog.projects.root(s, id, equal) != "" {
				l.filter(&l.projects, project.Name)
			}
		}
	}
	if len(l.projects) > maxFilterValues { // the whole list costs less
		l.all = true
	}
	slices.Sort(l.projects)
	return nil
}

// matchesProject reports whether an item is in the project of a selector, or in a subproject if the selector includes these.
func (r *resolver) matchesProject(s selector.Selector, item Item, same func(a, b string) bool) bool {
	if _, known := r.catalog.projects[item.Project.ID]; !known {
		return !s.Anchored && len(s.Path) == 1 && same(item.Project.Name, s.Path[0])
	}
	return r.catalog.projects.root(s, item.Project.ID, same) != ""
}

// root returns the LUID of the project that a selector matches: the project itself, or the topmost one around it for a
// selector that includes subprojects. It is "" if there is none.
func (t projectTree) root(s selector.Selector, id string, same func(a, b string) bool) string {
	found := ""
	for range len(t) + 1 { // a limit, in case Tableau returns a cycle
		names := t.names(id)
		n := len(s.Path)
		if len(names) >= n && slices.EqualFunc(names[len(names)-n:], s.Path, same) && (!s.Anchored || len(names) == n && t.reachesTop(id)) {
			found = id
		}
		if id = t[id].ParentID; id == "" || !s.Recursive {
			break
		}
	}
	return found
}

// projectsOf returns the projects of a selector that contain the items that it matches, as selectors.
func (r *resolver) projectsOf(s selector.Selector, items []Item) []string {
	tree, all := r.catalog.projects, map[string]string{}
	for _, item := range items {
		id := cmp.Or(tree.root(s, item.Project.ID, equal), tree.root(s, item.Project.ID, sameLetters), item.Project.ID)
		s.Path, s.Anchored = tree.names(id), tree.reachesTop(id)
		all[id] = s.String()
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
