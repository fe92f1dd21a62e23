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

// warehouse is a site with two published data sources and five workbooks that read tables, by custom SQL and by each other.
func warehouse() sandbox.Site {
	site := sandbox.Site{
		LUID: "5a4db0c5-0000-4000-8000-000000000000", ContentURL: "Samples", APIVersion: "3.25", TokenName: "name", TokenValue: "value",
		Projects: []sandbox.Project{{LUID: id(90), Name: "Data"}},
	}
	orders, revenue := mart("ORDERS"), mart("revenue")
	site.DataSources = []sandbox.Item{
		{LUID: id(1), Name: "Orders", Project: id(90), Tables: []sandbox.Table{orders}},
		{LUID: id(2), Name: "Live", Project: id(90), Live: true, Tables: []sandbox.Table{orders}},
	}
	site.Workbooks = []sandbox.Item{
		{LUID: id(11), Name: "Reads two", Project: id(90), Reads: []string{id(1), id(2)}},
		{LUID: id(12), Name: "Reads both ways", Project: id(90), Reads: []string{id(1)}, Tables: []sandbox.Table{revenue}},
		{LUID: id(13), Name: "By hand", Project: id(90), Queries: []sandbox.Query{{Text: "select 1", Tables: []sandbox.Table{revenue}}}},
		{LUID: id(14), Name: "Secret", Project: id(90), Hidden: true, Tables: []sandbox.Table{revenue}},
		{LUID: id(15), Name: "Elsewhere", Project: id(90), Tables: []sandbox.Table{mart("OTHER")}},
	}
	return site
}

func mart(name string) sandbox.Table {
	return sandbox.Table{Database: "PROD", Schema: "MARTS", Name: name}
}

var bothNames = []string{"ORDERS", "REVENUE", "orders", "revenue"}

// brief is a lineage in short: the readers of each table, "?" for one that is hidden, and what each workbook reads.
func brief(l tableau.Lineage) map[string][]string {
	short := map[string][]string{}
	for _, table := range l.Tables {
		var readers []string
		for i, r := range table.AllDependents() {
			for _, reader := range slices.Concat(r.Datasources, r.Workbooks) {
				if reader.Hidden() {
					reader.Name = "?"
				}
				if i > 0 {
					reader.Name += " by SQL"
				}
				readers = append(readers, reader.Name)
			}
		}
		slices.Sort(readers)
		short[strings.Join([]string{table.Database.Name, table.Schema, table.Name, table.FullName, table.ConnectionType}, " ")] = readers
	}
	for luid, reads := range l.Upstream {
		sources := []string{fmt.Sprint("extracts: ", reads.HasExtracts() == tableau.Yes)}
		for _, source := range reads.Published {
			sources = append(sources, source.ID)
		}
		short[luid] = sources
	}
	return short
}

var everything = map[string][]string{
	"PROD MARTS ORDERS [MARTS].[ORDERS] snowflake":   {"Live", "Orders", "Reads both ways", "Reads two"},
	"PROD MARTS revenue [MARTS].[revenue] snowflake": {"?", "By hand by SQL", "Reads both ways"},
	id(11): {"extracts: false", id(1), id(2)},
	id(12): {"extracts: true", id(1)},
	id(13): {"extracts: true"},
}

