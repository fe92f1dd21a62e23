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

// TestResolve_pages checks that a list of 350 items is complete, regardless of the page sizes and totals that the server returns.
func TestResolve_pages(t *testing.T) {
	t.Parallel()
	const itemCount = 350
	cases := []struct {
		name string
		// size is the server's largest page, and total the count that it announces.
		size, total    int
		rejectsPastEnd bool // rejects a page after the last one
		supportsFields bool
	}{
		{"as_requested", 1000, itemCount, false, true},
		{"short_pages", 100, itemCount, false, true},
		{"total_too_high", 100, 9999, false, true},
		{"page_after_the_last_rejected", 100, 9999, true, true},
		{"single_page", itemCount, itemCount, false, true},
		{"fields_rejected", 1000, itemCount, false, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
					query := r.URL.Query()
					if query.Has("fields") && !tc.supportsFields {
						respondError(400, "400006", "Bad Request", "unknown parameter")(w, r)
						return
					}
					page, _ := strconv.Atoi(query.Get("pageNumber"))
					from := min((page-1)*tc.size, itemCount)
					if from == itemCount && tc.rejectsPastEnd {
						respondError(400, "400006", "Bad Request", "Invalid page number")(w, r)
						return
					}
					var items strings.Builder
					for i := from; i < min(from+tc.size, itemCount); i++ {
						fmt.Fprintf(&items, `<workbook id="00000000-0000-4000-8000-%012d" name="W" hasExtracts="true"><project id="p" name="P"/><tags><tag label="t"/></tags></workbook>`, i)
					}
					respondXML(`<pagination pageNumber="%d" pageSize="%d" totalAvailable="%d"/><workbooks>%s</workbooks>`, page, tc.size, tc.total, items.String())(w, r)
				}}
				matches, err := resolveByTag(t, s)
				if err != nil {
					t.Fatal(err)
				}
				if got := len(matches[0].Items); got != itemCount {
					t.Errorf("%d items, want %d", got, itemCount)
				}
			})
		})
	}
}

// TestResolve_longNames checks that many long names are split into several filters, because the length of a URL is limited.
func TestResolve_longNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		requested, longest := 0, 0
		s := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
			if filter := r.URL.Query().Get("filter"); strings.HasPrefix(filter, "name:in:[") {
				requested += 1 + strings.Count(filter, ",")
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
		if requested != len(entries) || longest > 4000 {
			t.Errorf("%d names were requested, in URLs of up to %d bytes", requested, longest)
		}
	})
}

// TestResolve_truncatedList checks that a list is an error if one of its pages is rejected.
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
		if !strings.Contains(errorText(err), "failed to list workbooks: Tableau returned 403") {
			t.Errorf("Resolve() = %v, want the rejection", err)
		}
	})
}

// TestResolve_fewerThanAnnounced checks that a note reports a list with fewer items than announced.
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
		if want := "list workbooks: received 1 of 2 items"; err != nil || !slices.Contains(notes, want) {
			t.Errorf("Resolve() = %v with notes %q, want %q", err, notes, want)
		}
	})
}

func resolveByTag(t *testing.T, s *fakeSite, modify ...func(*tableau.Options)) ([]tableau.Match, error) {
	t.Helper()
	return signedIn(t, s, modify...).Catalog(rest.Preflight).Resolve(t.Context(), content.Workbook, []selector.Selector{{Kind: selector.Tag, Tag: "t"}})
}
