package tableau

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
)

// pageSize is the largest that the API takes.
const pageSize = 1000

// maxPages bounds what a server with a broken count could make of a list.
const maxPages = 1000

// page is one page of a list: one of the lists is in it. Which lists have a pagination differs between versions; one
// without is the only page.
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

// listAll reads all pages of a list below the site.
func listAll[T any](ctx context.Context, c *Client, r rest.Request, path ...string) ([]T, error) {
	return listPages(ctx, c, r, func(ctx context.Context, r rest.Request) (page[T], error) {
		return call[page[T]](ctx, c, r, path...)
	})
}

// listWith counts on what comes, not on the total that is announced, but says so when less has come.
func listPages[T any](ctx context.Context, c *Client, r rest.Request, getPage func(context.Context, rest.Request) (page[T], error)) ([]T, error) {
	var all []T
	if r.Query == nil {
		r.Query = url.Values{}
	}
	total := 0
	for number := 1; number <= maxPages; number++ {
		r.Query.Set("pageSize", strconv.Itoa(pageSize))
		r.Query.Set("pageNumber", strconv.Itoa(number))
		response, err := getPage(ctx, r)
		if number > 1 && (hasCode(err, codeInvalidPage) || isRefusal(err) && len(all) >= total) {
			break // some servers refuse the page after the last one
		}
		if err != nil {
			return nil, err
		}
		items := response.items()
		all = append(all, items...)
		// A server may give shorter pages than it was asked for, and announce a wrong total: an empty page is the end, and so is
		// the only one of a list without pages.
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

// items lists the items of a kind that match the filter, all of them for "".
func (c *Client) listItems(ctx context.Context, contentType content.Type, filter string, retry rest.RetryTimes) ([]Item, error) {
	query := url.Values{}
	if contentType != content.Flow {
		query.Set("fields", "_all_") // else a list does not say whether there are extracts
	}
	if filter != "" {
		query.Set("filter", filter)
	}
	r := rest.Request{Operation: fmt.Sprintf("list %ss", contentType.Noun()), Query: query, Retry: retry}
	all, err := listAll[Item](ctx, c, r, collectionPath(contentType))
	if status, ok := errors.AsType[*rest.StatusError](err); ok && status.Status == http.StatusBadRequest && query.Has("fields") {
		query.Del("fields") // an old server may not know them
		all, err = listAll[Item](ctx, c, r, collectionPath(contentType))
	}
	for i := range all {
		all[i].Type = contentType
	}
	return all, err
}

// What one filter holds: an address has its limits.
const (
	maxFilterValues = 40
	maxFilterBytes  = 3000 // as they are escaped
)

// batches parts values so that each part fits into one filter.
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

// itemsIn lists the items of which the field has one of the values. All values must be filterable.
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

// filterable reports whether a value can be part of a filter: some characters can't, whatever their encoding.
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

// projectTree knows the way from the top to each project.
type projectTree map[string]project

func (c *Client) listProjects(ctx context.Context, retry rest.RetryTimes) (projectTree, error) {
	all, err := listAll[project](ctx, c, rest.Request{Operation: "list projects", Retry: retry}, "projects")
	tree := projectTree{}
	for _, p := range all {
		tree[p.ID] = p
	}
	return tree, err
}

// whole reports whether the way from the top to a project is known.
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

// path is the names of the projects around an item, the outermost first.
func (t projectTree) names(id string) []string {
	var path []string
	for seen := 0; id != "" && seen <= len(t); seen++ { // a circle would be Tableau's mistake, and must not be ours
		p, ok := t[id]
		if !ok {
			break
		}
		path = append([]string{p.Name}, path...)
		id = p.ParentID
	}
	return path
}