// TestLineage asks a Metadata API that parses the queries and keeps its limits. However little fits in an answer, what is
// found is the same.
func TestLineage(t *testing.T) {
	t.Parallel()

	const switched = "One or more of the attributes used in your filter contain sensitive data so your results have been automatically " +
		"filtered to contain only the results you have permissions to see"
	cases := []struct {
		name     string
		settings sandbox.Metadata
		queries  int
		warnings []string
	}{
		{name: "plenty", queries: 2},
		{name: "no_administrator", settings: sandbox.Metadata{FilterRequired: true}, queries: 2},
		{name: "one_by_one", settings: sandbox.Metadata{NodeLimit: 5}, queries: 8},
		{name: "short_of_time", settings: sandbox.Metadata{TimeLimit: 7}, queries: 6},
		{name: "busy", settings: sandbox.Metadata{RateLimitedQueries: 2}, queries: 4},
		{
			name: "still_learning", settings: sandbox.Metadata{Backfilling: true}, queries: 2,
			warnings: []string{"Still creating the Metadata API Store. Results from the query may be incomplete at this time."},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				site := warehouse()
				site.Metadata = tc.settings
				box := sandbox.New(sandbox.Scenario{Tableau: site})
				lineage, err := signedIn(t, box.Tableau()).Lineage(t.Context(), bothNames, rest.Waiting)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(everything, brief(lineage)); diff != "" {
					t.Errorf("lineage (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.warnings, lineage.Warnings); diff != "" {
					t.Errorf("warnings (-want +got):\n%s", diff)
				}
				sent := queries(t, box)
				if len(sent) != tc.queries {
					t.Errorf("%d queries, want %d", len(sent), tc.queries)
				}
				for _, query := range sent {
					if slices.Contains(query.Values, "") {
						t.Errorf("asked for what is withheld: %q", query.Values)
					}
				}
			})
		})
	}

	t.Run("hidden_table", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			site := warehouse()
			secret := mart("revenue")
			secret.Schema, secret.Hidden = "SECRET", true
			site.DataSources[1].Tables = append(site.DataSources[1].Tables, secret)
			lineage, err := signedIn(t, sandbox.New(sandbox.Scenario{Tableau: site}).Tableau()).Lineage(t.Context(), bothNames, rest.Waiting)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(everything, brief(lineage)); diff != "" {
				t.Errorf("lineage (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{switched}, lineage.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	})
}

// variables are those of a query that was sent.
type variables struct {
	Values []string
	First  int
	After  *string
}

// queries are what the Metadata API was asked so far.
func queries(t *testing.T, box *sandbox.Sandbox) []variables {
	t.Helper()
	var all []variables
	for _, request := range box.Requests() {
		if !strings.HasSuffix(request.Path, "/metadata/graphql") {
			continue
		}
		var sent struct{ Variables variables }
		if err := json.Unmarshal([]byte(request.Body), &sent); err != nil {
			t.Fatal(err)
		}
		all = append(all, sent.Variables)
	}
	return all
}

// TestLineage_pages: cursors are followed, batches bounded, and nothing is lost in between.
func TestLineage_pages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := warehouse()
		var tables []sandbox.Table
		var names []string
		for i := range 750 {
			names = append(names, fmt.Sprintf("T%d", i))
			tables = append(tables, mart(names[i]))
		}
		site.DataSources[0].Tables = tables
		site.Workbooks = nil
		box := sandbox.New(sandbox.Scenario{Tableau: site})
		lineage, err := signedIn(t, box.Tableau()).Lineage(t.Context(), names, rest.Waiting)
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
		for _, sent := range queries(t, box) {
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

// TestLineage_oneName: a name that many tables have is read in pages that fit, each from where the last one ended.
func TestLineage_oneName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		site := warehouse()
		for i := range 30 {
			table := mart("ORDERS")
			table.Schema = fmt.Sprintf("S%d", i)
			site.DataSources[0].Tables = append(site.DataSources[0].Tables, table)
		}
		site.Workbooks, site.Metadata = nil, sandbox.Metadata{NodeLimit: 7}
		box := sandbox.New(sandbox.Scenario{Tableau: site})
		lineage, err := signedIn(t, box.Tableau()).Lineage(t.Context(), []string{"ORDERS"}, rest.Waiting)
		if err != nil || len(lineage.Tables) != 31 {
			t.Errorf("%d tables, error %v; want 31", len(lineage.Tables), err)
		}
		var sizes []int
		for _, sent := range queries(t, box) {
			sizes = append(sizes, sent.First)
		}
		want := slices.Concat([]int{100, 50, 25, 12, 6}, slices.Repeat([]int{3}, 11))
		if diff := cmp.Diff(want, sizes); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
	})
}

// TestLineage_growth: behind a name that is too much for a large page, the batches grow again.
func TestLineage_growth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := &site{}
		var sizes []int
		box.handler = func(w http.ResponseWriter, r *http.Request) {
			var sent struct{ Variables variables }
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
		if _, err := signedIn(t, box).Lineage(t.Context(), names, rest.Waiting); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{500, 250, 500, 500, 250}, sizes); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}
