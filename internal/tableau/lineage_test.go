package tableau_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/tableau"
)

// lineageSite returns a site with two published data sources and five workbooks, some of which use tables through custom SQL
// or through a data source.
func lineageSite() sandbox.Site {
	site := sandbox.Site{
		LUID: "5a4db0c5-0000-4000-8000-000000000000", ContentURL: "Samples", APIVersion: "3.25", TokenName: "name", TokenValue: "value",
		Projects: []sandbox.Project{{LUID: testLUID(90), Name: "Data"}},
	}
	orders, revenue := martTable("ORDERS"), martTable("revenue")
	site.DataSources = []sandbox.Item{
		{LUID: testLUID(1), Name: "Orders", Project: testLUID(90), Tables: []sandbox.Table{orders}},
		{LUID: testLUID(2), Name: "Live", Project: testLUID(90), Live: true, Tables: []sandbox.Table{orders}},
	}
	site.Workbooks = []sandbox.Item{
		{LUID: testLUID(11), Name: "Two data sources", Project: testLUID(90), Reads: []string{testLUID(1), testLUID(2)}},
		{LUID: testLUID(12), Name: "Table and data source", Project: testLUID(90), Reads: []string{testLUID(1)}, Tables: []sandbox.Table{revenue}},
		{LUID: testLUID(13), Name: "Custom SQL", Project: testLUID(90), Queries: []sandbox.Query{{Text: "select 1", Tables: []sandbox.Table{revenue}}}},
		{LUID: testLUID(14), Name: "Secret", Project: testLUID(90), Hidden: true, Tables: []sandbox.Table{revenue}},
		{LUID: testLUID(15), Name: "Elsewhere", Project: testLUID(90), Tables: []sandbox.Table{martTable("OTHER")}},
	}
	return site
}

func martTable(name string) sandbox.Table {
	return sandbox.Table{Database: "PROD", Schema: "MARTS", Name: name}
}

var tableNames = []string{"ORDERS", "REVENUE", "orders", "revenue"}

// dependentNames returns the dependents of each table, with "?" for a hidden one, and the data sources of each workbook.
func dependentNames(l tableau.Lineage) map[string][]string {
	names := map[string][]string{}
	for _, table := range l.Tables {
		var all []string
		for i, dependents := range table.AllDependents() {
			for _, dependent := range slices.Concat(dependents.Datasources, dependents.Workbooks) {
				if dependent.Hidden() {
					dependent.Name = "?"
				}
				if i > 0 {
					dependent.Name += " (SQL)"
				}
				all = append(all, dependent.Name)
			}
		}
		slices.Sort(all)
		names[strings.Join([]string{table.Database.Name, table.Schema, table.Name, table.FullName, table.ConnectionType}, " ")] = all
	}
	for luid, used := range l.WorkbookDatasources {
		sources := []string{fmt.Sprint("extracts: ", used.HasEmbeddedExtract() == tableau.BoolTrue)}
		for _, source := range used.Published {
			sources = append(sources, source.LUID)
		}
		names[luid] = sources
	}
	return names
}

var allDependentNames = map[string][]string{
	"PROD MARTS ORDERS [MARTS].[ORDERS] snowflake":   {"Live", "Orders", "Table and data source", "Two data sources"},
	"PROD MARTS revenue [MARTS].[revenue] snowflake": {"?", "Custom SQL (SQL)", "Table and data source"},
	testLUID(11): {"extracts: false", testLUID(1), testLUID(2)},
	testLUID(12): {"extracts: true", testLUID(1)},
	testLUID(13): {"extracts: true"},
}

