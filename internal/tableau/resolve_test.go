package tableau_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// The projects of the site: finance/weekly, sales/weekly/deep, and "R&D, labs/2".
const (
	inFinance = "c0ffee00-2000-4000-8000-000000000001"
	inWeekly  = "c0ffee00-2000-4000-8000-000000000002"
	inSales   = "c0ffee00-2000-4000-8000-000000000003"
	inSalesW  = "c0ffee00-2000-4000-8000-000000000004"
	inDeep    = "c0ffee00-2000-4000-8000-000000000005"
	inLabs    = "c0ffee00-2000-4000-8000-000000000006"
)

// id is the LUID of the item with that number.
func id(number int) string { return fmt.Sprintf("5e1ec700-0000-4000-8000-%012d", number) }

// library is a site on which names repeat, and hold whatever names can hold.
func library() sandbox.Site {
	item := func(number int, name, project string, tags ...string) sandbox.Item {
		return sandbox.Item{LUID: id(number), Number: number, Name: name, Project: project, Tags: tags}
	}
	live := item(9, "Live board", inFinance, "nightly")
	live.Live = true
	hidden := item(10, "Secret", inFinance, "nightly")
	hidden.Hidden = true
	return sandbox.Site{
		LUID: "5a4db0c5-0000-4000-8000-00000000517e", ContentURL: "Samples", APIVersion: "3.26", TokenName: "name", TokenValue: "value",
		Projects: []sandbox.Project{
			{LUID: inFinance, Name: "Finance"}, {LUID: inWeekly, Name: "Weekly", Parent: inFinance},
			{LUID: inSales, Name: "Sales"}, {LUID: inSalesW, Name: "Weekly", Parent: inSales}, {LUID: inDeep, Name: "Finance", Parent: inSalesW},
			{LUID: inLabs, Name: "R&D, labs/2"},
		},
		Workbooks: []sandbox.Item{
			item(1, "Revenue", inWeekly, "nightly"), item(2, "Revenue", inSalesW), item(3, "Revenue", inDeep), item(4, "revenue", inLabs),
			item(5, `P&L, "2026"`, inFinance, "nightly", "a, b & c"), item(6, "In/Out", inLabs), item(7, "売上ダッシュボード", inSales),
			item(8, "Unique", ""), live, hidden, item(11, "Margin", inDeep), item(12, `Back\slash`, inSales), item(13, "MARGIN 2", inFinance),
		},
		DataSources: []sandbox.Item{item(21, "Orders", inFinance, "nightly"), item(22, "Unique", inSales)},
		Flows:       []sandbox.Item{item(31, "Clean", inFinance, "nightly"), item(32, "Clean", inSales)},
	}
}

