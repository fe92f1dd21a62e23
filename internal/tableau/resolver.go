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

type resolver struct {
	*Catalog
	contentType content.Type
	// items are those requested so far, by LUID in lower case; isComplete is true if they are all that lists return.
	items      map[string]Item
	isComplete bool
	// listed are the filters of the lists requested so far, each a field and a value.
	listed   map[string]bool
	rejected map[string]error // by LUID
}

const maxItemRequests = 20 // one by one, in parallel; for more, the whole list costs less

func (r *resolver) load(ctx context.Context, selectors []selector.Selector) error {
	l := planLookups(r.contentType, selectors)
	if l.all || len(r.missingLUIDs(l.luids)) > maxItemRequests {
		if err := r.loadAll(ctx); err != nil {
			return err
		}
	}
	for field, values := range l.filters {
		if err := r.loadWhere(ctx, field, values, r.retry); err != nil {
			return err
		}
	}
	// Lists are not complete: items in personal spaces can be missing.
	return r.loadLUIDs(ctx, r.missingLUIDs(l.luids))
}

func (r *resolver) missingLUIDs(luids []string) []string {
	missing := slices.DeleteFunc(slices.Clone(luids), func(luid string) bool {
		_, known := r.items[luid]
		return known || r.rejected[luid] != nil
	})
	slices.Sort(missing)
	return slices.Compact(missing)
}

// loadWhere lists the items whose field has one of the values, except for values that were listed before or that no filter
// accepts.
func (r *resolver) loadWhere(ctx context.Context, field string, values []string, retry rest.RetryTimes) error {
	if r.isComplete {
		return nil
	}
	slices.Sort(values)
	values = slices.DeleteFunc(slices.Compact(values), func(value string) bool {
		return r.listed[field+" "+value] || !isFilterable(value)
	})
	found, err := r.client.listItemsWhere(ctx, r.contentType, field, values, retry)
	if err != nil {
		return err
	}
	for _, value := range values {
		r.listed[field+" "+value] = true
	}
	r.add(found)
	return nil
}

type lookups struct {
	luids   []string
	filters map[string][]string // values by field
	all     bool
}

func planLookups(contentType content.Type, selectors []selector.Selector) lookups {
	l := lookups{filters: map[string][]string{}}
	filter := func(field, value string) {
		if l.filters[field] = append(l.filters[field], value); !isFilterable(value) {
			l.all = true
		}
	}
	for _, s := range selectors {
		switch {
		case s.Kind == selector.LUID:
			l.luids = append(l.luids, s.LUID)
		case s.Kind == selector.Path:
			filter("name", s.Path[len(s.Path)-1])
		case s.Kind == selector.Project && s.Recursive: // a filter would miss subprojects that can't be viewed
			l.all = true
		case s.Kind == selector.Project:
			filter("projectName", s.Path[len(s.Path)-1])
		case s.Kind == selector.Tag && contentType == content.Flow: // flows have tags, but no filter for tags
			l.all = true
		case s.Kind == selector.Tag:
			filter("tags", s.Tag)
		case contentType != s.ContentType: // the URL of another content type
		case s.ContentURL != "":
			filter("contentUrl", s.ContentURL)
		default: // there is no filter for the number in a URL
			l.all = true
		}
	}
	return l
}

func (r *resolver) add(items []Item) {
	for _, item := range items {
		r.items[strings.ToLower(item.ID)] = item
	}
}

func (r *resolver) loadAll(ctx context.Context) error {
	if r.isComplete {
		return nil
	}
	all, err := r.client.listItems(ctx, r.contentType, "", r.retry)
	if err != nil {
		return err
	}
	r.add(all)
	r.isComplete = true
	return nil
}

func (r *resolver) loadLUIDs(ctx context.Context, luids []string) error {
	items, errs := make([]Item, len(luids)), make([]error, len(luids))
	var group errgroup.Group
	group.SetLimit(maxItemRequests)
	for i, luid := range luids {
		group.Go(func() error {
			items[i], errs[i] = r.client.Item(ctx, r.contentType, luid, r.retry)
			return nil
		})
	}
	_ = group.Wait() // each error is in errs
	for i, err := range errs {
		switch {
		case err == nil:
			r.add(items[i : i+1])
		case isRejected(err):
			r.rejected[luids[i]] = err
		default:
			return err
		}
	}
	r.loadExtracts(ctx, items)
	return nil
}

// loadExtracts requests whether the items have extracts, which only lists report. Errors are ignored: Tableau also reports a
// missing extract when it rejects the refresh.
func (r *resolver) loadExtracts(ctx context.Context, items []Item) {
	var names, contentURLs []string
	for _, item := range items {
		if item.ID != "" && item.HasExtracts == BoolUnknown && item.Type != content.Flow {
			names, contentURLs = append(names, item.Name), append(contentURLs, item.ContentURL)
		}
	}
	field, values := "name", names
	if slices.ContainsFunc(names, func(name string) bool { return !isFilterable(name) }) {
		field, values = "contentUrl", contentURLs // they omit the characters that filters do not accept
	}
	_ = r.loadWhere(ctx, field, values, rest.BestEffort)
}
