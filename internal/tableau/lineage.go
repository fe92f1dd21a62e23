package tableau

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
)

// DatabaseTable is a table or view of a warehouse, as the Metadata API returns it. Unknown texts are empty, and none is
// reliable: the full name can lack parts or belong to another table, and the name can include the schema.
// https://help.tableau.com/current/api/metadata_api/en-us/reference/databasetable.doc.html
type DatabaseTable struct {
	// MetadataID is the ID in the Metadata API.
	MetadataID     string   `json:"id"`
	Name           string   `json:"name"`
	FullName       string   `json:"fullName"`
	Schema         string   `json:"schema"`
	ConnectionType string   `json:"connectionType"`
	Database       Database `json:"database"`
	Dependents
	// CustomSQL are the dependents of each custom SQL query in which Tableau found the table.
	CustomSQL []Dependents `json:"referencedByQueries"`
}

// Database is the database of a table; its name can be empty.
// https://help.tableau.com/current/api/metadata_api/en-us/reference/database.doc.html
type Database struct {
	Name string `json:"name"`
}

// Dependents use a table, directly or indirectly.
type Dependents struct {
	// Datasources are published data sources.
	Datasources []Dependent `json:"downstreamDatasources"`
	Workbooks   []Dependent `json:"downstreamWorkbooks"`
}

// Dependent is a published data source or a workbook.
type Dependent struct {
	// MetadataID is the ID in the Metadata API.
	MetadataID  string `json:"id"`
	LUID        string `json:"luid"`
	Name        string `json:"name"`
	ProjectName string `json:"projectName"`
	// HasExtracts is set only for data sources. For workbooks, see [Lineage].
	HasExtracts OptionalBool `json:"hasExtracts"`
}

// Hidden reports whether the signed-in user can't view the dependent. Tableau then omits its LUID and name.
func (d Dependent) Hidden() bool { return d.LUID == "" || d.Name == "" }

// AllDependents returns the dependents of the table itself, then those that use it through custom SQL.
func (t DatabaseTable) AllDependents() []Dependents {
	return append([]Dependents{t.Dependents}, t.CustomSQL...)
}

// Lineage contains tables and the content that depends on them.
type Lineage struct {
	// Tables are sorted by MetadataID.
	Tables []DatabaseTable
	// WorkbookDatasources are those of the dependent workbooks, by LUID in lower case. Hidden workbooks are missing.
	WorkbookDatasources map[string]WorkbookDatasources
	// Backfilling is true if the Metadata API reported that it has not indexed the whole site yet.
	Backfilling bool
	// Warnings are Tableau's, without duplicates.
	Warnings []string
}

// The largest queries. A filter with ten thousand values gets an empty response, and in a page of a hundred tables, each can
// have two hundred objects before a server with default settings truncates it.
const (
	namesPerQuery = 500
	tablesPerPage = 100
	luidsPerQuery = 100
)

const tablesQuery = `query tables($values: [String], $first: Int, $after: String) {
  databaseTablesConnection(first: $first, after: $after, filter: {nameWithin: $values}) {
    nodes {
      id name fullName schema connectionType
      database { name }
      downstreamDatasources { ...source }
      downstreamWorkbooks { ...workbook }
      referencedByQueries {
        downstreamDatasources { ...source }
        downstreamWorkbooks { ...workbook }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
fragment source on PublishedDatasource { id luid name projectName hasExtracts }
fragment workbook on Workbook { id luid name projectName }`

// workbooksQuery has no pages, because it returns at most one workbook for each value.
const workbooksQuery = `query workbooks($values: [String]) {
  workbooks(filter: {luidWithin: $values}) {
    luid
    upstreamDatasources { luid name hasExtracts projectName }
    embeddedDatasources { hasExtracts }
  }
}`

// Lineage queries the Metadata API for the tables with these names, and for what depends on them. Tableau compares names
// exactly, so the names must include every possible spelling. If Tableau truncates a response, the query is repeated for less
// at a time; it is an error if even the smallest query is truncated.
//
// For a session that has ended, the Metadata API can return empty pages or BACKFILL_RUNNING instead of status 401. The lineage
// is therefore queried again unless the same session is valid before and after it.
// https://github.com/tableau/metadata-api-samples/issues/9
func (c *Client) Lineage(ctx context.Context, names []string, retry rest.RetryTimes) (Lineage, error) {
	for {
		before, err := c.validSession(ctx, retry)
		if err != nil {
			return Lineage{}, err
		}
		lineage, err := c.queryLineage(ctx, names, retry)
		if err != nil {
			return Lineage{}, err
		}
		if after, err := c.validSession(ctx, retry); err != nil || after == before {
			return lineage, err
		}
	}
}