// TestResolve is every way to point at something, and what it costs in requests.
func TestResolve(t *testing.T) {
	t.Parallel()

	const (
		page  = "http://127.0.0.1/#/site/Samples/"
		shown = "http://127.0.0.1:80/#/site/Samples/" // as Tableau says it
	)
	cases := []struct {
		name    string
		kind    content.Type
		entries []string
		// want are the numbers of the items, entry by entry; wantErr is in the entry's place where there is a problem.
		want    [][]int
		wantErr string
		// requests are the operations that it takes beside the sign-in.
		requests map[string]int
	}{
		{name: "luid", kind: content.Workbook, entries: []string{id(1)}, want: [][]int{{1}}, requests: map[string]int{"get-workbook": 1, "list-workbooks": 1}},
		{name: "luid_in_capitals", kind: content.Workbook, entries: []string{strings.ToUpper(id(1))}, want: [][]int{{1}}, requests: map[string]int{"get-workbook": 1, "list-workbooks": 1}},
		{name: "luid_of_a_data_source", kind: content.Datasource, entries: []string{id(21)}, want: [][]int{{21}}, requests: map[string]int{"get-datasource": 1}},
		{name: "luid_of_a_flow", kind: content.Flow, entries: []string{id(31)}, want: [][]int{{31}}, requests: map[string]int{"get-flow": 1}},
		{name: "luid_of_something_else", kind: content.Workbook, entries: []string{id(21)}, want: [][]int{nil}, wantErr: "404 Not Found", requests: map[string]int{"get-workbook": 1}},
		{name: "luid_in_a_personal_space", kind: content.Workbook, entries: []string{id(8)}, want: [][]int{{8}}, requests: map[string]int{"get-workbook": 1, "list-workbooks": 1}},

		{name: "name", kind: content.Workbook, entries: []string{"Margin"}, want: [][]int{{11}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "names_share_a_request", kind: content.Workbook, entries: []string{"Margin", "Live board", "売上ダッシュボード"}, want: [][]int{{11}, {9}, {7}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "name_of_a_data_source", kind: content.Datasource, entries: []string{"Unique"}, want: [][]int{{22}}, requests: map[string]int{"list-datasources": 1}},
		{name: "name_of_a_flow", kind: content.Flow, entries: []string{"Sales/Clean"}, want: [][]int{{32}}, requests: map[string]int{"list-flows": 1, "list-projects": 1}},
		{name: "comma_ampersand_and_quotes", kind: content.Workbook, entries: []string{`P&L, "2026"`}, want: [][]int{{5}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "slash", kind: content.Workbook, entries: []string{`In\/Out`}, want: [][]int{{6}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "backslash", kind: content.Workbook, entries: []string{`Back\\slash`}, want: [][]int{{12}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "personal_space_has_no_names", kind: content.Workbook, entries: []string{"Unique"}, want: [][]int{nil}, wantErr: `"Unique" means no workbook`, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},
		{name: "hidden", kind: content.Workbook, entries: []string{"Secret"}, want: [][]int{nil}, wantErr: `"Secret" means no workbook that the signed-in user may see`, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},

		{name: "path", kind: content.Workbook, entries: []string{"Finance/Weekly/Revenue"}, want: [][]int{{1}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "path_from_the_middle", kind: content.Workbook, entries: []string{"Weekly/Finance/Revenue"}, want: [][]int{{3}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "anchored", kind: content.Workbook, entries: []string{"/Finance/MARGIN 2"}, want: [][]int{{13}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "anchored_is_not_the_middle", kind: content.Workbook, entries: []string{"/Weekly/Revenue"}, want: [][]int{nil}, wantErr: `"/Weekly/Revenue" means no workbook`, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},
		{name: "project_with_everything", kind: content.Workbook, entries: []string{`R&D, labs\/2/revenue`}, want: [][]int{{4}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{
			name: "repeated_project", kind: content.Workbook, entries: []string{"Weekly/Revenue"}, want: [][]int{{1, 2}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1},
			wantErr: `"Weekly/Revenue" means 2 workbooks; write a whole path with its leading slash, or a LUID: /Finance/Weekly/Revenue (` + id(1) + `) ` + shown + `workbooks/1; /Sales/Weekly/Revenue (` + id(2) + `) ` + shown + `workbooks/2`,
		},
		{
			name: "ambiguous_flow", kind: content.Flow, entries: []string{"Clean"}, want: [][]int{{31, 32}}, requests: map[string]int{"list-flows": 1, "list-projects": 1},
			wantErr: `"Clean" means 2 flows; write a whole path with its leading slash, or a LUID: /Finance/Clean (` + id(31) + `) ` + shown + `flows/31; /Sales/Clean (` + id(32) + `) ` + shown + `flows/32`,
		},

		{name: "case_counts", kind: content.Workbook, entries: []string{"revenue"}, want: [][]int{{4}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "folded_when_nothing_matches", kind: content.Workbook, entries: []string{"sales/weekly/REVENUE"}, want: [][]int{{2}}, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},
		{name: "folded_and_ambiguous", kind: content.Workbook, entries: []string{"REVENUE"}, want: [][]int{{1, 4, 3, 2}}, wantErr: `"REVENUE" means 4 workbooks`, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},
		{
			name: "nearest_names", kind: content.Workbook, entries: []string{"Margni"}, want: [][]int{nil}, requests: map[string]int{"list-workbooks": 2, "list-projects": 1},
			wantErr: `"Margni" means no workbook that the signed-in user may see; the nearest: /Sales/Weekly/Finance/Margin (` + id(11) + `) ` + shown + `workbooks/11; /Finance/MARGIN 2 (`,
		},
		{name: "nothing_is_near", kind: content.Workbook, entries: []string{"在庫一覧表です"}, want: [][]int{nil}, wantErr: "may see$", requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},

		{name: "tag", kind: content.Workbook, entries: []string{"tag:nightly"}, want: [][]int{{9, 5, 1}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "tag_of_data_sources", kind: content.Datasource, entries: []string{"tag:nightly"}, want: [][]int{{21}}, requests: map[string]int{"list-datasources": 1}},
		{name: "tag_of_flows", kind: content.Flow, entries: []string{"tag:nightly"}, want: [][]int{{31}}, requests: map[string]int{"list-flows": 1}},
		{name: "tag_with_everything", kind: content.Workbook, entries: []string{"tag:a, b & c"}, want: [][]int{{5}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "tag_on_nothing", kind: content.Workbook, entries: []string{"tag:Nightly"}, want: [][]int{nil}, wantErr: `"tag:Nightly" means no workbook`, requests: map[string]int{"list-workbooks": 1}},

		{name: "address", kind: content.Workbook, entries: []string{page + "workbooks/2"}, want: [][]int{{2}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "address_with_a_view_behind", kind: content.Workbook, entries: []string{page + "workbooks/2/views?order=name"}, want: [][]int{{2}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "address_of_a_view", kind: content.Workbook, entries: []string{page + "views/InOut/Overview?:iid=1"}, want: [][]int{{6}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "address_in_a_personal_space", kind: content.Workbook, entries: []string{page + "workbooks/8"}, want: [][]int{{8}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "address_of_a_data_source", kind: content.Datasource, entries: []string{page + "datasources/21"}, want: [][]int{{21}}, requests: map[string]int{"list-datasources": 1}},
		{name: "address_of_a_flow", kind: content.Flow, entries: []string{page + "flows/32"}, want: [][]int{{32}}, requests: map[string]int{"list-flows": 1}},
		{name: "address_of_nothing", kind: content.Workbook, entries: []string{page + "workbooks/99"}, want: [][]int{nil}, wantErr: "workbooks/99\" means no workbook", requests: map[string]int{"list-workbooks": 1}},
		{name: "address_of_another_kind", kind: content.Datasource, entries: []string{page + "views/Orders/Overview", page + "workbooks/21"}, want: [][]int{nil, nil}, wantErr: "means no data source", requests: map[string]int{}},
		{
			name: "address_on_another_host", kind: content.Workbook, entries: []string{"https://else.example/#/site/Samples/workbooks/1"}, want: [][]int{{1}}, requests: map[string]int{"list-workbooks": 1},
			wantErr: `"https://else.example/#/site/Samples/workbooks/1" is on else.example, and not on 127.0.0.1`,
		},
		{name: "one_list_serves_all", kind: content.Workbook, entries: []string{page + "workbooks/2", "Margin", "tag:nightly", `In\/Out`}, want: [][]int{{2}, {11}, {9, 5, 1}, {6}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "nothing_wanted", kind: content.Workbook, requests: map[string]int{}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := sandbox.New(sandbox.Scenario{Tableau: library()})
				client := signedIn(t, box.Tableau())
				matches, err := client.Catalog(rest.Preflight).Resolve(t.Context(), tc.kind, parse(t, tc.entries...))
				if err != nil {
					t.Fatal(err)
				}
				var got [][]int
				for i, match := range matches {
					got = append(got, numbers(match.Items))
					if text := errorText(match.Err) + "$"; !strings.Contains(text, tc.wantErr) || (tc.wantErr == "") != (match.Err == nil) {
						t.Errorf("%s: %s\nwant: %s", tc.entries[i], text, tc.wantErr)
					}
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("items (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.requests, operations(box)); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func parse(t *testing.T, entries ...string) []selector.Selector {
	t.Helper()
	var all []selector.Selector
	for _, entry := range entries {
		s, err := selector.Parse(entry)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// numbers are the last digits of the items' LUIDs.
func numbers(items []tableau.Item) []int {
	var all []int
	for _, item := range items {
		var number int
		_, _ = fmt.Sscanf(item.ID[len(item.ID)-12:], "%d", &number)
		all = append(all, number)
	}
	return all
}

// operations counts the requests beside the sign-in.
func operations(box *sandbox.Sandbox) map[string]int {
	counts := map[string]int{}
	for _, request := range box.Requests() {
		counts[request.Operation]++
	}
	maps.DeleteFunc(counts, func(name string, _ int) bool { return name == "sign-in" || name == "sign-out" })
	return counts
}

// TestResolve_many: a long list is read in pages of a thousand, single items are asked for only while they are few, and a
// filter holds only so many values.
func TestResolve_many(t *testing.T) {
	t.Parallel()

	site := library()
	site.Workbooks = nil
	for i := range 2500 {
		site.Workbooks = append(site.Workbooks, sandbox.Item{LUID: id(i), Number: i, Name: fmt.Sprint("Book ", i), Project: inSales, Tags: []string{"all"}})
	}
	var luids, names []string
	for i := range 100 {
		luids, names = append(luids, id(i)), append(names, fmt.Sprint("Book ", i))
	}
	filtered := func(n int) []string {
		return slices.Repeat([]string{"fields=_all_&filter=in&pageNumber=1&pageSize=1000"}, n)
	}
	pages := []string{"fields=_all_&pageNumber=1&pageSize=1000", "fields=_all_&pageNumber=2&pageSize=1000", "fields=_all_&pageNumber=3&pageSize=1000"}
	cases := []struct {
		name     string
		entries  []string
		want     int
		gets     int
		requests []string
	}{
		{"twenty_luids_one_by_one", luids[:20], 20, 20, filtered(1)},
		{"more_luids_by_the_whole_list", luids, 100, 0, pages},
		{"names_in_filters", names, 100, 0, filtered(3)},
		{"tag_in_pages", []string{"tag:all"}, 2500, 0, []string{
			"fields=_all_&filter=in&pageNumber=1&pageSize=1000", "fields=_all_&filter=in&pageNumber=2&pageSize=1000", "fields=_all_&filter=in&pageNumber=3&pageSize=1000",
		}},
		{"numbers_in_pages", []string{"http://127.0.0.1/#/site/Samples/workbooks/2499"}, 1, 0, pages},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := sandbox.New(sandbox.Scenario{Tableau: site})
				client := signedIn(t, box.Tableau())
				matches, err := client.Catalog(rest.Preflight).Resolve(t.Context(), content.Workbook, parse(t, tc.entries...))
				if err != nil {
					t.Fatal(err)
				}
				found := 0
				for _, match := range matches {
					found += len(match.Items)
					if match.Err != nil {
						t.Error(match.Err)
					}
				}
				if found != tc.want {
					t.Errorf("%d items, want %d", found, tc.want)
				}
				if got := operations(box)["get-workbook"]; got != tc.gets {
					t.Errorf("%d single items were asked for, want %d", got, tc.gets)
				}
				if diff := cmp.Diff(tc.requests, lists(t, box)); diff != "" {
					t.Errorf("lists (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// lists are the queries of the lists that were asked for, the values of filters left out.
func lists(t *testing.T, box *sandbox.Sandbox) []string {
	t.Helper()
	var all []string
	for _, request := range box.Requests() {
		_, query, _ := strings.Cut(request.Path, "?")
		values, err := url.ParseQuery(query)
		if request.Operation != "list-workbooks" || err != nil {
			continue
		}
		if strings.Contains(values.Get("filter"), ":in:[") {
			values.Set("filter", "in")
		}
		all = append(all, values.Encode())
	}
	return all
}

// TestResolve_extracts: an item asked for by its LUID is also known to be live, where a list can tell.
func TestResolve_extracts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := signedIn(t, sandbox.New(sandbox.Scenario{Tableau: library()}).Tableau())
		matches, err := client.Catalog(rest.Preflight).Resolve(t.Context(), content.Workbook, parse(t, id(1), id(9), id(5)))
		if err != nil {
			t.Fatal(err)
		}
		var got []bool
		for _, match := range matches {
			got = append(got, match.Items[0].HasNoExtract())
		}
		if diff := cmp.Diff([]bool{false, true, false}, got); diff != "" {
			t.Errorf("live (-want +got):\n%s", diff)
		}
	})
}
