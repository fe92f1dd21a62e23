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

// The projects of the site: Finance/Weekly, Sales/Weekly/Finance, and "R&D, labs/2".
const (
	projectFinance            = "c0ffee00-2000-4000-8000-000000000001"
	projectFinanceWeekly      = "c0ffee00-2000-4000-8000-000000000002"
	projectSales              = "c0ffee00-2000-4000-8000-000000000003"
	projectSalesWeekly        = "c0ffee00-2000-4000-8000-000000000004"
	projectSalesWeeklyFinance = "c0ffee00-2000-4000-8000-000000000005"
	projectLabs               = "c0ffee00-2000-4000-8000-000000000006"
)

// testLUID returns the LUID of the item with the number.
func testLUID(number int) string { return fmt.Sprintf("5e1ec700-0000-4000-8000-%012d", number) }

// selectorSite returns a site with duplicate names and names with special characters.
func selectorSite() sandbox.Site {
	item := func(number int, name, project string, tags ...string) sandbox.Item {
		return sandbox.Item{LUID: testLUID(number), Number: number, Name: name, Project: project, Tags: tags}
	}
	liveItem := item(9, "Live board", projectFinance, "nightly")
	liveItem.Live = true
	hiddenItem := item(10, "Secret", projectFinance, "nightly")
	hiddenItem.Hidden = true
	return sandbox.Site{
		LUID: "5a4db0c5-0000-4000-8000-00000000517e", ContentURL: "Samples", APIVersion: "3.26", TokenName: "name", TokenValue: "value",
		Projects: []sandbox.Project{
			{LUID: projectFinance, Name: "Finance"}, {LUID: projectFinanceWeekly, Name: "Weekly", Parent: projectFinance},
			{LUID: projectSales, Name: "Sales"}, {LUID: projectSalesWeekly, Name: "Weekly", Parent: projectSales}, {LUID: projectSalesWeeklyFinance, Name: "Finance", Parent: projectSalesWeekly},
			{LUID: projectLabs, Name: "R&D, labs/2"},
		},
		Workbooks: []sandbox.Item{
			item(1, "Revenue", projectFinanceWeekly, "nightly"), item(2, "Revenue", projectSalesWeekly), item(3, "Revenue", projectSalesWeeklyFinance), item(4, "revenue", projectLabs),
			item(5, `P&L, "2026"`, projectFinance, "nightly", "a, b & c"), item(6, "In/Out", projectLabs), item(7, "売上ダッシュボード", projectSales),
			item(8, "Unique", ""), liveItem, hiddenItem, item(11, "Margin", projectSalesWeeklyFinance), item(12, `Back\slash`, projectSales), item(13, "MARGIN 2", projectFinance),
			item(14, "11", projectLabs), item(15, "Hidden\u200b space", projectLabs),
		},
		DataSources: []sandbox.Item{item(21, "Orders", projectFinance, "nightly"), item(22, "Unique", projectSales)},
		Flows:       []sandbox.Item{item(31, "Clean", projectFinance, "nightly"), item(32, "Clean", projectSales)},
	}
}

