package selector_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/selector"
)

func TestParseLine(t *testing.T) {
	t.Parallel()

	const other = "11111111-2222-3333-4444-555555555555"
	cases := []struct {
		name string
		line string
		want []string
		err  string
	}{
		{name: "one_luid", line: luid, want: []string{luid}},
		{name: "several_luids", line: luid + ", " + other + " ,", want: []string{luid, other}},
		{name: "commas_in_a_name", line: "Revenue, net, weekly", want: []string{"Revenue, net, weekly"}},
		{name: "luid_and_a_name", line: luid + ", Weekly", err: "Entry 2 is not a LUID"},
		{name: "invalid_entry", line: "a//b", err: "empty part"},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			selectors, err := selector.ParseLine(tc.line)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Fatalf("ParseLine(%q) returned %v, want an error with %q", tc.line, err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatalf("ParseLine(%q) failed: %v", tc.line, err)
			}
			var got []string
			for _, s := range selectors {
				got = append(got, s.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("ParseLine(%q) (-want +got):\n%s", tc.line, diff)
			}
		})
	}
}

func TestSite(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		url  string
		want string
	}{
		{name: "home", url: "https://10ay.online.tableau.com/#/site/MarketingTeam/home", want: "MarketingTeam"},
		{name: "site_alone", url: "https://10ay.online.tableau.com/#/site/MarketingTeam", want: "MarketingTeam"},
		{name: "shared_view", url: "https://bi.example.com/t/Sales/views/W/S", want: "Sales"},
		{name: "default_site", url: "https://bi.example.com/#/home", want: ""},
		{name: "server", url: "https://bi.example.com", want: ""},
		{name: "empty_site", url: "https://bi.example.com/#/site//home", want: ""},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			u, err := url.Parse(tc.url)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, selector.Site(u)); diff != "" {
				t.Errorf("Site (-want +got):\n%s", diff)
			}
		})
	}
}