// validSession returns the session token after a request to the REST API, which renews a session that has ended.
func (c *Client) validSession(ctx context.Context, retry rest.RetryTimes) (token string, err error) {
	r := rest.Request{Operation: "check the session", Query: url.Values{"pageSize": {"1"}}, Retry: retry}
	_, err = call[page[Item]](ctx, c, r, collectionPath(content.Workbook))
	return c.session.current().token, err
}

// maxMalformed is how long malformed responses are retried, such as those of a service that is starting.
const maxMalformed = 5 * time.Minute

func (c *Client) queryLineage(ctx context.Context, names []string, retry rest.RetryTimes) (Lineage, error) {
	retry.Malformed = min(retry.Malformed, maxMalformed)
	var lineage Lineage
	tables := map[string]DatabaseTable{}
	query := batchQuery{
		client: c, operation: "query the content that uses the tables", graphQL: tablesQuery, maxValues: namesPerQuery,
		maxNodes: tablesPerPage, retry: retry,
		warn: func(e responseError) {
			lineage.Backfilling = lineage.Backfilling || e.Extensions.Code == codeBackfillRunning
			lineage.Warnings = appendOnce(lineage.Warnings, e.Message)
		},
	}
	err := collect(ctx, query, names, func(t DatabaseTable) { tables[t.MetadataID] = t })
	if err != nil {
		return Lineage{}, err
	}
	workbooks := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(tables)) {
		lineage.Tables = append(lineage.Tables, tables[id])
		for _, dependents := range tables[id].AllDependents() {
			for _, workbook := range dependents.Workbooks {
				if !workbook.Hidden() {
					workbooks[workbook.LUID] = true
				}
			}
		}
	}
	if lineage.WorkbookDatasources, err = c.queryWorkbookDatasources(ctx, slices.Sorted(maps.Keys(workbooks)), query); err != nil {
		return Lineage{}, err
	}
	return lineage, nil
}

func appendOnce(texts []string, text string) []string {
	if slices.Contains(texts, text) {
		return texts
	}
	return append(texts, text)
}

const checkQuery = `query check { databaseTablesConnection(first: 1, filter: {name: "dbt"}) { nodes { id } } }`

// CheckMetadata sends a minimal query, to find out before dbt starts whether [Client.Lineage] will work.
func (c *Client) CheckMetadata(ctx context.Context) error {
	query := batchQuery{
		client: c, retry: rest.Preflight, operation: "check the Metadata API", graphQL: checkQuery,
		unpaged: true, smallest: true, warn: func(responseError) {},
	}
	_, err := runQuery[struct{}](ctx, query, nil)
	if errors.Is(err, errTruncated) {
		return nil // the Metadata API is available
	}
	return err
}

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
	has := func(value OptionalBool) bool {
		return slices.ContainsFunc(w.Embedded, func(d UpstreamDatasource) bool { return d.HasExtracts == value })
	}
	switch {
	case has(BoolTrue):
		return BoolTrue
	case has(BoolUnknown) || len(w.Embedded) == 0:
		return BoolUnknown
	}
	return BoolFalse
}

// WorkbookDatasources queries the Metadata API for the data sources of workbooks, and returns them by workbook LUID in lower
// case. Workbooks that the Metadata API does not return are missing. The warnings are Tableau's, without duplicates.
func (c *Client) WorkbookDatasources(ctx context.Context, luids []string) (found map[string]WorkbookDatasources, warnings []string, err error) {
	warn := func(e responseError) { warnings = appendOnce(warnings, e.Message) }
	found, err = c.queryWorkbookDatasources(ctx, luids, batchQuery{client: c, retry: rest.BestEffort, warn: warn})
	return found, warnings, err
}

func (c *Client) queryWorkbookDatasources(ctx context.Context, luids []string, query batchQuery) (map[string]WorkbookDatasources, error) {
	query.operation, query.graphQL = "query the data sources of the workbooks", workbooksQuery
	query.maxValues, query.unpaged = luidsPerQuery, true
	all := map[string]WorkbookDatasources{}
	if err := collect(ctx, query, luids, func(w WorkbookDatasources) { all[strings.ToLower(w.WorkbookLUID)] = w }); err != nil {
		return nil, err
	}
	return all, nil
}
