package tableau

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/rest"
)

// MetadataError is what the Metadata API says is wrong, beside whatever it answers.
// https://help.tableau.com/current/api/metadata_api/en-us/docs/meta_api_errors.html
type MetadataError struct {
	// Codes are its codes, such as FEATURE_DISABLED, where it gives any.
	Codes []string
	Text  string
}

func (e *MetadataError) Error() string { return "the Metadata API says: " + e.Text }

type graphAnswer[T any] struct {
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
func (a graphAnswer[T]) problem() error {
	if len(a.Errors) == 0 {
		return nil
	}
	var e MetadataError
	var texts []string
	for _, one := range a.Errors {
		e.Codes = append(e.Codes, one.Extensions.Code)
		texts = append(texts, one.Message)
	}
	e.Text = strings.Join(slices.Compact(texts), "; ")
	return &e
}

// query asks the Metadata API. What it answers may be a part; then there is a [MetadataError], too.
// https://help.tableau.com/current/api/metadata_api/en-us/index.html
func query[T any](ctx context.Context, c *Client, operation, text string, variables map[string]any) (T, error) {
	var answer graphAnswer[T]
	body, err := json.Marshal(map[string]any{"query": text, "variables": variables})
	if err != nil {
		return answer.Data, fmt.Errorf("failed to encode the query to %s: %w", operation, err)
	}
	for {
		identity := c.session.current()
		err := c.post(ctx, operation, body, identity.token, func(body []byte) error {
			answer = graphAnswer[T]{} // a broken answer must not leave half of itself to the next
			return json.Unmarshal(body, &answer)
		})
		if !isUnauthorized(err) {
			return answer.Data, errors.Join(err, answer.problem())
		}
		if err := c.renew(ctx, identity.token, ScopeContent, err); err != nil {
			return answer.Data, err
		}
	}
}

func (c *Client) post(ctx context.Context, operation string, body []byte, token string, decode func([]byte) error) error {
	_, err := c.rest.Do(ctx, rest.Request{
		Operation:   operation,
		Method:      http.MethodPost,
		Path:        []string{"api", "metadata", "graphql"},
		Header:      http.Header{"X-Tableau-Auth": {token}},
		Accept:      "application/json",
		Body:        body,
		ContentType: "application/json",
		Patience:    rest.BestEffort,
		Decode:      decode,
	})
	if err != nil {
		return c.cure(err)
	}
	return nil
}

// Source is a published data source that a workbook reads.
type Source struct {
	ID          string `json:"luid"`
	Name        string `json:"name"`
	HasExtracts bool   `json:"hasExtracts"`
	Project     string `json:"projectName"`
}

// Reads is what a workbook reads.
type Reads struct {
	ID       string   `json:"luid"`
	Sources  []Source `json:"upstreamDatasources"`
	Embedded []Source `json:"embeddedDatasources"`
}

// HasExtracts reports whether the workbook has an extract of its own.
func (r Reads) HasExtracts() bool {
	return slices.ContainsFunc(r.Embedded, func(s Source) bool { return s.HasExtracts })
}

const readsQuery = `query reads($luids: [String]) {
  workbooks(filter: {luidWithin: $luids}) {
    luid
    upstreamDatasources { luid name hasExtracts projectName }
    embeddedDatasources { hasExtracts }
  }
}`

// workbooksInQuery keeps a query within the node limit.
const workbooksInQuery = 50

// Reads tells by the Metadata API what each of the workbooks reads; one that it does not know is left out.
func (c *Client) Reads(ctx context.Context, luids []string) (map[string]Reads, error) {
	all := map[string]Reads{}
	for batch := range slices.Chunk(luids, workbooksInQuery) {
		data, err := query[struct{ Workbooks []Reads }](ctx, c, "ask what the workbooks read", readsQuery, map[string]any{"luids": batch})
		if err != nil {
			return nil, err
		}
		for _, reads := range data.Workbooks {
			all[strings.ToLower(reads.ID)] = reads
		}
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
func (c *Client) Connections(ctx context.Context, workbook string) ([]Connection, error) {
	r := rest.Request{Operation: "list the connections of workbook " + workbook, Patience: rest.Preflight}
	answer, err := call[page[Connection]](ctx, c, r, Workbook.collection(), workbook, "connections")
	return answer.Connections, err
}

// typePublished is the connection type of a published data source.
const typePublished = "sqlproxy"

// PublishedNames are the names of the published data sources among the connections.
func PublishedNames(connections []Connection) []string {
	var names []string
	for _, connection := range connections {
		if connection.Type == typePublished && !slices.Contains(names, connection.Datasource.Name) {
			names = append(names, connection.Datasource.Name)
		}
	}
	return names
}
