package tableau

import (
	"context"
	"slices"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
)

// Catalog caches what was read of a site, so that nothing is requested twice. It does not notice later changes on the site.
// It is not safe for concurrent use, except for Connections, which does not use the cache.
type Catalog struct {
	client    *Client
	retry     rest.RetryTimes
	resolvers map[content.Type]*resolver
	// projects is nil until it is needed; projectsErr is why it stays empty.
	projects    projectTree
	projectsErr error
}

// Catalog returns an empty catalog, whose requests are retried for the given times.
func (c *Client) Catalog(retry rest.RetryTimes) *Catalog {
	return &Catalog{client: c, retry: retry, resolvers: map[content.Type]*resolver{}}
}

// Match is the result of one selector: its items, or the reason why it can't be used.
type Match struct {
	Selector selector.Selector
	Items    []Item
	Err      error
	// Undetermined is true if the selector might match other items: they have the name, or it includes subprojects, but not all
	// of their projects can be viewed.
	Undetermined bool
}

// Resolve finds the items of a content type that the selectors match. It returns one Match for each selector, in their order.
// It requests filtered lists where it can, and the whole list only where no filter would do. The error concerns all
// selectors.
func (c *Catalog) Resolve(ctx context.Context, contentType content.Type, selectors []selector.Selector) ([]Match, error) {
	if len(selectors) == 0 {
		return nil, nil
	}
	r := c.resolver(contentType)
	if err := r.load(ctx, selectors); err != nil {
		return nil, err
	}
	matches := make([]Match, len(selectors))
	for i, s := range selectors {
		items, err := r.match(ctx, s)
		if err != nil {
			return nil, err
		}
		matches[i] = Match{Selector: s, Items: items, Err: r.matchError(s, items), Undetermined: r.mightMatch(s, items)}
	}
	return matches, nil
}

func (c *Catalog) resolver(contentType content.Type) *resolver {
	if c.resolvers[contentType] == nil {
		c.resolvers[contentType] = &resolver{
			Catalog: c, contentType: contentType, items: map[string]Item{}, listed: map[string]bool{}, rejected: map[string]error{},
		}
	}
	return c.resolvers[contentType]
}

// OfOtherType returns an item that the selector of a name or a LUID would match if it were for another content type.
func (c *Catalog) OfOtherType(ctx context.Context, contentType content.Type, s selector.Selector) (Item, bool) {
	for _, other := range []content.Type{content.Workbook, content.Datasource, content.Flow} {
		if other == contentType || s.Kind != selector.LUID && s.Kind != selector.Path {
			continue
		}
		r := c.resolver(other)
		if r.load(ctx, []selector.Selector{s}) != nil {
			continue // this only adds to an error
		}
		found := r.filter(func(item Item) bool { return r.matches(s, item, sameLetters) })
		if r.sortByPath(found); len(found) > 0 {
			return found[0], true
		}
	}
	return Item{}, false
}

func (c *Catalog) loadProjects(ctx context.Context) error {
	if c.projects != nil {
		return nil
	}
	all, err := listAll[project](ctx, c.client, rest.Request{Operation: "list projects", Retry: c.retry}, "projects")
	if err != nil && !isRejected(err) {
		return err
	}
	c.projects, c.projectsErr = projectTree{}, err // if rejected, paths are limited to each item's own project
	for _, p := range all {
		c.projects[p.ID] = p
	}
	return nil
}

// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm
type project struct {
	ID       string `xml:"id,attr"`
	Name     string `xml:"name,attr"`
	ParentID string `xml:"parentProjectId,attr"`
}

type projectTree map[string]project // by LUID

// path returns the names of the project and of those around it, the outermost first. It does not always reach the top level,
// because not all projects can be viewed.
func (t projectTree) path(id string) (names []string, reachesTop bool) {
	for range len(t) { // a limit, in case Tableau returns a cycle
		p, ok := t[id]
		if !ok {
			break
		}
		names = append(names, p.Name)
		if id = p.ParentID; id == "" {
			reachesTop = true
			break
		}
	}
	slices.Reverse(names)
	return names, reachesTop
}

func (t projectTree) reachesTop(id string) bool {
	_, reachesTop := t.path(id)
	return reachesTop
}
