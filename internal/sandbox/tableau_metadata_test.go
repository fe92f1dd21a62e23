package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// metadataAnswer is a response of the Metadata API.
type metadataAnswer struct {
	Data   map[string]any
	Errors []struct {
		Message    string
		Extensions struct {
			Severity, Code string
			Properties     map[string]any
		}
	}
}

func (a metadataAnswer) codes() []string {
	var codes []string
	for _, e := range a.Errors {
		codes = append(codes, e.Extensions.Code)
	}
	return codes
}

// query sends a query to the Metadata API.
func (c client) query(text string, variables map[string]any) metadataAnswer {
	c.t.Helper()
	c.basePath = ""
	body, err := json.Marshal(map[string]any{"query": text, "variables": variables})
	if err != nil {
		c.t.Fatal(err)
	}
	a := c.do(http.MethodPost, "/api/metadata/graphql", string(body))
	var answer metadataAnswer
	if err := json.Unmarshal([]byte(a.Body), &answer); err != nil || a.Status != http.StatusOK {
		c.t.Fatalf("status %d, body %s: %v", a.Status, a.Body, err)
	}
	return answer
}

// sortedValues returns the values of a field of the objects in a list, sorted; null is "-".
func sortedValues(list any, field string) []string {
	var values []string
	objects, _ := list.([]any)
	for _, object := range objects {
		value := object.(map[string]any)[field]
		if value == nil {
			value = "-"
		}
		values = append(values, fmt.Sprint(value))
	}
	slices.Sort(values)
	return values
}

