package tableau

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"dbt-tableau-refresh/internal/rest"
)

// DatabaseTable is a table or view of a warehouse, in the words of the Metadata API. A text that is not known is empty, and
// none is to be relied on: the full name may lack parts or be another one, the name may repeat the schema.
// https://help.tableau.com/current/api/metadata_api/en-us/reference/databasetable.doc.html
type DatabaseTable struct {
	// ID is that of the Metadata API.
	MetadataID     string   `json:"id"`
	Name           string   `json:"name"`
	FullName       string   `json:"fullName"`
	Schema         string   `json:"schema"`
	ConnectionType string   `json:"connectionType"`
	Database       Database `json:"database"`
	Dependents
	// Queries are custom SQL in which Tableau has found the table, each with what uses it.
	CustomSQL []Dependents `json:"referencedByQueries"`
}

// Database is where a table is; its name may be empty.
// https://help.tableau.com/current/api/metadata_api/en-us/reference/database.doc.html
type Database struct {
	Name string `json:"name"`
}

// Readers are what reads a table, directly or through something else.
type Dependents struct {
	// Datasources are published.
	Datasources []Dependent `json:"downstreamDatasources"`
	Workbooks   []Dependent `json:"downstreamWorkbooks"`
}

// Reader is a published data source or a workbook.
type Dependent struct {
	// Node is its ID in the Metadata API, ID its LUID.
	MetadataID  string `json:"id"`
	LUID        string `json:"luid"`
	Name        string `json:"name"`
	ProjectName string `json:"projectName"`
	// HasExtracts is of data sources alone. What a workbook has is in [Lineage].
	HasExtracts OptionalBool `json:"hasExtracts"`
}

// Hidden reports whether the signed-in user may not see it: Tableau tells that it is there, and withholds what it is.
func (r Dependent) Hidden() bool { return r.LUID == "" || r.Name == "" }

// AllReaders are those of the table itself, and those by way of custom SQL.
func (t DatabaseTable) AllDependents() []Dependents {
	return append([]Dependents{t.Dependents}, t.CustomSQL...)
}

// Lineage is what the Metadata API knows of some tables.
type Lineage struct {
	// Tables are in the order of their IDs.
	Tables []DatabaseTable
	// Reads is what each workbook among their readers reads, by its LUID in lower case. It lacks those that are hidden.
	WorkbookDatasources map[string]WorkbookDatasources
	// Warnings are what Tableau says of the answer, each once.
	Warnings []string
}

// What is asked for at a time. A filter of ten thousand values gets an empty answer, and a page of a hundred tables leaves
// two hundred objects to each before an untuned server cuts it off.
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

// workbooksQuery has no pages: there are no more workbooks than values.
const workbooksQuery = `query workbooks($values: [String]) {
  workbooks(filter: {luidWithin: $values}) {
    luid
    upstreamDatasources { luid name hasExtracts projectName }
    embeddedDatasources { hasExtracts }
  }
}`

// longestGarbage is how long answers that can't be read are put down to a service on its way up.
const maxMalformed = 5 * time.Minute

// Lineage asks for the tables of these names, and for what reads them. Tableau compares names letter by letter, so a name
// is asked for in every spelling that it may have. It reads on through limits, by asking for less at a time. The error is
// a [MetadataLimitError] where even the least is too much, a [MetadataRefusedError] where the Metadata API can't be used.
func (c *Client) Lineage(ctx context.Context, names []string, retry rest.RetryTimes) (Lineage, error) {
	retry.Malformed = min(retry.Malformed, maxMalformed)
	var lineage Lineage
	tables := map[string]DatabaseTable{}
	query := batchQuery{
		client: c, operation: "ask what reads the tables", query: tablesQuery, maxValues: namesPerQuery, maxNodes: tablesPerPage,
		retry: retry,
		warn:  func(text string) { lineage.Warnings = appendOnce(lineage.Warnings, text) },
	}
	err := collect(ctx, query, names, func(t DatabaseTable) { tables[t.MetadataID] = t })
	if err != nil {
		return Lineage{}, err
	}
	lineage.Tables = slices.SortedStableFunc(maps.Values(tables), func(a, b DatabaseTable) int { return cmp.Compare(a.MetadataID, b.MetadataID) })
	if lineage.WorkbookDatasources, err = c.queryWorkbookDatasources(ctx, visibleWorkbooks(lineage.Tables), query); err != nil {
		return Lineage{}, err
	}
	return lineage, nil
}

// workbooks are the LUIDs of the workbooks that read any of the tables, as far as they may be seen.
func visibleWorkbooks(tables []DatabaseTable) []string {
	luids := map[string]bool{}
	for _, table := range tables {
		for _, dependents := range table.AllDependents() {
			for _, workbook := range dependents.Workbooks {
				if !workbook.Hidden() {
					luids[workbook.LUID] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(luids))
}

func appendOnce(texts []string, text string) []string {
	if slices.Contains(texts, text) {
		return texts
	}
	return append(texts, text)
}
