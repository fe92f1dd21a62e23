package tableau_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
)

// TestCatalog_cache checks that nothing is requested twice, and that later calls find as much as without the cache.
func TestCatalog_cache(t *testing.T) {
	t.Parallel()

	const siteURL = "http://127.0.0.1/#/site/Samples/"
	cases := []struct {
		name string
		// calls are the entries of one Resolve after the other.
		calls    [][]string
		want     [][]int // of the last call
		requests map[string]int
	}{
		{name: "luid", calls: [][]string{{testLUID(1)}, {testLUID(1)}}, want: [][]int{{1}}, requests: map[string]int{"get-workbook": 1, "list-workbooks": 1}},
		{name: "luid_twice_in_one_call", calls: [][]string{{testLUID(1), testLUID(1)}}, want: [][]int{{1}, {1}}, requests: map[string]int{"get-workbook": 1, "list-workbooks": 1}},
		{name: "unknown_luid", calls: [][]string{{testLUID(21)}, {testLUID(21)}}, want: [][]int{nil}, requests: map[string]int{"get-workbook": 1}},
		{name: "name_and_tag", calls: [][]string{{"Margin", "tag:nightly"}, {"tag:nightly", "Margin"}}, want: [][]int{{9, 5, 1}, {11}}, requests: map[string]int{"list-workbooks": 2, "list-projects": 1}},
		{name: "name_then_its_luid", calls: [][]string{{"Margin"}, {testLUID(11)}}, want: [][]int{{11}}, requests: map[string]int{"list-workbooks": 1}},
		{
			// The list that was requested for the extracts contains all items of that name.
			name: "luid_then_its_name", calls: [][]string{{testLUID(1)}, {"Weekly/Revenue"}}, want: [][]int{{1, 2}},
			requests: map[string]int{"get-workbook": 1, "list-workbooks": 1, "list-projects": 1},
		},
		{name: "projects", calls: [][]string{{"Finance/Weekly/Revenue"}, {"Sales/Weekly/Revenue"}}, want: [][]int{{2}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
		{name: "whole_list", calls: [][]string{{siteURL + "workbooks/2"}, {"Margin", "tag:nightly", `In\/Out`, testLUID(7)}}, want: [][]int{{11}, {9, 5, 1}, {6}, {7}}, requests: map[string]int{"list-workbooks": 1, "list-projects": 1}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := sandbox.New(sandbox.Scenario{Tableau: selectorSite()})
				catalog := signedIn(t, server.Tableau()).Catalog(rest.Preflight)
				var got [][]int
				for _, entries := range tc.calls {
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
				if diff := cmp.Diff(tc.requests, operationCounts(server)); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestCatalog_concurrent checks, with the race detector, that connections can be listed while Resolve fills the cache.
func TestCatalog_concurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := sandbox.New(sandbox.Scenario{Tableau: selectorSite()})
		catalog := signedIn(t, server.Tableau()).Catalog(rest.Preflight)
		selectors := parseSelectors(t, "Weekly/Revenue", "tag:nightly")
		var group sync.WaitGroup
		for number := range 10 {
			group.Go(func() {
				if _, err := catalog.Connections(t.Context(), testLUID(number%7+1)); err != nil {
					t.Error(err)
				}
			})
		}
		group.Go(func() {
			for _, contentType := range []content.Type{content.Workbook, content.Datasource} {
				if _, err := catalog.Resolve(t.Context(), contentType, selectors); err != nil {
					t.Error(err)
				}
			}
		})
		group.Wait()
		got := operationCounts(server)
		if got["list-workbook-connections"] != 10 {
			t.Errorf("requests %v, want 10 lists of connections", got)
		}
	})
}
