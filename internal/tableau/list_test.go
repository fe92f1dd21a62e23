package tableau_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/selector"
	"dbt-tableau-refresh/internal/tableau"
)

// TestResolve_pages reads a list of 350 items to its end, whatever a server makes of pages and totals.
func TestResolve_pages(t *testing.T) {
	t.Parallel()
	const all = 350
	cases := []struct {
		name string
		// size is the longest page that the server gives, total what it announces, beyond what it answers to a page behind the end.
		size, total int
		refuses     bool
		fields      bool // it knows of fields
	}{
		{"as_asked", 1000, all, false, true},
		{"short_pages", 100, all, false, true},
		{"total_too_high", 100, 9999, false, true},
		{"page_behind_the_end_refused", 100, 9999, true, true},
		{"one_page_of_all", all, all, false, true},
		{"fields_refused", 1000, all, false, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
					query := r.URL.Query()
					if query.Has("fields") && !tc.fields {
						respondError(400, "400006", "Bad Request", "unknown parameter")(w, r)
						return
					}
					page, _ := strconv.Atoi(query.Get("pageNumber"))
					from := min((page-1)*tc.size, all)
					if from == all && tc.refuses {
						respondError(400, "400006", "Bad Request", "Invalid page number")(w, r)
						return
					}
					var items strings.Builder
					for i := from; i < min(from+tc.size, all); i++ {
						fmt.Fprintf(&items, `<workbook id="00000000-0000-4000-8000-%012d" name="W" hasExtracts="true"><project id="p" name="P"/><tags><tag label="t"/></tags></workbook>`, i)
					}
					respondXML(`<pagination pageNumber="%d" pageSize="%d" totalAvailable="%d"/><workbooks>%s</workbooks>`, page, tc.size, tc.total, items.String())(w, r)
				}}
				matches, err := resolveByTag(t, s)
				if err != nil {
					t.Fatal(err)
				}
				if got := len(matches[0].Items); got != all {
					t.Errorf("%d items, want %d", got, all)
				}
			})
		})
	}
}

// TestItems_long: many long names fit into no single address.
func TestResolve_longNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, longest := 0, 0
		s := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
			if filter := r.URL.Query().Get("filter"); strings.HasPrefix(filter, "name:in:[") {
				asked += 1 + strings.Count(filter, ",")
				longest = max(longest, len(r.URL.RawQuery))
			}
			respondXML(`<pagination pageNumber="1" pageSize="1000" totalAvailable="0"/>`)(w, r)
		}}
		var entries []string
		for i := range 100 {
			entries = append(entries, fmt.Sprint(strings.Repeat("売上", 20), i))
		}
		if _, err := signedIn(t, s).Catalog(rest.Preflight).Resolve(t.Context(), content.Workbook, parseSelectors(t, entries...)); err != nil {
			t.Fatal(err)
		}
		if asked != len(entries) || longest > 4000 {
			t.Errorf("%d names were asked for, in addresses of up to %d bytes", asked, longest)
		}
	})
}

// TestResolve_cut: a list that can't be read to its end is no list.
func TestResolve_truncatedList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("pageNumber") != "1" {
				respondForbidden(w, r)
				return
			}
			respondXML(`<pagination totalAvailable="2"/><workbooks><workbook id="%s" name="W"><tags><tag label="t"/></tags></workbook></workbooks>`, luid)(w, r)
		}}
		_, err := resolveByTag(t, s)
		if !strings.Contains(errorText(err), "failed to list workbooks: Tableau answered 403") {
			t.Errorf("Resolve() = %v, want the refusal", err)
		}
	})
}

// TestResolve_short: less than was announced is told, for what is missing is not refreshed.
func TestResolve_fewerThanAnnounced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var notes []string
		s := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("pageNumber") != "1" {
				respondXML(`<pagination totalAvailable="2"/><workbooks/>`)(w, r)
				return
			}
			respondXML(`<pagination totalAvailable="2"/><workbooks><workbook id="%s" name="W"><tags><tag label="t"/></tags></workbook></workbooks>`, luid)(w, r)
		}}
		_, err := resolveByTag(t, s, func(o *tableau.Options) { o.REST.OnNote = func(text string) { notes = append(notes, text) } })
		if want := "list workbooks: 1 came of the 2 that were announced"; err != nil || !slices.Contains(notes, want) {
			t.Errorf("Resolve() = %v with notes %q, want %q", err, notes, want)
		}
	})
}

func resolveByTag(t *testing.T, s *fakeSite, change ...func(*tableau.Options)) ([]tableau.Match, error) {
	t.Helper()
	return signedIn(t, s, change...).Catalog(rest.Preflight).Resolve(t.Context(), content.Workbook, []selector.Selector{{Kind: selector.Tag, Tag: "t"}})
}
