package tableau

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
)

// resolver knows the items that may be meant, more and more of them.
type resolver struct {
	catalog *Catalog
	client  *Client
	kind    content.Type
	// pool holds items by LUID; whole says that it is the whole site.
	pool  map[string]Item
	whole bool
	// asked are the conditions, each a field and a value, that lists were filtered by.
	asked map[string]bool
	// untold are the LUIDs of those of which it was asked once whether they have extracts.
	untold map[string]bool
	// refused holds why a LUID gave no item.
	refused map[string]error
}

// manyLUIDs is where reading the whole list becomes cheaper than asking one by one.
const manyLUIDs = 20

// load adds to the pool what the selectors can mean.
func (r *resolver) load(ctx context.Context, selectors []selector.Selector) error {
	w := wants(r.kind, selectors)
	if w.luids = r.unknown(w.luids); w.whole || len(w.luids) > manyLUIDs {
		if err := r.loadWhole(ctx); err != nil {
			return err
		}
	}
	for field, values := range map[string][]string{"name": w.names, "tags": w.tags, "contentUrl": w.urls} {
		found, err := r.ask(ctx, field, values, r.catalog.patience)
		if err != nil {
			return err
		}
		r.add(found)
	}
	// No list holds all, such as what lies in a personal space.
	return r.loadLUIDs(ctx, r.unknown(w.luids))
}

// unknown are those LUIDs, once each, of which it is not known what they are.
func (r *resolver) unknown(luids []string) []string {
	var unknown []string
	seen := map[string]bool{}
	for _, luid := range luids {
		if _, known := r.pool[luid]; !known && r.refused[luid] == nil && !seen[luid] {
			seen[luid] = true
			unknown = append(unknown, luid)
		}
	}
	return unknown
}

// ask lists the items of which the field has one of the values, as far as nobody has asked for them before.
func (r *resolver) ask(ctx context.Context, field string, values []string, patience rest.RetryTimes) ([]Item, error) {
	if r.whole {
		return nil, nil
	}
	values = slices.DeleteFunc(slices.Clone(values), func(value string) bool { return r.asked[field+" "+value] })
	found, err := r.client.itemsIn(ctx, r.kind, field, values, patience)
	if err != nil {
		return nil, err
	}
	for _, value := range values {
		r.asked[field+" "+value] = true
	}
	return found, nil
}

// wanted is what to ask for.
type wanted struct {
	luids, names, tags, urls []string
	whole                    bool
}

func wants(kind content.Type, selectors []selector.Selector) wanted {
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
		case s.Kind == selector.Tag && kind == content.Flow: // flows have tags, but no filter by them
			w.whole = true
		case s.Kind == selector.Tag:
			filter(&w.tags, s.Tag)
		case kind != s.ContentType: // the page of something else
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
	all, err := r.client.items(ctx, r.kind, "", r.catalog.patience)
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
			items[i], failures[i] = r.client.Item(ctx, r.kind, luid, r.catalog.patience)
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
	var names, urls []string
	for luid, item := range r.pool {
		if item.HasExtracts == BoolUnknown && item.Type != content.Flow && !r.untold[luid] {
			r.untold[luid] = true
			names, urls = append(names, item.Name), append(urls, item.ContentURL)
		}
	}
	field, values := "name", names
	if slices.ContainsFunc(names, unfilterable) { // a content URL is a name without what no filter takes
		field, values = "contentUrl", slices.DeleteFunc(urls, unfilterable)
	}
	slices.Sort(values)
	listed, _ := r.ask(ctx, field, slices.Compact(values), rest.BestEffort)
	r.add(listed)
}

func unfilterable(value string) bool { return !filterable(value) }
