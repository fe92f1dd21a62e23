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
	catalog     *Catalog
	client      *Client
	contentType content.Type
	// pool holds items by LUID; whole says that it is the whole site.
	items    map[string]Item
	complete bool
	// asked are the conditions, each a field and a value, that lists were filtered by.
	listed map[string]bool
	// untold are the LUIDs of those of which it was asked once whether they have extracts.
	extractsAsked map[string]bool
	// refused holds why a LUID gave no item.
	rejected map[string]error
}

// manyLUIDs is where reading the whole list becomes cheaper than asking one by one.
const maxItemRequests = 20

// load adds to the pool what the selectors can mean.
func (r *resolver) load(ctx context.Context, selectors []selector.Selector) error {
	w := planLookups(r.contentType, selectors)
	if w.luids = r.missingLUIDs(w.luids); w.all || len(w.luids) > maxItemRequests {
		if err := r.loadAll(ctx); err != nil {
			return err
		}
	}
	for field, values := range map[string][]string{"name": w.names, "tags": w.tags, "contentUrl": w.contentURLs} {
		found, err := r.listNew(ctx, field, values, r.catalog.retry)
		if err != nil {
			return err
		}
		r.add(found)
	}
	// No list holds all, such as what lies in a personal space.
	return r.loadLUIDs(ctx, r.missingLUIDs(w.luids))
}

// unknown are those LUIDs, once each, of which it is not known what they are.
func (r *resolver) missingLUIDs(luids []string) []string {
	var unknown []string
	seen := map[string]bool{}
	for _, luid := range luids {
		if _, known := r.items[luid]; !known && r.rejected[luid] == nil && !seen[luid] {
			seen[luid] = true
			unknown = append(unknown, luid)
		}
	}
	return unknown
}

// ask lists the items of which the field has one of the values, as far as nobody has asked for them before.
func (r *resolver) listNew(ctx context.Context, field string, values []string, retry rest.RetryTimes) ([]Item, error) {
	if r.complete {
		return nil, nil
	}
	values = slices.DeleteFunc(slices.Clone(values), func(value string) bool { return r.listed[field+" "+value] })
	found, err := r.client.listItemsWhere(ctx, r.contentType, field, values, retry)
	if err != nil {
		return nil, err
	}
	for _, value := range values {
		r.listed[field+" "+value] = true
	}
	return found, nil
}

// wanted is what to ask for.
type lookups struct {
	luids, names, tags, contentURLs []string
	all                             bool
}

func planLookups(contentType content.Type, selectors []selector.Selector) lookups {
	var w lookups
	filter := func(list *[]string, value string) {
		if !filterable(value) {
			w.all = true
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
		case s.Kind == selector.Tag && contentType == content.Flow: // flows have tags, but no filter by them
			w.all = true
		case s.Kind == selector.Tag:
			filter(&w.tags, s.Tag)
		case contentType != s.ContentType: // the page of something else
		case s.ContentURL != "":
			filter(&w.contentURLs, s.ContentURL)
		default: // the number in an address is in no filter
			w.all = true
		}
	}
	return w
}

func (r *resolver) add(items []Item) {
	for _, item := range items {
		r.items[strings.ToLower(item.ID)] = item
	}
}

func (r *resolver) loadAll(ctx context.Context) error {
	if r.complete {
		return nil
	}
	all, err := r.client.listItems(ctx, r.contentType, "", r.catalog.retry)
	if err != nil {
		return err
	}
	r.add(all)
	r.complete = true
	return nil
}

// loadLUIDs asks for single items.
func (r *resolver) loadLUIDs(ctx context.Context, luids []string) error {
	items, failures := make([]Item, len(luids)), make([]error, len(luids))
	var group errgroup.Group
	group.SetLimit(maxItemRequests)
	for i, luid := range luids {
		group.Go(func() error {
			items[i], failures[i] = r.client.Item(ctx, r.contentType, luid, r.catalog.retry)
			return nil
		})
	}
	_ = group.Wait() // the failures are kept one by one
	for i, err := range failures {
		switch {
		case err == nil:
			r.add(items[i : i+1])
		case isRefusal(err):
			r.rejected[luids[i]] = err
		default:
			return err
		}
	}
	r.loadExtracts(ctx)
	return nil
}

// learnExtracts asks once for all items whether they have extracts: only a list tells. Best effort, for where it is not
// known, Tableau tells when it is asked to refresh.
func (r *resolver) loadExtracts(ctx context.Context) {
	var names, urls []string
	for luid, item := range r.items {
		if item.HasExtracts == BoolUnknown && item.Type != content.Flow && !r.extractsAsked[luid] {
			r.extractsAsked[luid] = true
			names, urls = append(names, item.Name), append(urls, item.ContentURL)
		}
	}
	field, values := "name", names
	if slices.ContainsFunc(names, unfilterable) { // a content URL is a name without what no filter takes
		field, values = "contentUrl", slices.DeleteFunc(urls, unfilterable)
	}
	slices.Sort(values)
	listed, _ := r.listNew(ctx, field, slices.Compact(values), rest.BestEffort)
	r.add(listed)
}

func unfilterable(value string) bool { return !filterable(value) }