// TestMetadata_Downstream runs the first query of discovery: from tables to everything that uses them.
func TestMetadata_Downstream(t *testing.T) {
	t.Parallel()

	const query = `query tables($names: [String!]!, $after: String) {
		databaseTablesConnection(first: 50, after: $after, filter: {nameWithin: $names}) {
			nodes { id luid name fullName schema connectionType isEmbedded database { name connectionType ... on DatabaseServer { luid } }
				downstreamWorkbooks { luid name projectName } downstreamDatasources { luid name hasExtracts projectName } }
			pageInfo { hasNextPage endCursor } totalCount
		}
	}`
	a := newTableauClient(t, New(successScenario())).query(query, map[string]any{"names": []string{"FCT_ORDERS", "fct_orders"}})
	found := a.Data["databaseTablesConnection"].(map[string]any)
	nodes := found["nodes"].([]any)
	if len(nodes) != 1 || len(a.Errors) != 0 || found["pageInfo"].(map[string]any)["hasNextPage"] != false {
		t.Fatalf("got %+v, want one table", a)
	}
	table := nodes[0].(map[string]any)
	// The workbook Store scorecard has no tables: it uses the published data source.
	got := [][]string{
		sortedValues(nodes, "name"), sortedValues(nodes, "fullName"), sortedValues(nodes, "schema"), sortedValues(nodes, "connectionType"), sortedValues([]any{table["database"]}, "name"),
		sortedValues(table["downstreamWorkbooks"], "name"), sortedValues(table["downstreamDatasources"], "name"), sortedValues(table["downstreamDatasources"], "hasExtracts"),
	}
	want := [][]string{
		{"FCT_ORDERS"}, {"[MARTS].[FCT_ORDERS]"}, {"MARTS"}, {"snowflake"}, {"ANALYTICS"},
		{"Store scorecard", "売上ダッシュボード"}, {"Orders"}, {"true"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

// TestMetadata_Upstream queries in the other direction: from a workbook to what it uses.
func TestMetadata_Upstream(t *testing.T) {
	t.Parallel()

	scenario := successScenario()
	scenario.Tableau.Workbooks[4].Tables = []Table{{Name: "LOOSE"}}
	scenario.Tableau.Workbooks[4].Live = false
	const query = `{ workbooks(filter: {luidWithin: ["a7b01c9e-52f8-4e36-9d14-7c3f8e60b2d5"]}) {
		luid name vizportalUrlId projectName upstreamDatasources { luid name hasExtracts } upstreamTables { fullName database { name } }
		embeddedDatasources { name hasExtracts workbook { luid } upstreamDatasources { name } upstreamTables { name } } } }`
	a := newTableauClient(t, New(scenario)).query(query, nil)
	book := a.Data["workbooks"].([]any)[0].(map[string]any)
	got := [][]string{
		sortedValues(a.Data["workbooks"], "vizportalUrlId"), sortedValues(book["upstreamDatasources"], "luid"), sortedValues(book["upstreamTables"], "fullName"), sortedValues(book["upstreamTables"], "database"),
		sortedValues(book["embeddedDatasources"], "hasExtracts"), sortedValues(book["embeddedDatasources"], "name"),
	}
	want := [][]string{
		{"265802"}, {ordersLUID}, {"[LOOSE]", "[MARTS].[DIM_CUSTOMERS]", "[MARTS].[FCT_ORDERS]"}, {"-", "map[name:ANALYTICS]", "map[name:ANALYTICS]"},
		{"false", "true"}, {"Orders", "Store scorecard"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("workbook (-want +got):\n%s", diff)
	}
}

// TestMetadata_CustomSQL asserts that the tables of a custom SQL query are connected to its items only through the query.
func TestMetadata_CustomSQL(t *testing.T) {
	t.Parallel()

	scenario := successScenario()
	scenario.Tableau.Workbooks[0].Queries = []Query{{Text: "select * from analytics.marts.by_hand", Tables: []Table{martTable("BY_HAND")}}, {Text: "select ?"}}
	scenario.Tableau.DataSources[1].Queries = []Query{{Text: "select 1 from by_hand", Tables: []Table{martTable("BY_HAND")}}}
	c := newTableauClient(t, New(scenario))
	a := c.query(`{
		customSQLTables { query isUnsupportedCustomSql tables { fullName } downstreamWorkbooks { name } downstreamDatasources { name } }
		databaseTables(filter: {name: "BY_HAND"}) { downstreamWorkbooks { name } referencedByQueries { query } }
		publishedDatasources(filter: {name: "Orders"}) { containsUnsupportedCustomSql }
		workbooks(filter: {luid: "6b7179ba-b82b-4f0f-91ed-812074ac5da6"}) { containsUnsupportedCustomSql }
	}`, nil)
	table := a.Data["databaseTables"].([]any)[0].(map[string]any)
	got := map[string][]string{
		"queries": sortedValues(a.Data["customSQLTables"], "query"), "unsupported": sortedValues(a.Data["customSQLTables"], "isUnsupportedCustomSql"),
		"tables": sortedValues(a.Data["customSQLTables"], "tables"), "books": sortedValues(table["downstreamWorkbooks"], "name"), "by": sortedValues(table["referencedByQueries"], "query"),
		"source": sortedValues(a.Data["publishedDatasources"], "containsUnsupportedCustomSql"), "book": sortedValues(a.Data["workbooks"], "containsUnsupportedCustomSql"),
	}
	want := map[string][]string{
		"queries": {"select * from analytics.marts.by_hand", "select 1 from by_hand", "select ?"}, "unsupported": {"false", "false", "true"},
		"tables": {"[]", "[map[fullName:[MARTS].[BY_HAND]]]", "[map[fullName:[MARTS].[BY_HAND]]]"}, "books": nil,
		"by": {"select * from analytics.marts.by_hand", "select 1 from by_hand"}, "source": {"false"}, "book": {"true"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("custom SQL (-want +got):\n%s", diff)
	}
}

func TestMetadata_Pages(t *testing.T) {
	t.Parallel()

	scenario := manyScenario()
	c := newTableauClient(t, New(scenario))
	const query = `query q($first: Int, $after: String, $offset: Int) { workbooksConnection(first: $first, after: $after, offset: $offset) {
		nodes { id luid } pageInfo { hasNextPage endCursor } totalCount } }`
	seen := map[string]bool{}
	var sizes []int
	variables := map[string]any{"first": 25}
	for {
		found := c.query(query, variables).Data["workbooksConnection"].(map[string]any)
		for _, luid := range sortedValues(found["nodes"], "luid") {
			seen[luid] = true
		}
		sizes = append(sizes, len(found["nodes"].([]any)))
		info := found["pageInfo"].(map[string]any)
		if info["hasNextPage"] != true {
			break
		}
		variables["after"] = info["endCursor"]
	}
	if diff := cmp.Diff([]int{25, 25, 10}, sizes); diff != "" || len(seen) != 60 {
		t.Errorf("%d workbooks on pages (-want +got):\n%s", len(seen), diff)
	}

	cases := []struct {
		name      string
		variables map[string]any
		nodes     int
		codes     []string
	}{
		{name: "offset", variables: map[string]any{"first": 25, "offset": 50}, nodes: 10},
		{name: "usual_size", nodes: 60},
		{name: "nothing", variables: map[string]any{"first": 0}},
		{name: "too_large", variables: map[string]any{"first": 1001}, nodes: 60, codes: []string{"MAX_PAGE_SIZE_EXCEEDED"}},
		{name: "two_ways", variables: map[string]any{"after": "x", "offset": 1}, codes: []string{"INVALID_ARGUMENT"}},
		{name: "no_cursor", variables: map[string]any{"after": "x"}, codes: []string{"INVALID_ARGUMENT"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			a := newTableauClient(t, New(scenario)).query(query, tc.variables)
			found, _ := a.Data["workbooksConnection"].(map[string]any)
			nodes, _ := found["nodes"].([]any)
			if diff := cmp.Diff(tc.codes, a.codes()); diff != "" || len(nodes) != tc.nodes {
				t.Errorf("got %d nodes, want %d; codes (-want +got):\n%s", len(nodes), tc.nodes, diff)
			}
		})
	}
}
