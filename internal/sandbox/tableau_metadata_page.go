package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"slices"
)

// maxMetadataPage is the largest page, defaultMetadataPage the page without the argument first.
const (
	maxMetadataPage     = 1000
	defaultMetadataPage = 100
)

// listArgs are the arguments of a root without pages, pageArgs those of a root with pages.
type listArgs struct {
	PermissionMode *string
	Filter         *metadataFilter
}

type pageArgs struct {
	First, Offset  *int32
	After          *string
	PermissionMode *string
	Filter         *metadataFilter
}

// metadataError is an error of a query.
type metadataError struct{ code, message string }

func (e *metadataError) Error() string { return e.message }

// Extensions returns the code of the error for the response.
func (e *metadataError) Extensions() map[string]any {
	return map[string]any{"severity": "ERROR", "code": e.code}
}

// object is an object of the Metadata API that is a root of queries.
type object interface {
	node() *metadataNode
	attributes() map[string]string
}

// findObjects returns the objects of a root. If a filter by name could reveal hidden objects, they are omitted, with a
// warning.
func findObjects[T object](q *metadataQuery, root string, list func(*catalog) []T, args listArgs) ([]T, error) {
	wanted := args.Filter.terms()
	if q.settings.FilterRequired && len(wanted) == 0 {
		return nil, &metadataError{"FILTER_REQUIRED", "Can't run the query because you must be an admin. Rerun the query with a field name filter to return results."}
	}
	c := q.complete
	if args.PermissionMode != nil && *args.PermissionMode == "FILTER_RESULTS" {
		c = q.visible
	}
	all, names := list(c), wanted.byName()
	secret := func(o T) bool { return o.node().hidden }
	if len(names) > 0 && slices.ContainsFunc(all, secret) {
		q.warn("PERMISSIONS_MODE_SWITCHED", "One or more of the attributes used in your filter contain sensitive data so your results have been "+
			"automatically filtered to contain only the results you have permissions to see", map[string]any{root: names})
		all = slices.DeleteFunc(slices.Clone(all), secret)
	}
	return keep(all, func(o T) bool { return wanted.match(o.attributes()) }), nil
}

// connection is a page.
type connection[T object] struct {
	nodes   []T
	total   int
	hasMore bool
}

// findPage returns a page of the objects of a root.
func findPage[T object](q *metadataQuery, root string, list func(*catalog) []T, args pageArgs) (*connection[T], error) {
	found, err := findObjects(q, root, list, listArgs{args.PermissionMode, args.Filter})
	if err != nil {
		return nil, err
	}
	from, err := args.from(objectIDs(found))
	if err != nil {
		return nil, err
	}
	to := min(len(found), from+q.pageSize(args.First))
	return &connection[T]{nodes: found[from:to], total: len(found), hasMore: to < len(found)}, nil
}

func (q *metadataQuery) pageSize(first *int32) int {
	switch {
	case first == nil:
		return defaultMetadataPage
	case *first > maxMetadataPage:
		q.warn("MAX_PAGE_SIZE_EXCEEDED", "The value chosen for first exceeded the maximum page size.", nil)
		return maxMetadataPage
	}
	return max(0, int(*first))
}

// from returns the index of the first object of a page.
func (a pageArgs) from(ids []string) (int, error) {
	switch {
	case a.After != nil && a.Offset != nil:
		return 0, &metadataError{"INVALID_ARGUMENT", "Can't use after and offset pagination at the same time. Remove one of the arguments from the query."}
	case a.Offset != nil:
		return min(len(ids), max(0, int(*a.Offset))), nil
	case a.After == nil:
		return 0, nil
	}
	last, ok := parseCursor(*a.After)
	if !ok {
		return 0, &metadataError{"INVALID_ARGUMENT", "The query contains an invalid cursor. Make sure to use cursors of the same type."}
	}
	at, found := slices.BinarySearch(ids, last)
	if found {
		at++
	}
	return at, nil
}

func objectIDs[T object](objects []T) []string {
	var ids []string
	for _, o := range objects {
		ids = append(ids, o.node().id)
	}
	return ids
}

// cursor is the position after an object, in the format of the real API.
type cursor struct {
	Scope string `json:"scope"`
	Order struct {
		LastID string `json:"lastId"`
	} `json:"sortOrderValue"`
}

func newCursor(last string) string {
	c := cursor{Scope: "sites/1"}
	c.Order.LastID = last
	text, _ := json.Marshal(c) // strings can always be marshaled
	return base64.StdEncoding.EncodeToString(text)
}

func parseCursor(text string) (last string, ok bool) {
	var c cursor
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(decoded, &c) != nil {
		return "", false
	}
	return c.Order.LastID, c.Order.LastID != ""
}

func (c *connection[T]) Nodes() []T          { return c.nodes }
func (c *connection[T]) TotalCount() int32   { return int32(c.total) }
func (c *connection[T]) PageInfo() *pageInfo { return &pageInfo{c.hasMore, lastCursor(c.nodes)} }

func lastCursor[T object](nodes []T) *string {
	if len(nodes) == 0 {
		return nil
	}
	return new(newCursor(nodes[len(nodes)-1].node().id))
}

type pageInfo struct {
	hasMore bool
	end     *string
}

func (p *pageInfo) HasNextPage() bool  { return p.hasMore }
func (p *pageInfo) EndCursor() *string { return p.end }
