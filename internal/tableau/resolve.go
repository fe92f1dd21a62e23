package tableau

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
)

// Match is what a selector selects: its items, or the reason why there are none.
type Match struct {
	Selector selector.Selector
	Items    []Item
	Err      error
}

// Resolve finds the items of a kind that the selectors mean, one Match for each, in their order. It asks for lists rather
// than for single items, and for the whole list only where no filter would do. An error is one that concerns them all.
func (c *Client) Resolve(ctx context.Context, kind Kind, selectors []selector.Selector) ([]Match, error) {
	r := &resolver{client: c, kind: kind, pool: map[string]Item{}, refused: map[string]error{}}
	if len(selectors) == 0 {
		return nil, nil
	}
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
		matches[i].Err = r.problem(s, items)
	}
	return matches, nil
}

// resolver knows the items that may be meant, more and more of them.
type resolver struct {
	client *Client
	kind   Kind
	// pool holds items by LUID; whole says that it is the whole site.
	pool  map[string]Item
	whole bool
	// refused holds why a LUID gave no item.
	refused map[string]error
	// tree is nil until it is needed; treeless is why it stays empty.
	tree     projectTree
	treeless error
}

// manyLUIDs is where reading the whole list becomes cheaper than asking one by one.
const manyLUIDs = 20

// load fills the pool with what the selectors can mean.
func (r *resolver) load(ctx context.Context, selectors []selector.Selector) error {
	w := wants(r.kind, selectors)
	if w.whole || len(w.luids) > manyLUIDs {
		return r.loadRest(ctx, w.luids)
	}
	for field, values := range map[string][]string{"name": w.names, "tags": w.tags, "contentUrl": w.urls} {
		found, err := r.client.itemsIn(ctx, r.kind, field, values, rest.Preflight)
		if err != nil {
			return err
		}
		r.add(found)
	}
	return r.loadLUIDs(ctx, w.luids)
}

// loadRest reads the whole list, and asks for what no list holds, such as what lies in a personal space.
func (r *resolver) loadRest(ctx context.Context, luids []string) error {
	if err := r.loadWhole(ctx); err != nil {
		return err
	}
	var missing []string
	for _, luid := range luids {
		if _, ok := r.pool[luid]; !ok {
			missing = append(missing, luid)
		}
	}
	return r.loadLUIDs(ctx, missing)
}

// wanted is what to ask for.
type wanted struct {
	luids, names, tags, urls []string
	whole                    bool
}

func wants(kind Kind, selectors []selector.Selector) wanted {
	var w wanted
	filter := func(list *[]string, value string) {
		if !filterable(value) {
			w.whole = true
		} else if !slices.Contains(*list, value) {
			*list = append(*list, value)
		}
	}
	for _, s := range selectors {
		switch {
		case s.Kind == selector.LUID:
			w.luids = append(w.luids, s.LUID)
		case s.Kind == selector.Path:
			filter(&w.names, s.Path[len(s.Path)-1])
		case s.Kind == selector.Tag && kind == Flow: // flows have tags, but no filter by them
			w.whole = true
		case s.Kind == selector.Tag:
			filter(&w.tags, s.Tag)
		case !kind.isAt(s): // the page of something else
		case s.ContentURL != "":
			filter(&w.urls, s.ContentURL)
		default: // the number in an address is in no filter
			w.whole = true
		}
	}
	return w
}

func (r *resolver) add(items []Item) {
	for _, item := range items {
		r.pool[strings.ToLower(item.ID)] = item
	}
}

func (r *resolver) loadWhole(ctx context.Context) error {
	if r.whole {
		return nil
	}
	all, err := r.client.items(ctx, r.kind, "", rest.Preflight)
	if err != nil {
		return err
	}
	r.add(all)
	r.whole = true
	return nil
}

// loadLUIDs asks for single items.
func (r *resolver) loadLUIDs(ctx context.Context, luids []string) error {
	items, failures := make([]Item, len(luids)), make([]error, len(luids))
	var group errgroup.Group
	group.SetLimit(manyLUIDs)
	for i, luid := range luids {
		group.Go(func() error {
			items[i], failures[i] = r.client.Item(ctx, r.kind, luid)
			return nil
		})
	}
	_ = group.Wait() // the failures are kept one by one
	for i, err := range failures {
		switch {
		case err == nil:
			r.add(items[i : i+1])
		case isRefusal(err):
			r.refused[luids[i]] = err
		default:
			return err
		}
	}
	r.learnExtracts(ctx)
	return nil
}

// learnExtracts asks once for all items whether they have extracts: only a list tells. Best effort, for where it is not
// known, Tableau tells when it is asked to refresh.
func (r *resolver) learnExtracts(ctx context.Context) {
	var names []string
	for _, item := range r.pool {
		if item.HasExtracts == NoAnswer && item.Kind != Flow && filterable(item.Name) {
			names = append(names, item.Name)
		}
	}
	slices.Sort(names)
	listed, _ := r.client.itemsIn(ctx, r.kind, "name", slices.Compact(names), rest.BestEffort)
	for _, item := range listed {
		if _, known := r.pool[strings.ToLower(item.ID)]; known {
			r.add([]Item{item})
		}
	}
}

// match finds the items that a selector means, in the order of their paths.
func (r *resolver) match(ctx context.Context, s selector.Selector) ([]Item, error) {
	if s.Kind == selector.Path && len(s.Path) > 1 || s.Anchored {
		if err := r.loadTree(ctx); err != nil {
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
		if err := r.loadTree(ctx); err != nil {
			return nil, err
		}
	}
	r.sort(found)
	return found, nil
}

func (r *resolver) loadTree(ctx context.Context) error {
	if r.tree != nil {
		return nil
	}
	var err error
	r.tree, err = r.client.projects(ctx)
	if isRefusal(err) {
		r.treeless = err
		return nil // then an item's own project has to do
	}
	return err
}

// projectsOf are the names of the projects around an item, as far as they are known.
func (r *resolver) projectsOf(item Item) []string {
	if path := r.tree.path(item.Project.ID); len(path) > 0 || item.Project.Name == "" {
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
	slices.SortFunc(items, func(a, b Item) int {
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
	case selector.Address:
		if !r.kind.isAt(s) {
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

// isAt reports whether an address is that of something of this kind.
func (k Kind) isAt(s selector.Selector) bool { return string(k) == string(s.ContentType) }

func (r *resolver) onPath(s selector.Selector, item Item, same func(a, b string) bool) bool {
	last := len(s.Path) - 1
	if !same(item.Name, s.Path[last]) {
		return false
	}
	projects := r.projectsOf(item)
	if s.Anchored && len(projects) != last || len(projects) < last {
		return false
	}
	return slices.EqualFunc(projects[len(projects)-last:], s.Path[:last], same)
}

// path is an item's full path, as a selector would name it and nothing else: from the top of the tree. In a personal space
// there is no such selector.
func (r *resolver) path(item Item) string {
	path := append(slices.Clone(r.projectsOf(item)), item.Name)
	return selector.Selector{Kind: selector.Path, Path: path, Anchored: item.Project.ID != ""}.String()
}
