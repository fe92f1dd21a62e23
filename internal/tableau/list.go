package tableau

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"dbt-tableau-refresh/internal/rest"
)

const (
	pageSize = 1000 // the largest that the API accepts
	maxPages = 1000 // in case a server never returns its last page
)

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
	Tasks       []T `xml:"tasks>task>extractRefresh"`
	Connections []T `xml:"connections>connection"`
	Jobs        []T `xml:"backgroundJobs>backgroundJob"`
}

func (p page[T]) items() []T {
	return slices.Concat(p.Workbooks, p.Datasources, p.Flows, p.Projects, p.Schedules, p.Extracts, p.Tasks, p.Connections, p.Jobs)
}

func listPage[T any](ctx context.Context, c *Client, r rest.Request, path ...string) ([]T, error) {
	response, err := call[page[T]](ctx, c, r, path...)
	return response.items(), err
}

// listAll returns all pages of a list. It does not rely on the announced total, which can be wrong, but logs a note if fewer
// items were received.
func listAll[T any](ctx context.Context, c *Client, r rest.Request, path ...string) ([]T, error) {
	var all []T
	if r.Query == nil {
		r.Query = url.Values{}
	}
	total := 0
	for pageNumber := 1; pageNumber <= maxPages; pageNumber++ {
		r.Query.Set("pageSize", strconv.Itoa(pageSize))
		r.Query.Set("pageNumber", strconv.Itoa(pageNumber))
		response, err := call[page[T]](ctx, c, r, path...)
		if pageNumber > 1 && (hasCode(err, codeInvalidPage) || isRejected(err) && len(all) >= total) {
			break // some servers reject the page after the last one
		}
		if err != nil {
			return nil, err
		}
		items := response.items()
		all = append(all, items...)
		if response.Pagination == nil {
			break
		}
		// A server can return shorter pages than requested, and announce a wrong total, but the last page is shorter or empty.
		total = response.Pagination.Total
		if len(items) == 0 || len(all) >= total && len(items) != pageSize {
			break
		}
	}
	if len(all) < total {
		c.rest.Note(fmt.Sprintf("%s: received %d of %d items", r.Operation, len(all), total))
	}
	return all, nil
}