// TestLineage uses a Metadata API that parses the queries and enforces limits. The result must not depend on the limits.
func TestLineage(t *testing.T) {
	t.Parallel()

	const permissionsWarning = "One or more of the attributes used in your filter contain sensitive data so your results have been automatically " +
		"filtered to contain only the results you have permissions to see"
	cases := []struct {
		name     string
		settings sandbox.Metadata
		queries  int
		warnings []string
	}{
		{name: "no_limits", queries: 2},
		{name: "no_administrator", settings: sandbox.Metadata{FilterRequired: true}, queries: 2},
		{name: "node_limit", settings: sandbox.Metadata{NodeLimit: 5}, queries: 8},
		{name: "time_limit", settings: sandbox.Metadata{TimeLimit: 7}, queries: 6},
		{name: "busy", settings: sandbox.Metadata{RateLimitedQueries: 2}, queries: 4},
		{
			name: "backfilling", settings: sandbox.Metadata{Backfilling: true}, queries: 2,
			warnings: []string{"Still creating the Metadata API Store. Results from the query may be incomplete at this time."},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := lineageSite()
				site.Metadata = tc.settings
				server := sandbox.New(sandbox.Scenario{Tableau: site})
				lineage, err := signedIn(t, server.Tableau()).Lineage(t.Context(), tableNames, rest.Polling)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(allDependentNames, dependentNames(lineage)); diff != "" {
					t.Errorf("lineage (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.warnings, lineage.Warnings); diff != "" {
					t.Errorf("warnings (-want +got):\n%s", diff)
				}
				sent := metadataQueries(t, server)
				if len(sent) != tc.queries {
					t.Errorf("%d queries, want %d", len(sent), tc.queries)
				}
				for _, query := range sent {
					if slices.Contains(query.Values, "") {
						t.Errorf("queried hidden values: %q", query.Values)
					}
				}
			})
		})
	}

	t.Run("hidden_table", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			site := lineageSite()
			secret := martTable("revenue")
			secret.Schema, secret.Hidden = "SECRET", true
			site.DataSources[1].Tables = append(site.DataSources[1].Tables, secret)
			lineage, err := signedIn(t, sandbox.New(sandbox.Scenario{Tableau: site}).Tableau()).Lineage(t.Context(), tableNames, rest.Polling)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(allDependentNames, dependentNames(lineage)); diff != "" {
				t.Errorf("lineage (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{permissionsWarning}, lineage.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	})
}

// queryVariables are the variables of a query.
type queryVariables struct {
	Values []string
	First  int
	After  *string
}

// metadataQueries returns the variables of all queries that the Metadata API received.
func metadataQueries(t *testing.T, server *sandbox.Sandbox) []queryVariables {
	t.Helper()
	var all []queryVariables
	for _, request := range server.Requests() {
		if !strings.HasSuffix(request.Path, "/metadata/graphql") {
			continue
		}
		var sent struct{ Variables queryVariables }
		if err := json.Unmarshal([]byte(request.Body), &sent); err != nil {
			t.Fatal(err)
		}
		all = append(all, sent.Variables)
	}
	return all
}

// TestLineage_pages checks that cursors are followed and batches are limited, and that no table is lost between them.
func TestLineage_pages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := lineageSite()
		var tables []sandbox.Table
		var names []string
		for i := range 750 {
			names = append(names, fmt.Sprintf("T%d", i))
			tables = append(tables, martTable(names[i]))
		}
		site.DataSources[0].Tables = tables
		site.Workbooks = nil
		server := sandbox.New(sandbox.Scenario{Tableau: site})
		lineage, err := signedIn(t, server.Tableau()).Lineage(t.Context(), names, rest.Polling)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, table := range lineage.Tables {
			found[table.Name] = true
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(names)), slices.Sorted(maps.Keys(found))); diff != "" || len(lineage.Tables) != len(names) {
			t.Errorf("%d tables (-want +got):\n%s", len(lineage.Tables), diff)
		}
		var sizes []string
		for _, sent := range metadataQueries(t, server) {
			sizes = append(sizes, fmt.Sprintf("%d names, page of %d, first page: %t", len(sent.Values), sent.First, sent.After == nil))
		}
		want := slices.Concat(
			[]string{"500 names, page of 100, first page: true"}, slices.Repeat([]string{"500 names, page of 100, first page: false"}, 4),
			[]string{"250 names, page of 100, first page: true"}, slices.Repeat([]string{"250 names, page of 100, first page: false"}, 2),
		)
		if diff := cmp.Diff(want, sizes); diff != "" {
			t.Errorf("queries (-want +got):\n%s", diff)
		}
	})
}

// TestLineage_manyTablesOfOneName checks that smaller pages continue where the last one ended.
func TestLineage_manyTablesOfOneName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := lineageSite()
		for i := range 30 {
			table := martTable("ORDERS")
			table.Schema = fmt.Sprintf("S%d", i)
			site.DataSources[0].Tables = append(site.DataSources[0].Tables, table)
		}
		site.Workbooks, site.Metadata = nil, sandbox.Metadata{NodeLimit: 7}
		server := sandbox.New(sandbox.Scenario{Tableau: site})
		lineage, err := signedIn(t, server.Tableau()).Lineage(t.Context(), []string{"ORDERS"}, rest.Polling)
		if err != nil || len(lineage.Tables) != 31 {
			t.Errorf("%d tables, error %v; want 31", len(lineage.Tables), err)
		}
		var sizes []int
		for _, sent := range metadataQueries(t, server) {
			sizes = append(sizes, sent.First)
		}
		want := slices.Concat([]int{100, 50, 25, 12, 6}, slices.Repeat([]int{3}, 11))
		if diff := cmp.Diff(want, sizes); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
	})
}

// TestLineage_batchSizes checks that batches grow again after a name that is too much for a large page.
func TestLineage_batchSizes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &fakeSite{}
		var sizes []int
		server.handler = func(w http.ResponseWriter, r *http.Request) {
			var sent struct{ Variables queryVariables }
			_ = json.NewDecoder(r.Body).Decode(&sent)
			sizes = append(sizes, len(sent.Variables.Values))
			if slices.Contains(sent.Variables.Values, "N0") && sent.Variables.First > 50 {
				respond(200, `{"data":{"page":{"nodes":[]}},"errors":[{"message":"Too much.","extensions":{"code":"TIME_LIMIT_EXCEEDED","severity":"WARNING"}}]}`)(w, r)
				return
			}
			respond(200, `{"data":{"page":{"nodes":[],"pageInfo":{"hasNextPage":false}}}}`)(w, r)
		}
		var names []string
		for i := range 1500 {
			names = append(names, fmt.Sprintf("N%d", i))
		}
		if _, err := signedIn(t, server).Lineage(t.Context(), names, rest.Polling); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{500, 250, 500, 500, 250}, sizes); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}
