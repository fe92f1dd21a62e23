package tableau_test

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// TestCatalog: what was read once is not read again, and later selectors find no less for it.
func TestCatalog_cache(t *testing.T) {
	t.Parallel()

	const page = "http://127.0.0.1/#/site/Samples/"
	cases := []struct {
		name string
		// entries are those of one look after the other.
		entries  [][]string
		want     [][]int // of the last look
		requests map[string]int
	}{
		{name: "luid", entries: [][]string{{testLUID(1)}, {testLUID(1)}}, want: [][]int{{1}}, requests: map[string]int{"get-workbook": 1, "list-workbooks": 1}},
		{name: "luid_twice_in_one", entries: [][]string{{testLUID(1), testLUID(1)}}, want: [][]int{{1}, {1}}, requests: map[string]int{"get-workbook": 1, "list-workbooks": 1}},
		{name: "luid_of_nothing", entries: [][]string{{testLUID(21)}, {testLUID(21)}}, want: [][]int{nil}, requests: map[string]int{"get-workbook": 1}},
		{name: "name_and_tag", entries: [][]string{{"Margin", "tag:nightly"}, {"tag:nightly", "Margin"}}, want: [][]int{{9, 5, 1}, {11}}, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},
		{name: "name_then_its_luid", entries: [][]string{{"Margin"}, {testLUID(11)}}, want: [][]int{{11}}, requests: map[string]int{"list-workbooks": 1}},
		{
			// The list that told of extracts has all items of that name.
			name: "luid_then_its_name", entries: [][]string{{testLUID(1)}, {"Weekly/Revenue"}}, want: [][]int{{1, 2}},
			requests: map[string]int{"get-workbook": 1, "list-workbooks": 1, "list-projects": 1},
		},
		{name: "tree", entries: [][]string{{"Finance/Weekly/Revenue"}, {"Sales/Weekly/Revenue"}}, want: [][]int{{2}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "all_of_it", entries: [][]string{{page + "workbooks/2"}, {"Margin", "tag:nightly", `In\/Out`, testLUID(7)}}, want: [][]int{{11}, {9, 5, 1}, {6}, {7}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := sandbox.New(sandbox.Scenario{Tableau: selectorSite()})
				catalog := signedIn(t, box.Tableau()).Catalog(rest.Preflight)
				var got [][]int
				for _, entries := range tc.entries {
					got = nil
					matches, err := catalog.Resolve(t.Context(), content.Workbook, parseSelectors(t, entries...))
					if err != nil {
						t.Fatal(err)
					}
					for _, match := range matches {
						got = append(got, itemNumbers(match.Items))
					}
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("items (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.requests, operationCounts(box)); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			})
		})
	}
}
