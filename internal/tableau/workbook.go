package tableau

import (
	"context"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
)

// UpstreamDatasource is a data source that a workbook uses. Without view permission, its LUID and name are empty.
type UpstreamDatasource struct {
	LUID        string       `json:"luid"`
	Name        string       `json:"name"`
	HasExtracts OptionalBool `json:"hasExtracts"`
	ProjectName string       `json:"projectName"`
}

// WorkbookDatasources are the published and the embedded data sources of a workbook. Embedded ones have neither LUID nor
// name.
type WorkbookDatasources struct {
	WorkbookLUID string               `json:"luid"`
	Published    []UpstreamDatasource `json:"upstreamDatasources"`
	Embedded     []UpstreamDatasource `json:"embeddedDatasources"`
}

// HasEmbeddedExtract reports whether the workbook itself has an extract to refresh. This is unknown if Tableau returned none
// of its data sources, of which each workbook has at least one.
func (w WorkbookDatasources) HasEmbeddedExtract() OptionalBool {
	if len(w.Embedded) == 0 {
		return BoolUnknown
	}
	result := BoolFalse
	for _, datasource := range w.Embedded {
		switch datasource.HasExtracts {
		case BoolTrue:
			return BoolTrue
		case BoolUnknown:
			result = BoolUnknown
		}
	}
	return result
}

// WorkbookDatasources queries the Metadata API for the data sources of workbooks, and returns them by workbook LUID in lower
// case. Workbooks that the Metadata API does not return are missing. The warnings are Tableau's, without duplicates, and the
// errors are those of [Client.Lineage].
func (c *Client) WorkbookDatasources(ctx context.Context, luids []string) (datasources map[string]WorkbookDatasources, warnings []string, err error) {
	warn := func(e responseError) { warnings = appendOnce(warnings, e.Message) }
	datasources, err = c.queryWorkbookDatasources(ctx, luids, batchQuery{client: c, retry: rest.BestEffort, warn: warn})
	return datasources, warnings, err
}

func (c *Client) queryWorkbookDatasources(ctx context.Context, luids []string, query batchQuery) (map[string]WorkbookDatasources, error) {
	query.operation, query.graphQL = "ask what the workbooks read", workbooksQuery
	query.maxValues, query.unpaged = luidsPerQuery, true
	all := map[string]WorkbookDatasources{}
	if err := collect(ctx, query, luids, func(w WorkbookDatasources) { all[strings.ToLower(w.WorkbookLUID)] = w }); err != nil {
		return nil, err
	}
	return all, nil
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
	response, err := call[page[Connection]](ctx, c.client, r, collectionPath(content.Workbook), workbook, "connections")
	return response.Connections, err
}

// connectionTypePublished is the connection type of a published data source.
const connectionTypePublished = "sqlproxy"

// PublishedDatasourceNames returns the names of the published data sources among the connections, without duplicates. A name
// that Tableau did not return is "".
func PublishedDatasourceNames(connections []Connection) []string {
	var names []string
	for _, connection := range connections {
		if connection.Type == connectionTypePublished && !slices.Contains(names, connection.Datasource.Name) {
			names = append(names, connection.Datasource.Name)
		}
	}
	return names
}
