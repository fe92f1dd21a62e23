package tableau

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
)

// pageSize is the largest page size that the API accepts.
const pageSize = 1000

// maxPages ends a list if a server never returns its last page.
const maxPages = 1000

// page is one page of a list, of which one field is set. Which lists have a pagination differs between versions; a list
// without one has a single page.
type page[T any] struct {
	Pagination *struct {
		Total int `xml:"totalAvailable,attr"`
	} `xml:"pagination"`
	Workbooks   []T `xml:"workbooks>workbook"`
	Datasources []T `xml:"datasources>datasource"`
	Flows       []T `xml:"flows>flow"`
	Projects    []T `xml:"projects>project"`
	Schedules   []T `xml:"schedules>schedule"`
	Extracts    []T `xml:"extracts>extract"`
	Tasks       []T `xml:"tasks>task"`
	Connections []T `xml:"connections>connection"`
	Jobs        []T `xml:"backgroundJobs>backgroundJob"`
}

func (p page[T]) items() []T {
	return slices.Concat(p.Workbooks, p.Datasources, p.Flows, p.Projects, p.Schedules, p.Extracts, p.Tasks, p.Connections, p.Jobs)
}

// listAll returns all pages of a list below the site.
func listAll[T any](ctx context.Context, c *Client, r rest.Request, path ...string) ([]T, error) {
	return listPages(ctx, c, r, func(ctx context.Context, r rest.Request) (page[T], error) {
		return call[page[T]](ctx, c, r, path...)
	})
}

// listPages returns all pages of a list. It does not rely on the announced total, which can be wrong, but notes if less came.
func listPages[T any](ctx context.Context, c *Client, r rest.Request, getPage func(context.Context, rest.Request) (page[T], error)) ([]T, error) {
	var all []T
	if r.Query == nil {
		r.Query = url.Values{}
	}
	total := 0
	for pageNumber := 1; pageNumber <= maxPages; pageNumber++ {
		r.Query.Set("pageSize", strconv.Itoa(pageSize))
		r.Query.Set("pageNumber", strconv.Itoa(pageNumber))
		response, err := getPage(ctx, r)
		if pageNumber > 1 && (hasCode(err, codeInvalidPage) || isRejected(err) && len(all) >= total) {
			break // some servers reject the page after the last one
		}
		if err != nil {
			return nil, err
		}
		items := response.items()
		all = append(all, items...)
		// A server can return shorter pages than requested, and announce a wrong total. The list ends with an empty page, or
		// with the single page of a list without a pagination.
		if response.Pagination == nil {
			break
		}
		total = response.Pagination.Total
		if len(items) == 0 || len(all) >= total && len(items) != pageSize {
			break
		}
	}
	if len(all) < total {
		c.rest.Note(fmt.Sprintf("%s: %d came of the %d that were announced", r.Operation, len(all), total))
	}
	return all, nil
}

// listItems lists the items of a content type that match the filter; "" matches all.
func (c *Client) listItems(ctx context.Context, contentType content.Type, filter string, retry rest.RetryTimes) ([]Item, error) {
	query := url.Values{}
	if contentType != content.Flow {
		query.Set("fields", "_all_") // by default, lists do not include hasExtracts
	}
	if filter != "" {
		query.Set("filter", filter)
	}
	r := rest.Request{Operation: fmt.Sprintf("list %ss", contentType.Noun()), Query: query, Retry: retry}
	all, err := listAll[Item](ctx, c, r, collectionPath(contentType))
	if hasStatus(err, http.StatusBadRequest) && query.Has("fields") {
		query.Del("fields") // old servers do not support it
		all, err = listAll[Item](ctx, c, r, collectionPath(contentType))
	}
	for i := range all {
		all[i].Type = contentType
	}
	return all, err
}

// The limits of one filter, because the length of a URL is limited.
const (
	maxFilterValues = 40
	maxFilterBytes  = 3000 // in escaped form
)

// filterBatches splits values into batches that fit into one filter each.
func filterBatches(values []string) [][]string {
	var all [][]string
	size := 0
	for _, value := range values {
		length := len(url.QueryEscape(value))
		if size += length; len(all) == 0 || size > maxFilterBytes || len(all[len(all)-1]) == maxFilterValues {
			all, size = append(all, nil), length
		}
		all[len(all)-1] = append(all[len(all)-1], value)
	}
	return all
}

// listItemsWhere lists the items whose field has one of the values, which must all be filterable.
func (c *Client) listItemsWhere(ctx context.Context, contentType content.Type, field string, values []string, retry rest.RetryTimes) ([]Item, error) {
	var all []Item
	for _, batch := range filterBatches(values) {
		found, err := c.listItems(ctx, contentType, field+":in:["+strings.Join(batch, ",")+"]", retry)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// filterable reports whether a value can be part of a filter. Some characters can't, in any encoding.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_filtering_and_sorting.htm
func filterable(value string) bool {
	return value != "" && len(value) < 200 && !strings.ContainsAny(value, ",&[]") && strings.TrimSpace(value) == value
}

// project is a project of the site.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_projects.htm
type project struct {
	ID       string `xml:"id,attr"`
	Name     string `xml:"name,attr"`
	ParentID string `xml:"parentProjectId,attr"`
}

// projectTree contains the projects of a site by LUID.
type projectTree map[string]project

func (c *Client) listProjects(ctx context.Context, retry rest.RetryTimes) (projectTree, error) {
	all, err := listAll[project](ctx, c, rest.Request{Operation: "list projects", Retry: retry}, "projects")
	tree := projectTree{}
	for _, p := range all {
		tree[p.ID] = p
	}
	return tree, err
}

// reachesTop reports whether all projects from the project to the top level are known.
func (t projectTree) reachesTop(id string) bool {
	for range len(t) + 1 {
		p, ok := t[id]
		if !ok {
			return false
		}
		if id = p.ParentID; id == "" {
			return true
		}
	}
	return false
}

// names returns the names of the project and of those around it, the outermost first.
func (t projectTree) names(id string) []string {
	var names []string
	for range len(t) + 1 { // a limit, in case Tableau returns a cycle
		p, ok := t[id]
		if !ok || id == "" {
			break
		}
		names = append([]string{p.Name}, names...)
		id = p.ParentID
	}
	return names
}
