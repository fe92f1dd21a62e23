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

// resolver finds the items of one content type, and keeps what it has requested.
type resolver struct {
	catalog     *Catalog
	client      *Client
	contentType content.Type
	// items are those requested so far, by LUID in lower case; complete is true if they are all that lists return.
	items    map[string]Item
	complete bool
	// listed are the filters of the lists requested so far, each a field and a value.
	listed map[string]bool
	// extractsAsked are the LUIDs of items for which a list was requested because of their extracts.
	extractsAsked map[string]bool
	// rejected are the errors of items that could not be requested, by LUID.
	rejected map[string]error
}

// maxItemRequests is how many items are requested one by one, in parallel. For more, the whole list costs less.
const maxItemRequests = 20

// load requests the items that the selectors can match.
func (r *resolver) load(ctx context.Context, selectors []selector.Selector) error {
	l := planLookups(r.contentType, selectors)
	if l.luids = r.missingLUIDs(l.luids); l.all || len(l.luids) > maxItemRequests {
		if err := r.loadAll(ctx); err != nil {
			return err
		}
	}
	for field, values := range map[string][]string{"name": l.names, "tags": l.tags, "contentUrl": l.contentURLs, "projectName": l.projects} {
		found, err := r.listNew(ctx, field, values, r.catalog.retry)
		if err != nil {
			return err
		}
		r.add(found)
	}
	// Lists are not complete: items in personal spaces can be missing.
	return r.loadLUIDs(ctx, r.missingLUIDs(l.luids))
}

// missingLUIDs returns the LUIDs that were not requested yet, without duplicates.
func (r *resolver) missingLUIDs(luids []string) []string {
	var missing []string
	seen := map[string]bool{}
	for _, luid := range luids {
		if _, known := r.items[luid]; !known && r.rejected[luid] == nil && !seen[luid] {
			seen[luid] = true
			missing = append(missing, luid)
		}
	}
	return missing
}

// listNew lists the items whose field has one of the values, except for values that were listed before.
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

// lookups are the requests that find what selectors match.
type lookups struct {
	luids, names, tags, contentURLs, projects []string
	all                                       bool
}

func planLookups(contentType content.Type, selectors []selector.Selector) lookups {
	var l lookups
	filter := func(list *[]string, value string) {
		if !filterable(value) {
			l.all = true
		} else if !slices.Contains(*list, value) {
			*list = append(*list, value)
		}
	}
	for _, s := range selectors {
		switch {
		case s.Kind == selector.LUID:
			l.luids = append(l.luids, s.LUID)
		case s.Kind == selector.Path:
			filter(&l.names, s.Path[len(s.Path)-1])
		case s.Kind == selector.Project && s.Recursive: // a filter would miss subprojects that can't be viewed
			l.all = true
		case s.Kind == selector.Project:
			filter(&l.projects, s.Path[len(s.Path)-1])
		case s.Kind == selector.Tag && contentType == content.Flow: // flows have tags, but no filter for tags
			l.all = true
		case s.Kind == selector.Tag:
			filter(&l.tags, s.Tag)
		case contentType != s.ContentType: // the URL of another content type
		case s.ContentURL != "":
			filter(&l.contentURLs, s.ContentURL)
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

// loadLUIDs requests items one by one.
func (r *resolver) loadLUIDs(ctx context.Context, luids []string) error {
	items, errs := make([]Item, len(luids)), make([]error, len(luids))
	var group errgroup.Group
	group.SetLimit(maxItemRequests)
	for i, luid := range luids {
		group.Go(func() error {
			items[i], errs[i] = r.client.Item(ctx, r.contentType, luid, r.catalog.retry)
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
	r.loadExtracts(ctx)
	return nil
}

// loadExtracts requests once for each item whether it has an extract, which only lists report. Errors are ignored: Tableau
// also reports a missing extract when it rejects the refresh.
func (r *resolver) loadExtracts(ctx context.Context) {
	var names, contentURLs []string
	for luid, item := range r.items {
		if item.HasExtracts == BoolUnknown && item.Type != content.Flow && !r.extractsAsked[luid] {
			r.extractsAsked[luid] = true
			names, contentURLs = append(names, item.Name), append(contentURLs, item.ContentURL)
		}
	}
	field, values := "name", names
	if slices.ContainsFunc(names, unfilterable) { // content URLs omit the characters that filters do not accept
		field, values = "contentUrl", slices.DeleteFunc(contentURLs, unfilterable)
	}
	slices.Sort(values)
	listed, _ := r.listNew(ctx, field, slices.Compact(values), rest.BestEffort)
	r.add(listed)
}

func unfilterable(value string) bool { return !filterable(value) }
