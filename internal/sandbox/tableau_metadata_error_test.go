package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMetadata_Errors asserts that errors have status 200, and that some come with partial data.
func TestMetadata_Errors(t *testing.T) {
	t.Parallel()

	const tables = `{ databaseTables { name downstreamWorkbooks { name } } }`
	cases := []struct {
		name, query string
		settings    Metadata
		// nodes is the number of tables, -1 without data.
		nodes int
		codes []string
		text  string
	}{
		{name: "good", query: tables, nodes: 6},
		{name: "disabled", query: tables, settings: Metadata{Disabled: true}, nodes: -1, codes: []string{"FEATURE_DISABLED"}},
		{name: "denied", query: tables, settings: Metadata{Denied: true}, nodes: -1, codes: []string{"ACCESS_DENIED"}},
		{name: "busy", query: tables, settings: Metadata{RateLimitedQueries: 1}, nodes: -1, codes: []string{"RATE_EXCEEDED"}},
		{name: "filter_required", query: tables, settings: Metadata{FilterRequired: true}, nodes: -1, codes: []string{"FILTER_REQUIRED"}},
		{name: "filter_given", query: `{ databaseTables(filter: {name: "FCT_ORDERS"}) { name } }`, settings: Metadata{FilterRequired: true}, nodes: 1},
		{name: "backfilling", query: tables, settings: Metadata{Backfilling: true}, nodes: 6, codes: []string{"BACKFILL_RUNNING"}},
		{name: "node_limit", query: tables, settings: Metadata{NodeLimit: 4}, nodes: 2, codes: []string{"NODE_LIMIT_EXCEEDED"}},
		{name: "within_node_limit", query: `{ databaseTables { name } }`, settings: Metadata{NodeLimit: 6}, nodes: 6},
		{name: "time_limit", query: tables, settings: Metadata{TimeLimit: 4}, nodes: 2, codes: []string{""}, text: "Reached time limit of PT5S for query execution."},
		{name: "unknown_field", query: `{ databaseTables { owner } }`, nodes: -1, codes: []string{""}, text: `Cannot query field "owner" on type "DatabaseTable".`},
		{name: "no_query", query: `{`, nodes: -1, codes: []string{""}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			scenario := successScenario()
			scenario.Tableau.Metadata = tc.settings
			a := newTableauClient(t, New(scenario)).query(tc.query, nil)
			nodes := -1
			if list, ok := a.Data["databaseTables"].([]any); ok {
				nodes = len(list)
			}
			if diff := cmp.Diff(tc.codes, a.codes()); diff != "" || nodes != tc.nodes {
				t.Errorf("got %d tables, want %d; codes (-want +got):\n%s", nodes, tc.nodes, diff)
			}
			if tc.text != "" && a.Errors[0].Message != tc.text {
				t.Errorf("got message %q, want %q", a.Errors[0].Message, tc.text)
			}
		})
	}
}

// TestMetadata_MaxQuerySize asserts that larger pages and filters fail without data.
func TestMetadata_MaxQuerySize(t *testing.T) {
	t.Parallel()

	scenario := successScenario()
	scenario.Tableau.Metadata.MaxQuerySize = 1
	c := newTableauClient(t, New(scenario))
	const pages, list = `query q($first: Int) { databaseTablesConnection(first: $first) { nodes { name } } }`, `query q($values: [String]) { workbooks(filter: {luidWithin: $values}) { name } }`
	for size := 1; size <= 2; size++ {
		for query, variables := range map[string]map[string]any{pages: {"first": size}, list: {"values": slices.Repeat([]string{"a"}, size)}} {
			a := c.query(query, variables)
			if failed := a.Data == nil && len(a.Errors) == 1 && a.codes()[0] == ""; failed != (size > 1) {
				t.Errorf("size %d: got data %v, errors %v", size, a.Data, a.Errors)
			}
		}
	}
}

