package tableau

import (
	"context"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
)

// MetadataError is what the Metadata API says is wrong, beside whatever it answers.
// https://help.tableau.com/current/api/metadata_api/en-us/docs/meta_api_errors.html
type MetadataError struct {
	// Codes are its codes, such as FEATURE_DISABLED, where it gives any.
	Codes   []string
	Message string
}

func (e *MetadataError) Error() string { return "the Metadata API says: " + e.Message }

type graphQLResponse[T any] struct {
	Data   T `json:"data"`
	Errors []struct {
		Message    string `json:"message"`
		Extensions struct {
			Code     string `json:"code"`
			Severity string `json:"severity"`
		} `json:"extensions"`
	} `json:"errors"`
}

// problem is nil when there are no errors. Errors come with status 200, and beside a part of the data.
func (a graphQLResponse[T]) err() error {
	if len(a.Errors) == 0 {
		return nil
	}
	var e MetadataError
	var texts []string
	for _, one := range a.Errors {
		e.Codes = append(e.Codes, one.Extensions.Code)
		texts = append(texts, one.Message)
	}
	e.Message = strings.Join(slices.Compact(texts), "; ")
	return &e
}

// Source is a published data source that a workbook reads.
type UpstreamDatasource struct {
	LUID        string       `json:"luid"`
	Name        string       `json:"name"`
	HasExtracts OptionalBool `json:"hasExtracts"`
	ProjectName string       `json:"projectName"`
}

// Reads is what a workbook reads.
type WorkbookDatasources struct {
	WorkbookLUID string               `json:"luid"`
	Published    []UpstreamDatasource `json:"upstreamDatasources"`
	Embedded     []UpstreamDatasource `json:"embeddedDatasources"`
}

// HasExtracts says whether the workbook has an extract of its own.
func (r WorkbookDatasources) HasEmbeddedExtract() OptionalBool {
	has := BoolFalse
	for _, source := range r.Embedded {
		switch source.HasExtracts {
		case BoolTrue:
			return BoolTrue
		case BoolUnknown:
			has = BoolUnknown
		}
	}
	return has
}

// Reads tells by the Metadata API what each of the workbooks reads; one that it does not know is left out. The warnings are
// what Tableau says of the answer, each once. Errors are as of [Client.Lineage].
func (c *Client) WorkbookDatasources(ctx context.Context, luids []string) (reads map[string]WorkbookDatasources, warnings []string, err error) {
	warn := func(text string) { warnings = appendOnce(warnings, text) }
	reads, err = c.queryWorkbookDatasources(ctx, luids, batchQuery{client: c, retry: rest.BestEffort, warn: warn})
	return reads, warnings, err
}

func (c *Client) queryWorkbookDatasources(ctx context.Context, luids []string, query batchQuery) (map[string]WorkbookDatasources, error) {
	query.operation, query.query = "ask what the workbooks read", workbooksQuery
	query.maxValues, query.unpaged = luidsPerQuery, true
	all := map[string]WorkbookDatasources{}
	if err := collect(ctx, query, luids, func(r WorkbookDatasources) { all[strings.ToLower(r.WorkbookLUID)] = r }); err != nil {
		return nil, err
	}
	return all, nil
}

// Connection is a connection of a workbook.
type Connection struct {
	// Type is sqlproxy for a published data source.
	Type       string `xml:"type,attr"`
	Datasource struct {
		// Name is the published data source's; the ID beside it is not its LUID.
		Name string `xml:"name,attr"`
	} `xml:"datasource"`
}

// Connections lists the connections of a workbook.
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_workbooks_and_views.htm#query_workbook_connections
func (c *Catalog) Connections(ctx context.Context, workbook string) ([]Connection, error) {
	r := rest.Request{Operation: "list the connections of workbook " + workbook, Retry: c.retry}
	response, err := call[page[Connection]](ctx, c.client, r, collectionPath(content.Workbook), workbook, "connections")
	return response.Connections, err
}

// typePublished is the connection type of a published data source.
const connectionTypePublished = "sqlproxy"

// PublishedNames are the names of the published data sources among the connections; "" is one that Tableau does not tell.
func PublishedDatasourceNames(connections []Connection) []string {
	var names []string
	for _, connection := range connections {
		if connection.Type == connectionTypePublished && !slices.Contains(names, connection.Datasource.Name) {
			names = append(names, connection.Datasource.Name)
		}
	}
	return names
}