// TestResolve covers every kind of selector, and the requests that it requires.
func TestResolve(t *testing.T) {
	t.Parallel()

	const (
		siteURL = "http://127.0.0.1/#/site/Samples/"
		itemURL = "http://127.0.0.1:80/#/site/Samples/" // as Tableau returns it
	)
	cases := []struct {
		name        string
		contentType content.Type
		entries     []string
		// want are the numbers of the items by entry; wantErr is a part of each entry's error, where $ is the end.
		want    [][]int
		wantErr string
		// requests are the numbers of requests by operation, without the sign-in.
		requests map[string]int
	}{
		{name: "luid", contentType: content.Workbook, entries: []string{testLUID(1)}, want: [][]int{{1}}, requests: map[string]int{"get-workbook": 1, "list-workbooks": 1}},
		{name: "luid_in_upper_case", contentType: content.Workbook, entries: []string{strings.ToUpper(testLUID(1))}, want: [][]int{{1}}, requests: map[string]int{"get-workbook": 1, "list-workbooks": 1}},
		{name: "luid_of_a_data_source", contentType: content.Datasource, entries: []string{testLUID(21)}, want: [][]int{{21}}, requests: map[string]int{"get-datasource": 1}},
		{name: "luid_of_a_flow", contentType: content.Flow, entries: []string{testLUID(31)}, want: [][]int{{31}}, requests: map[string]int{"get-flow": 1}},
		{name: "luid_of_another_type", contentType: content.Workbook, entries: []string{testLUID(21)}, want: [][]int{nil}, wantErr: "404 Not Found", requests: map[string]int{"get-workbook": 1}},
		{name: "luid_in_a_personal_space", contentType: content.Workbook, entries: []string{testLUID(8)}, want: [][]int{{8}}, requests: map[string]int{"get-workbook": 1, "list-workbooks": 1}},

		{name: "name", contentType: content.Workbook, entries: []string{"Margin"}, want: [][]int{{11}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "names_in_one_request", contentType: content.Workbook, entries: []string{"Margin", "Live board", "売上ダッシュボード"}, want: [][]int{{11}, {9}, {7}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "name_of_a_data_source", contentType: content.Datasource, entries: []string{"Unique"}, want: [][]int{{22}}, requests: map[string]int{"list-datasources": 1}},
		{name: "name_of_a_flow", contentType: content.Flow, entries: []string{"Sales/Clean"}, want: [][]int{{32}}, requests: map[string]int{"list-flows": 1, "list-projects": 1}},
		{name: "comma_ampersand_and_quotes", contentType: content.Workbook, entries: []string{`P&L, "2026"`}, want: [][]int{{5}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "slash", contentType: content.Workbook, entries: []string{`In\/Out`}, want: [][]int{{6}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "backslash", contentType: content.Workbook, entries: []string{`Back\\slash`}, want: [][]int{{12}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "name_in_a_personal_space", contentType: content.Workbook, entries: []string{"Unique"}, want: [][]int{nil}, wantErr: `no workbook "Unique" found`, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},
		{name: "hidden", contentType: content.Workbook, entries: []string{"Secret"}, want: [][]int{nil}, wantErr: `no workbook "Secret" found (or no permission to view it)`, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},

		{name: "path", contentType: content.Workbook, entries: []string{"Finance/Weekly/Revenue"}, want: [][]int{{1}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "path_from_the_middle", contentType: content.Workbook, entries: []string{"Weekly/Finance/Revenue"}, want: [][]int{{3}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "anchored", contentType: content.Workbook, entries: []string{"/Finance/MARGIN 2"}, want: [][]int{{13}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "anchored_in_the_middle", contentType: content.Workbook, entries: []string{"/Weekly/Revenue"}, want: [][]int{nil}, wantErr: `no workbook "/Weekly/Revenue" found`, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},
		{name: "project_with_special_characters", contentType: content.Workbook, entries: []string{`R&D, labs\/2/revenue`}, want: [][]int{{4}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{
			name: "repeated_project", contentType: content.Workbook, entries: []string{"Weekly/Revenue"}, want: [][]int{{1, 2}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1},
			wantErr: `"Weekly/Revenue" matches 2 workbooks. Use one of these paths or LUIDs: /Finance/Weekly/Revenue (` + testLUID(1) + `) ` + itemURL + `workbooks/1, /Sales/Weekly/Revenue (` + testLUID(2) + `) ` + itemURL + `workbooks/2`,
		},
		{
			name: "ambiguous_flow", contentType: content.Flow, entries: []string{"Clean"}, want: [][]int{{31, 32}}, requests: map[string]int{"list-flows": 1, "list-projects": 1},
			wantErr: `"Clean" matches 2 flows. Use one of these paths or LUIDs: /Finance/Clean (` + testLUID(31) + `) ` + itemURL + `flows/31, /Sales/Clean (` + testLUID(32) + `) ` + itemURL + `flows/32`,
		},

		{name: "case_sensitive", contentType: content.Workbook, entries: []string{"revenue"}, want: [][]int{{4}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "case_ignored_without_a_match", contentType: content.Workbook, entries: []string{"sales/weekly/REVENUE"}, want: [][]int{{2}}, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},
		{name: "case_ignored_and_ambiguous", contentType: content.Workbook, entries: []string{"REVENUE"}, want: [][]int{{1, 4, 3, 2}}, wantErr: `"REVENUE" matches 4 workbooks`, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},
		{
			name: "suggestions", contentType: content.Workbook, entries: []string{"Margni"}, want: [][]int{nil}, requests: map[string]int{"list-workbooks": 2, "list-projects": 1},
			wantErr: `no workbook "Margni" found (or no permission to view it). Did you mean: /Sales/Weekly/Finance/Margin (` + testLUID(11) + `) ` + itemURL + `workbooks/11, /Finance/MARGIN 2 (`,
		},
		{name: "no_suggestions", contentType: content.Workbook, entries: []string{"在庫一覧表です"}, want: [][]int{nil}, wantErr: "or no permission to view it)$", requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},

		{name: "tag", contentType: content.Workbook, entries: []string{"tag:nightly"}, want: [][]int{{9, 5, 1}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "tag_of_data_sources", contentType: content.Datasource, entries: []string{"tag:nightly"}, want: [][]int{{21}}, requests: map[string]int{"list-datasources": 1}},
		{name: "tag_of_flows", contentType: content.Flow, entries: []string{"tag:nightly"}, want: [][]int{{31}}, requests: map[string]int{"list-flows": 1}},
		{name: "tag_with_special_characters", contentType: content.Workbook, entries: []string{"tag:a, b & c"}, want: [][]int{{5}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "unused_tag", contentType: content.Workbook, entries: []string{"tag:Nightly"}, want: [][]int{nil}, wantErr: `no workbook "tag:Nightly" found`, requests: map[string]int{"list-workbooks": 1}},

		{name: "project", contentType: content.Workbook, entries: []string{"Finance/Weekly/*"}, want: [][]int{{1}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "project_without_its_subprojects", contentType: content.Workbook, entries: []string{"/Finance/*"}, want: [][]int{{9, 13, 5}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "project_with_subprojects", contentType: content.Workbook, entries: []string{"/Finance/**", "Sales/**"}, want: [][]int{{9, 13, 5, 1}, {12, 11, 3, 2, 7}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "project_of_data_sources", contentType: content.Datasource, entries: []string{"Sales/*"}, want: [][]int{{22}}, requests: map[string]int{"list-datasources": 1, "list-projects": 1}},
		{name: "project_of_flows", contentType: content.Flow, entries: []string{"Sales/**"}, want: [][]int{{32}}, requests: map[string]int{"list-flows": 1, "list-projects": 1}},
		{name: "project_that_no_filter_accepts", contentType: content.Workbook, entries: []string{`R&D, labs\/2/*`}, want: [][]int{{14, 15, 6, 4}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "project_in_other_case", contentType: content.Workbook, entries: []string{"sales/WEEKLY/*"}, want: [][]int{{2}}, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},
		{
			name: "ambiguous_project", contentType: content.Workbook, entries: []string{"Weekly/*"}, want: [][]int{{1, 2}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1},
			wantErr: `"Weekly/*" matches 2 projects. Use one of: /Finance/Weekly/*, /Sales/Weekly/*$`,
		},
		{
			name: "ambiguous_project_with_subprojects", contentType: content.Workbook, entries: []string{"Finance/**"}, want: [][]int{{9, 13, 5, 1, 11, 3}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1},
			wantErr: `"Finance/**" matches 2 projects. Use one of: /Finance/**, /Sales/Weekly/Finance/**$`,
		},
		{name: "same_project_name_in_a_project_without_data_sources", contentType: content.Datasource, entries: []string{"Finance/**"}, want: [][]int{{21}}, requests: map[string]int{"list-datasources": 1, "list-projects": 1}},
		{name: "project_without_items", contentType: content.Datasource, entries: []string{"Weekly/*"}, want: [][]int{nil}, wantErr: `no data source "Weekly/*" found`, requests: map[string]int{"list-datasources": 2, "list-projects": 1}},
		{
			name: "mistyped_project", contentType: content.Workbook, entries: []string{"Finanse/*"}, want: [][]int{nil}, requests: map[string]int{"list-workbooks": 2, "list-projects": 1},
			wantErr: `no workbook "Finanse/*" found (or no permission to view it). Did you mean: /Finance/*, /Sales/Weekly/Finance/*$`,
		},
		{name: "personal_space_has_no_project", contentType: content.Workbook, entries: []string{"Unique/*"}, want: [][]int{nil}, wantErr: `no workbook "Unique/*" found`, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},

		{name: "number_in_a_url", contentType: content.Workbook, entries: []string{"7"}, want: [][]int{{7}}, requests: map[string]int{"list-workbooks": 2}},
		{name: "number_in_a_url_in_a_personal_space", contentType: content.Workbook, entries: []string{"8"}, want: [][]int{{8}}, requests: map[string]int{"list-workbooks": 2}},
		{name: "number_that_is_a_name", contentType: content.Workbook, entries: []string{"11"}, want: [][]int{{14}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "number_of_nothing", contentType: content.Workbook, entries: []string{"99"}, want: [][]int{nil}, wantErr: `no workbook "99" found`, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},
		{name: "name_with_a_zero_width_character", contentType: content.Workbook, entries: []string{"Hidden space"}, want: [][]int{{15}}, requests: map[string]int{"list-workbooks": 2}},
		{
			name: "path_with_angle_brackets", contentType: content.Workbook, entries: []string{"Sales > Weekly > Revenue"}, want: [][]int{nil}, requests: map[string]int{"list-workbooks": 2, "list-projects": 1},
			wantErr: `no workbook "Sales > Weekly > Revenue" found (or no permission to view it). Separate projects with slashes: "Sales/Weekly/Revenue"$`,
		},

		{name: "url", contentType: content.Workbook, entries: []string{siteURL + "workbooks/2"}, want: [][]int{{2}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "url_of_a_list_of_views", contentType: content.Workbook, entries: []string{siteURL + "workbooks/2/views?order=name"}, want: [][]int{{2}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "url_of_a_view", contentType: content.Workbook, entries: []string{siteURL + "views/InOut/Overview?:iid=1"}, want: [][]int{{6}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "url_in_a_personal_space", contentType: content.Workbook, entries: []string{siteURL + "workbooks/8"}, want: [][]int{{8}}, requests: map[string]int{"list-workbooks": 1}},
		{name: "url_of_a_data_source", contentType: content.Datasource, entries: []string{siteURL + "datasources/21"}, want: [][]int{{21}}, requests: map[string]int{"list-datasources": 1}},
		{name: "url_of_a_flow", contentType: content.Flow, entries: []string{siteURL + "flows/32"}, want: [][]int{{32}}, requests: map[string]int{"list-flows": 1}},
		{name: "url_of_nothing", contentType: content.Workbook, entries: []string{siteURL + "workbooks/99"}, want: [][]int{nil}, wantErr: "workbooks/99\" found", requests: map[string]int{"list-workbooks": 1}},
		{name: "url_of_another_type", contentType: content.Datasource, entries: []string{siteURL + "views/Orders/Overview", siteURL + "workbooks/21"}, want: [][]int{nil, nil}, wantErr: "no data source ", requests: map[string]int{}},
		{
			name: "url_on_another_host", contentType: content.Workbook, entries: []string{"https://else.example/#/site/Samples/workbooks/1"}, want: [][]int{{1}}, requests: map[string]int{"list-workbooks": 1},
			wantErr: `"https://else.example/#/site/Samples/workbooks/1" is on else.example, but tableau-url is on 127.0.0.1`,
		},
		{name: "one_list_for_all_entries", contentType: content.Workbook, entries: []string{siteURL + "workbooks/2", "Margin", "tag:nightly", `In\/Out`}, want: [][]int{{2}, {11}, {9, 5, 1}, {6}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "no_entries", contentType: content.Workbook, requests: map[string]int{}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := sandbox.New(sandbox.Scenario{Tableau: selectorSite()})
				client := signedIn(t, server.Tableau())
				matches, err := client.Catalog(rest.Preflight).Resolve(t.Context(), tc.contentType, parseSelectors(t, tc.entries...))
				if err != nil {
					t.Fatal(err)
				}
				var got [][]int
				for i, match := range matches {
					got = append(got, itemNumbers(match.Items))
					if text := errorText(match.Err) + "$"; !strings.Contains(text, tc.wantErr) || (tc.wantErr == "") != (match.Err == nil) {
						t.Errorf("%s: %s\nwant: %s", tc.entries[i], text, tc.wantErr)
					}
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("items (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.requests, operationCounts(server)); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func parseSelectors(t *testing.T, entries ...string) []selector.Selector {
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

// itemNumbers returns the numbers at the end of the items' LUIDs.
func itemNumbers(items []tableau.Item) []int {
	var all []int
	for _, item := range items {
		var number int
		_, _ = fmt.Sscanf(item.ID[len(item.ID)-12:], "%d", &number)
		all = append(all, number)
	}
	return all
}

// operationCounts counts the requests by operation, without the sign-in.
func operationCounts(server *sandbox.Sandbox) map[string]int {
	counts := map[string]int{}
	for _, request := range server.Requests() {
		counts[request.Operation]++
	}
	maps.DeleteFunc(counts, func(name string, _ int) bool { return name == "sign-in" || name == "sign-out" })
	return counts
}

// TestResolve_manyItems checks that long lists are read in pages of 1,000, that only few items are requested one by one, and
// that many values are split into several filters.
func TestResolve_manyItems(t *testing.T) {
	t.Parallel()

	site := selectorSite()
	site.Workbooks = nil
	for i := range 2500 {
		site.Workbooks = append(site.Workbooks, sandbox.Item{LUID: testLUID(i), Number: i, Name: fmt.Sprint("Book ", i), Project: projectSales, Tags: []string{"all"}})
	}
	var luids, names []string
	for i := range 100 {
		luids, names = append(luids, testLUID(i)), append(names, fmt.Sprint("Book ", i))
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
		{"more_luids_in_the_whole_list", luids, 100, 0, pages},
		{"names_in_filters", names, 100, 0, filtered(3)},
		{"tag_in_pages", []string{"tag:all"}, 2500, 0, []string{
			"fields=_all_&filter=in&pageNumber=1&pageSize=1000", "fields=_all_&filter=in&pageNumber=2&pageSize=1000", "fields=_all_&filter=in&pageNumber=3&pageSize=1000",
		}},
		{"number_in_a_url", []string{"http://127.0.0.1/#/site/Samples/workbooks/2499"}, 1, 0, pages},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := sandbox.New(sandbox.Scenario{Tableau: site})
				client := signedIn(t, server.Tableau())
				matches, err := client.Catalog(rest.Preflight).Resolve(t.Context(), content.Workbook, parseSelectors(t, tc.entries...))
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
				if got := operationCounts(server)["get-workbook"]; got != tc.gets {
					t.Errorf("%d items were requested one by one, want %d", got, tc.gets)
				}
				if diff := cmp.Diff(tc.requests, listQueries(t, server)); diff != "" {
					t.Errorf("lists (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// listQueries returns the URL queries of the requested lists, without the values of filters.
func listQueries(t *testing.T, server *sandbox.Sandbox) []string {
	t.Helper()
	var all []string
	for _, request := range server.Requests() {
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

// TestResolve_extracts checks that a list shows whether an item requested by LUID has an extract.
func TestResolve_extracts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := signedIn(t, sandbox.New(sandbox.Scenario{Tableau: selectorSite()}).Tableau())
		matches, err := client.Catalog(rest.Preflight).Resolve(t.Context(), content.Workbook, parseSelectors(t, testLUID(1), testLUID(9), testLUID(5)))
		if err != nil {
			t.Fatal(err)
		}
		var got []bool
		for _, match := range matches {
			got = append(got, match.Items[0].HasNoExtract())
		}
		if diff := cmp.Diff([]bool{false, true, false}, got); diff != "" {
			t.Errorf("HasNoExtract() (-want +got):\n%s", diff)
		}
	})
}
