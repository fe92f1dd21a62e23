package tableau

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
)

func collectionPath(t content.Type) string { return string(t) + "s" }

// Item is a workbook, a published data source, or a flow. ID is its LUID.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm
type Item struct {
	Type content.Type `xml:"-"`
	ID   string       `xml:"id,attr"`
	Name string       `xml:"name,attr"`
	// ContentURL is the item's name in URLs; "" for a flow.
	ContentURL string `xml:"contentUrl,attr"`
	// URL is the item's page.
	URL string `xml:"webpageUrl,attr"`
	// HasExtracts is reported only by lists.
	HasExtracts OptionalBool `xml:"hasExtracts,attr"`
	// UsesBridge is true for a data source that Tableau Bridge might refresh.
	UsesBridge bool `xml:"useRemoteQueryAgent,attr"`
	// Project is empty for an item in a personal space.
	Project struct {
		ID   string `xml:"id,attr"`
		Name string `xml:"name,attr"`
	} `xml:"project"`
	Tags []Tag `xml:"tags>tag"`
	// Parameters are those of a flow. Lists do not include them.
	Parameters []struct {
		Name       string `xml:"name,attr"`
		IsRequired bool   `xml:"isRequired,attr"`
	} `xml:"parameters>parameter"`
}

// Tag is a tag of an item.
type Tag struct {
	Label string `xml:"label,attr"`
}

// HasNoExtract reports whether Tableau reported that the item has no extract to refresh.
func (i Item) HasNoExtract() bool { return i.HasExtracts == BoolFalse }

type itemResponse struct {
	Workbook   *Item `xml:"workbook"`
	Datasource *Item `xml:"datasource"`
	Flow       *Item `xml:"flow"`
}

func (r *itemResponse) item() *Item { return cmp.Or(r.Workbook, r.Datasource, r.Flow) }

func (r *itemResponse) isValid() bool { return r.item() != nil && r.item().ID != "" }

// Item requests a workbook, published data source, or flow by its LUID.
func (c *Client) Item(ctx context.Context, contentType content.Type, luid string, retry rest.RetryTimes) (Item, error) {
	r := rest.Request{Operation: fmt.Sprintf("get %s %s", contentType.Noun(), luid), Retry: retry}
	response, err := call[itemResponse](ctx, c, r, collectionPath(contentType), luid)
	if err != nil {
		return Item{}, err
	}
	item := *response.item()
	item.Type = contentType
	return item, nil
}

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

// The length of a URL is limited.
const (
	maxFilterValues = 40
	maxFilterBytes  = 3000 // in escaped form
)

// listItemsWhere lists the items whose field has one of the values, which must all be filterable.
func (c *Client) listItemsWhere(
	ctx context.Context, contentType content.Type, field string, values []string, retry rest.RetryTimes,
) ([]Item, error) {
	var all []Item
	for len(values) > 0 {
		count, size := 0, 0
		for count < min(len(values), maxFilterValues) {
			if size += len(url.QueryEscape(values[count])); size > maxFilterBytes && count > 0 {
				break
			}
			count++
		}
		found, err := c.listItems(ctx, contentType, field+":in:["+strings.Join(values[:count], ",")+"]", retry)
		if err != nil {
			return nil, err
		}
		all, values = append(all, found...), values[count:]
	}
	return all, nil
}

// isFilterable reports whether a value can be part of a filter. Some characters can't, in any encoding.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_filtering_and_sorting.htm
func isFilterable(value string) bool {
	return value != "" && len(value) < 200 && !strings.ContainsAny(value, ",&[]") && strings.TrimSpace(value) == value
}

// Connection is a connection of a workbook.
type Connection struct {
	// Type is sqlproxy for a published data source.
	Type       string `xml:"type,attr"`
	Datasource struct {
		// Name is the name of the published data source. The response also has an ID, which is not its LUID.
		Name string `xml:"name,attr"`
	} `xml:"datasource"`
}

// Connections lists the connections of a workbook. It is safe for concurrent use.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook_connections
func (c *Catalog) Connections(ctx context.Context, workbook string) ([]Connection, error) {
	r := rest.Request{Operation: "list the connections of workbook " + workbook, Retry: c.retry}
	return listPage[Connection](ctx, c.client, r, collectionPath(content.Workbook), workbook, "connections")
}

// PublishedDatasourceNames returns the names of the published data sources among the connections, without duplicates. A name
// that Tableau did not return is "".
func PublishedDatasourceNames(connections []Connection) []string {
	var names []string
	for _, connection := range connections {
		if connection.Type == "sqlproxy" && !slices.Contains(names, connection.Datasource.Name) {
			names = append(names, connection.Datasource.Name)
		}
	}
	return names
}