// TestMetadata_EndedSession asserts that a session that has ended can look like an empty site.
func TestMetadata_EndedSession(t *testing.T) {
	t.Parallel()

	for response, codes := range map[EndedSession][]string{EndedSessionBackfilling: {"BACKFILL_RUNNING"}, EndedSessionEmpty: nil} {
		scenario := successScenario()
		scenario.Tableau.Metadata.EndedSession = response
		c := newTableauClient(t, New(scenario))
		const query = `{ databaseTables { name } workbooks { name } }`
		if a := c.query(query, nil); len(a.Data["databaseTables"].([]any)) == 0 || a.codes() != nil {
			t.Errorf("%s: got data %v and codes %v in the session", response, a.Data, a.codes())
		}
		c.basePath = "/api/3.25"
		c.do(http.MethodPost, "/auth/signout", "")
		a := c.query(query, nil)
		if diff := cmp.Diff(map[string]any{"databaseTables": []any{}, "workbooks": []any{}}, a.Data); diff != "" {
			t.Errorf("%s: data (-want +got):\n%s", response, diff)
		}
		if diff := cmp.Diff(codes, a.codes()); diff != "" {
			t.Errorf("%s: codes (-want +got):\n%s", response, diff)
		}
	}
}

// TestMetadata_Hidden asserts that names of hidden objects are obfuscated, and that filters by name and the filter mode
// omit the objects.
func TestMetadata_Hidden(t *testing.T) {
	t.Parallel()

	scenario := successScenario()
	scenario.Tableau.Workbooks[2].Hidden = true
	secret := martTable("SALARIES")
	secret.Hidden = true
	scenario.Tableau.DataSources[0].Tables = append(scenario.Tableau.DataSources[0].Tables, secret)
	cases := []struct {
		name, args    string
		tables, books []string
		codes         []string
	}{
		{
			name: "all", tables: []string{"-", "CUSTOMERS", "DIM_CUSTOMERS", "FCT_ORDERS", "FCT_REVENUE_DAILY", "MART_WEEKLY_REVENUE", "STORE_REGIONS"},
			books: []string{"-", "Store scorecard"},
		},
		{
			name: "by_name", args: `(filter: {nameWithin: ["FCT_ORDERS", "SALARIES"]})`, tables: []string{"FCT_ORDERS"},
			books: []string{"-", "Store scorecard"}, codes: []string{"PERMISSIONS_MODE_SWITCHED"},
		},
		{
			name: "filter_mode", args: `(permissionMode: FILTER_RESULTS, filter: {nameWithin: ["FCT_ORDERS", "SALARIES"]})`, tables: []string{"FCT_ORDERS"},
			books: []string{"Store scorecard"},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			a := newTableauClient(t, New(scenario)).query(`{ databaseTables`+tc.args+` { name fullName schema luid database { name } downstreamWorkbooks { luid name projectName } } }`, nil)
			var books []string
			for _, object := range a.Data["databaseTables"].([]any) {
				table := object.(map[string]any)
				if table["name"] == "FCT_ORDERS" {
					books = sortedValues(table["downstreamWorkbooks"], "name")
				}
				if table["name"] == nil && (table["fullName"] != nil || table["schema"] != nil || table["luid"] != nil || table["database"] != nil) {
					t.Errorf("a hidden table has visible attributes: %v", table)
				}
			}
			if diff := cmp.Diff(tc.tables, sortedValues(a.Data["databaseTables"], "name")); diff != "" {
				t.Errorf("tables (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.books, books); diff != "" {
				t.Errorf("workbooks (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.codes, a.codes()); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMetadata_Requests(t *testing.T) {
	t.Parallel()

	s := New(successScenario())
	c := newTableauClient(t, s)
	c.basePath = ""
	stranger := client{t: t, handler: c.handler}
	if a := c.do(http.MethodPost, "/api/metadata/graphql", "<tsRequest/>"); a.Status != http.StatusBadRequest {
		t.Errorf("got status %d for XML, want 400", a.Status)
	}
	if got := errorCode(t, stranger.do(http.MethodPost, "/api/metadata/graphql", `{"query":"{ workbooks { name } }"}`)); got != 401002 {
		t.Errorf("got code %d without a session, want 401002", got)
	}
	if a := c.get("/api/metadata/v1/control/backfill/status"); a.Status != http.StatusOK || !strings.Contains(a.Body, "COMPLETED") {
		t.Errorf("got status %d and %s, want a backfill that is completed", a.Status, a.Body)
	}
}
