package lineage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/lineage"
	"dbt-tableau-refresh/internal/tableau"
)

// shopLineage returns tables with data sources and workbooks, with and without extracts, through custom SQL, and hidden.
func shopLineage() tableau.Lineage {
	orders, customers := table("PROD|SHOP|ORDERS|[SHOP].[ORDERS]"), table("PROD|SHOP|CUSTOMERS|[SHOP].[CUSTOMERS]")
	liveSource := datasource("D-LIVE")
	liveSource.HasExtracts = tableau.BoolFalse
	orders.Datasources = []tableau.Dependent{liveSource, datasource("D2")}
	orders.Workbooks = []tableau.Dependent{workbook("W1"), workbook("W2"), workbook("W3"), {MetadataID: "secret"}}
	customers.Datasources = []tableau.Dependent{datasource("D1"), datasource("d2")}
	customers.Workbooks = []tableau.Dependent{workbook("W1"), {MetadataID: "secret"}, {MetadataID: "no name", LUID: "W8"}}
	customers.CustomSQL = []tableau.Dependents{
		{Datasources: []tableau.Dependent{datasource("D1")}, Workbooks: []tableau.Dependent{workbook("W4"), workbook("GONE")}},
	}
	return tableau.Lineage{
		Tables: []tableau.DatabaseTable{orders, customers, table("PROD|SHOP|UNUSED")},
		WorkbookDatasources: map[string]tableau.WorkbookDatasources{
			"w1": workbookDatasources(true, "D2", "D1", "D-LIVE", "ELSEWHERE"),
			"w2": workbookDatasources(false, "D2"),
			"w3": workbookDatasources(true),
			"w4": workbookDatasources(true, "d1"),
		},
	}
}

func optionalBool(value bool) tableau.OptionalBool {
	if value {
		return tableau.BoolTrue
	}
	return tableau.BoolFalse
}

func workbook(id string) tableau.Dependent {
	return tableau.Dependent{MetadataID: "node " + id, LUID: id, Name: "Book " + id, ProjectName: "Finance"}
}

func workbookDatasources(hasExtract bool, published ...string) tableau.WorkbookDatasources {
	r := tableau.WorkbookDatasources{Embedded: []tableau.UpstreamDatasource{{HasExtracts: tableau.BoolFalse}, {HasExtracts: optionalBool(hasExtract)}}}
	for _, id := range published {
		r.Published = append(r.Published, tableau.UpstreamDatasource{LUID: id})
	}
	return r
}

func TestFind(t *testing.T) {
	t.Parallel()

	orders, customers := relation(t, "prod.shop.orders"), relation(t, "prod.shop.customers")
	want := lineage.Result{
		Items: []lineage.Item{
			{Type: content.Datasource, ID: "d1", Name: "Source D1", ProjectName: "Data", Relations: []artifact.Relation{customers}},
			{Type: content.Datasource, ID: "d2", Name: "Source d2", ProjectName: "Data", Relations: []artifact.Relation{customers, orders}},
			{Type: content.Workbook, ID: "w1", Name: "Book W1", ProjectName: "Finance", Relations: []artifact.Relation{customers, orders}, RefreshAfter: []string{"d1", "d2"}},
			{Type: content.Workbook, ID: "w3", Name: "Book W3", ProjectName: "Finance", Relations: []artifact.Relation{orders}},
			{Type: content.Workbook, ID: "w4", Name: "Book W4", ProjectName: "Finance", Relations: []artifact.Relation{customers}, RefreshAfter: []string{"d1"}},
		},
		WithoutExtract: []lineage.Item{
			{Type: content.Datasource, ID: "d-live", Name: "Source D-LIVE", ProjectName: "Data", Relations: []artifact.Relation{orders}},
			{Type: content.Workbook, ID: "w2", Name: "Book W2", ProjectName: "Finance", Relations: []artifact.Relation{orders}},
		},
		HiddenCount: 3,
		Warnings: []string{
			"3 items that use these tables were not refreshed: the Tableau user can't view them",
		},
	}
	nodes := builtNodes(t, "prod.shop.customers", "prod.shop.missing", "prod.shop.orders", "prod.shop.unused", "prod.shop.customers")
	got := lineage.Find(nodes, shopLineage())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Find() (-want +got):\n%s", diff)
	}
}

// TestFind_order checks that the result does not depend on the order of Tableau's response.
func TestFind_order(t *testing.T) {
	t.Parallel()

	nodes := builtNodes(t, "prod.shop.customers", "prod.shop.orders")
	shop := shopLineage()
	want := lineage.Find(nodes, shop)
	slices.Reverse(shop.Tables)
	for i := range shop.Tables {
		slices.Reverse(shop.Tables[i].Datasources)
		slices.Reverse(shop.Tables[i].Workbooks)
	}
	got := lineage.Find(nodes, shop)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Find() of the reversed lineage (-want +got):\n%s", diff)
	}
}

// TestFind_empty checks that there is a warning with the reason if there is nothing to refresh.
func TestFind_empty(t *testing.T) {
	t.Parallel()

	liveSource := datasource("D1")
	liveSource.HasExtracts = tableau.BoolFalse
	cases := []struct {
		name    string
		built   []string
		lineage tableau.Lineage
		want    []string
	}{
		{"nothing_built", nil, shopLineage(), []string{"the run built no tables or views"}},
		{"unknown_tables", []string{"a.b.c", "a.b.d"}, shopLineage(), []string{"none of the 2 tables and views was found in Tableau. Check that"}},
		{"unused_table", []string{"prod.shop.unused"}, shopLineage(), []string{"no content uses them"}},
		{"live", []string{"a.b.c"}, tableau.Lineage{Tables: []tableau.DatabaseTable{table("a|b|c", liveSource)}}, []string{"1 item uses these tables, but it has no extract"}},
		{
			"hidden", []string{"a.b.c"}, tableau.Lineage{Tables: []tableau.DatabaseTable{table("a|b|c", tableau.Dependent{MetadataID: "x"})}},
			[]string{"all content that uses these tables is hidden", "1 item that uses these tables was not refreshed"},
		},
		{"warning_of_tableau", nil, tableau.Lineage{Warnings: []string{"Backfill running."}}, []string{"the run built no tables or views", "Backfill running."}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := lineage.Find(builtNodes(t, tc.built...), tc.lineage)
			if len(got.Items) != 0 || len(got.Warnings) != len(tc.want) {
				t.Fatalf("items %v, warnings %q; want none, and %d warnings", got.Items, got.Warnings, len(tc.want))
			}
			for i, want := range tc.want {
				if !strings.Contains(got.Warnings[i], want) {
					t.Errorf("warning %q, want %q", got.Warnings[i], want)
				}
			}
		})
	}
}

// TestFind_manyWarnings checks that a warning lists some relations and counts the others.
func TestFind_manyWarnings(t *testing.T) {
	t.Parallel()

	var nodes []artifact.Node
	var tables []tableau.DatabaseTable
	for i := range 12 {
		nodes = append(nodes, builtNodes(t, fmt.Sprintf("prod.shop.t%02d", i))...)
		tables = append(tables, table(fmt.Sprintf("||t%02d", i), datasource("D1")))
	}
	got := lineage.Find(nodes, tableau.Lineage{Tables: tables}).Warnings
	want := []string{
		"dbt or Tableau does not return the schema of these tables, so they are matched only by name: prod.shop.t00, prod.shop.t01, prod.shop.t02, " +
			"prod.shop.t03, prod.shop.t04, prod.shop.t05, prod.shop.t06, prod.shop.t07, prod.shop.t08, prod.shop.t09 and 2 more",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}
