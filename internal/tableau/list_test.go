package tableau_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

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
				s := &site{handler: func(w http.ResponseWriter, r *http.Request) {
					query := r.URL.Query()
					if query.Has("fields") && !tc.fields {
						refuse(400, "400006", "Bad Request", "unknown parameter")(w, r)
						return
					}
					page, _ := strconv.Atoi(query.Get("pageNumber"))
					from := min((page-1)*tc.size, all)
					if from == all && tc.refuses {
						refuse(400, "400006", "Bad Request", "Invalid page number")(w, r)
						return
					}
					var items strings.Builder
					for i := from; i < min(from+tc.size, all); i++ {
						fmt.Fprintf(&items, `<workbook id="00000000-0000-4000-8000-%012d" name="W" hasExtracts="true"><project id="p" name="P"/><tags><tag label="t"/></tags></workbook>`, i)
					}
					answer(`<pagination pageNumber="%d" pageSize="%d" totalAvailable="%d"/><workbooks>%s</workbooks>`, page, tc.size, tc.total, items.String())(w, r)
				}}
				matches, err := signedIn(t, s).Catalog(rest.Preflight).Resolve(t.Context(), tableau.Workbook, []selector.Selector{{Kind: selector.Tag, Tag: "t"}})
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
func TestItems_long(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, longest := 0, 0
		s := &site{handler: func(w http.ResponseWriter, r *http.Request) {
			if filter := r.URL.Query().Get("filter"); strings.HasPrefix(filter, "name:in:[") {
				asked += 1 + strings.Count(filter, ",")
				longest = max(longest, len(r.URL.RawQuery))
			}
			answer(`<pagination pageNumber="1" pageSize="1000" totalAvailable="0"/>`)(w, r)
		}}
		var entries []string
		for i := range 100 {
			entries = append(entries, fmt.Sprint(strings.Repeat("売上", 20), i))
		}
		if _, err := signedIn(t, s).Catalog(rest.Preflight).Resolve(t.Context(), tableau.Workbook, parse(t, entries...)); err != nil {
			t.Fatal(err)
		}
		if asked != len(entries) || longest > 4000 {
			t.Errorf("%d names were asked for, in addresses of up to %d bytes", asked, longest)
		}
	})
}
