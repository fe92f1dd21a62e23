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

// shop is what Tableau knows of two tables: both kinds of readers, with and without extracts, by custom SQL, hidden.
func shop() tableau.Lineage {
	orders, customers := table("PROD|SHOP|ORDERS|[SHOP].[ORDERS]"), table("PROD|SHOP|CUSTOMERS|[SHOP].[CUSTOMERS]")
	live := extract("D-LIVE")
	live.HasExtracts = tableau.BoolFalse
	orders.Datasources = []tableau.Dependent{live, extract("D2")}
	orders.Workbooks = []tableau.Dependent{workbook("W1"), workbook("W2"), workbook("W3"), {MetadataID: "secret"}}
	customers.Datasources = []tableau.Dependent{extract("D1"), extract("d2")}
	customers.Workbooks = []tableau.Dependent{workbook("W1"), {MetadataID: "secret"}, {MetadataID: "no name", LUID: "W8"}}
	customers.CustomSQL = []tableau.Dependents{
		{Datasources: []tableau.Dependent{extract("D1")}, Workbooks: []tableau.Dependent{workbook("W4"), workbook("GONE")}},
	}
	return tableau.Lineage{
		Tables: []tableau.DatabaseTable{orders, customers, table("PROD|SHOP|UNREAD")},
		WorkbookDatasources: map[string]tableau.WorkbookDatasources{
			"w1": reads(true, "D2", "D1", "D-LIVE", "ELSEWHERE"),
			"w2": reads(false, "D2"),
			"w3": reads(true),
			"w4": reads(true, "d1"),
		},
	}
}

func answer(yes bool) tableau.OptionalBool {
	if yes {
		return tableau.BoolTrue
	}
	return tableau.BoolFalse
}

func workbook(id string) tableau.Dependent {
	return tableau.Dependent{MetadataID: "node " + id, LUID: id, Name: "Book " + id, ProjectName: "Finance"}
}

func reads(extracts bool, sources ...string) tableau.WorkbookDatasources {
	r := tableau.WorkbookDatasources{Embedded: []tableau.UpstreamDatasource{{HasExtracts: tableau.BoolFalse}, {HasExtracts: answer(extracts)}}}
	for _, id := range sources {
		r.Published = append(r.Published, tableau.UpstreamDatasource{LUID: id})
	}
	return r
}

func TestFind(t *testing.T) {
	t.Parallel()

	orders, customers, unread, missing := relation(t, "prod.shop.orders"), relation(t, "prod.shop.customers"), relation(t, "prod.shop.unread"), relation(t, "prod.shop.missing")
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
		Unused:      []artifact.Relation{missing, unread},
		Warnings: []string{
			"what reads the relations that were built is not refreshed as far as it is hidden from the signed-in user (items: 3); let that user view it",
		},
	}
	nodes := built(t, "prod.shop.customers", "prod.shop.missing", "prod.shop.orders", "prod.shop.unread", "prod.shop.customers")
	got := lineage.Find(nodes, shop())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Find() (-want +got):\n%s", diff)
	}
}

// TestFind_order: the order in which Tableau tells does not show in the result.
func TestFind_order(t *testing.T) {
	t.Parallel()

	nodes := built(t, "prod.shop.customers", "prod.shop.orders")
	known := shop()
	want := lineage.Find(nodes, known)
	slices.Reverse(known.Tables)
	for i := range known.Tables {
		slices.Reverse(known.Tables[i].Datasources)
		slices.Reverse(known.Tables[i].Workbooks)
	}
	got := lineage.Find(nodes, known)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Find() of the reverse (-want +got):\n%s", diff)
	}
}

// TestFind_nothing: that there is nothing to refresh is never passed over, and each reason has its own words.
func TestFind_nothing(t *testing.T) {
	t.Parallel()

	live := extract("D1")
	live.HasExtracts = tableau.BoolFalse
	cases := []struct {
		name  string
		built []string
		known tableau.Lineage
		want  []string
	}{
		{"nothing_built", nil, shop(), []string{"the run has built no relation"}},
		{"not_known", []string{"a.b.c", "a.b.d"}, shop(), []string{"Tableau knows none of the relations that were built, 2 in all"}},
		{"not_read", []string{"prod.shop.unread"}, shop(), []string{"nothing reads them"}},
		{"live", []string{"a.b.c"}, tableau.Lineage{Tables: []tableau.DatabaseTable{table("a|b|c", live)}}, []string{"live: 1"}},
		{
			"hidden", []string{"a.b.c"}, tableau.Lineage{Tables: []tableau.DatabaseTable{table("a|b|c", tableau.Dependent{MetadataID: "x"})}},
			[]string{"is hidden", "as far as it is hidden"},
		},
		{"told_by_tableau", nil, tableau.Lineage{Warnings: []string{"Still learning."}}, []string{"the run has built no relation", "Still learning."}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := lineage.Find(built(t, tc.built...), tc.known)
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

// TestFind_manyWarnings: a warning names some relations, and counts the others.
func TestFind_manyWarnings(t *testing.T) {
	t.Parallel()

	var nodes []artifact.Node
	var tables []tableau.DatabaseTable
	for i := range 12 {
		nodes = append(nodes, built(t, fmt.Sprintf("prod.shop.t%02d", i))...)
		tables = append(tables, table(fmt.Sprintf("||t%02d", i), extract("D1")))
	}
	got := lineage.Find(nodes, tableau.Lineage{Tables: tables}).Warnings
	want := []string{
		"matched by the name alone, since either dbt or Tableau does not say in which schema: prod.shop.t00, prod.shop.t01, prod.shop.t02, " +
			"prod.shop.t03, prod.shop.t04, prod.shop.t05, prod.shop.t06, prod.shop.t07, prod.shop.t08, prod.shop.t09, and 2 more",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}
