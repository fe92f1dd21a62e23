package tableau

import (
	"context"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
)

// Catalog is what has been read of a site, so that nothing of it is read twice. It does not notice what changes meanwhile, and
// is for one goroutine.
type Catalog struct {
	client    *Client
	retry     rest.RetryTimes
	resolvers map[content.Type]*resolver
	// tree is nil until it is needed; treeless is why it stays empty.
	projects    projectTree
	projectsErr error
}

// Catalog makes an empty one, which asks with that patience.
func (c *Client) Catalog(retry rest.RetryTimes) *Catalog {
	return &Catalog{client: c, retry: retry, resolvers: map[content.Type]*resolver{}}
}

// Match is what a selector selects: its items, or the reason why there are none.
type Match struct {
	Selector selector.Selector
	Items    []Item
	Err      error
	// Unsure is true when it may mean something all the same: an item has the name, and where that is can't be seen whole.
	Undetermined bool
}

// Resolve finds the items of a kind that the selectors mean, one Match for each, in their order. It asks for lists rather
// than for single items, and for the whole list only where no filter would do. An error is one that concerns them all.
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
		matches[i] = Match{Selector: s, Items: items}
		matches[i].Err = r.matchError(s, items)
		matches[i].Undetermined = len(items) == 0 && r.mightMatch(s)
	}
	return matches, nil
}

func (c *Catalog) resolver(contentType content.Type) *resolver {
	if c.resolvers[contentType] == nil {
		c.resolvers[contentType] = &resolver{
			catalog: c, client: c.client, contentType: contentType,
			items: map[string]Item{}, listed: map[string]bool{}, extractsAsked: map[string]bool{}, rejected: map[string]error{},
		}
	}
	return c.resolvers[contentType]
}

func (c *Catalog) loadProjects(ctx context.Context) error {
	if c.projects != nil {
		return nil
	}
	tree, err := c.client.listProjects(ctx, c.retry)
	if err != nil && !isRefusal(err) {
		return err
	}
	c.projects, c.projectsErr = tree, err // refused, an item's own project has to do
	return nil
}
