package selector_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/selector"
)

const luid = "6b7179ba-b82b-4f0f-91ed-812074ac5da6"

// parseCase is an entry, its Selector, and the result of String if it differs from the entry.
type parseCase struct {
	name    string
	entry   string
	want    selector.Selector
	printed string
}

func checkParse(t *testing.T, cases []parseCase) {
	t.Helper()

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			got, err := selector.Parse(tc.entry)
			if err != nil {
				t.Fatalf("Parse(%q) failed: %v", tc.entry, err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", tc.entry, diff)
			}
			printed := tc.printed
			if printed == "" {
				printed = tc.entry
			}
			if diff := cmp.Diff(printed, got.String()); diff != "" {
				t.Errorf("String (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParse_luids_and_tags(t *testing.T) {
	t.Parallel()

	checkParse(t, []parseCase{
		{
			name:  "luid",
			entry: luid,
			want:  selector.Selector{Kind: selector.LUID, LUID: luid},
		},
		{
			name:    "luid_in_upper_case",
			entry:   " " + strings.ToUpper(luid) + "\t",
			want:    selector.Selector{Kind: selector.LUID, LUID: luid},
			printed: luid,
		},
		{
			name:    "tag",
			entry:   "tag: dbt / nightly",
			want:    selector.Selector{Kind: selector.Tag, Tag: "dbt / nightly"},
			printed: "tag:dbt / nightly",
		},
	})
}

func TestParse_item_urls(t *testing.T) {
	t.Parallel()

	checkParse(t, []parseCase{
		{
			name:  "workbook_on_a_site",
			entry: "https://10ax.online.tableau.com/#/site/exampledev/workbooks/265605/views",
			want: selector.Selector{
				Kind: selector.URL, Scheme: "https", Host: "10ax.online.tableau.com",
				Site: "exampledev", ContentType: content.Workbook, NumericID: "265605",
			},
			printed: "https://10ax.online.tableau.com/#/site/exampledev/workbooks/265605",
		},
		{
			name:  "workbook_on_the_default_site",
			entry: "HTTP://TableauServer:80/#/workbooks/2/views",
			want: selector.Selector{
				Kind: selector.URL, Scheme: "http", Host: "tableauserver",
				ContentType: content.Workbook, NumericID: "2",
			},
			printed: "http://tableauserver/#/workbooks/2",
		},
		{
			name:  "datasource_with_a_query",
			entry: "https://bi.example.com:8443/#/site/x/datasources/123/connections?order=name:asc",
			want: selector.Selector{
				Kind: selector.URL, Scheme: "https", Host: "bi.example.com:8443",
				Site: "x", ContentType: content.Datasource, NumericID: "123",
			},
			printed: "https://bi.example.com:8443/#/site/x/datasources/123",
		},
		{
			name:  "flow",
			entry: "https://bi.example.com/#/flows/7",
			want: selector.Selector{
				Kind: selector.URL, Scheme: "https", Host: "bi.example.com",
				ContentType: content.Flow, NumericID: "7",
			},
		},
	})
}

func TestParse_view_urls(t *testing.T) {
	t.Parallel()

	checkParse(t, []parseCase{
		{
			name:  "view_after_the_hash",
			entry: "https://bi.example.com/#/site/S/views/Weekly_Revenue/Sheet1?:iid=1",
			want: selector.Selector{
				Kind: selector.URL, Scheme: "https", Host: "bi.example.com",
				Site: "S", ContentType: content.Workbook, ContentURL: "Weekly_Revenue",
			},
			printed: "https://bi.example.com/#/site/S/views/Weekly_Revenue",
		},
		{
			name:  "shared_view",
			entry: "https://bi.example.com/t/S/views/Weekly/Sheet1?:showAppBanner=false#1",
			want: selector.Selector{
				Kind: selector.URL, Scheme: "https", Host: "bi.example.com",
				Site: "S", ContentType: content.Workbook, ContentURL: "Weekly",
			},
			printed: "https://bi.example.com/#/site/S/views/Weekly",
		},
		{
			name:  "shared_view_on_the_default_site",
			entry: "https://bi.example.com/views/Umsatz%20%C3%BC/Blatt",
			want: selector.Selector{
				Kind: selector.URL, Scheme: "https", Host: "bi.example.com",
				ContentType: content.Workbook, ContentURL: "Umsatz ü",
			},
			printed: "https://bi.example.com/#/views/Umsatz%20%C3%BC",
		},
		{
			name:  "web_authoring",
			entry: "https://bi.example.com/#/site/S/authoring/Weekly/Sheet1?:iid=1",
			want: selector.Selector{
				Kind: selector.URL, Scheme: "https", Host: "bi.example.com",
				Site: "S", ContentType: content.Workbook, ContentURL: "Weekly",
			},
			printed: "https://bi.example.com/#/site/S/views/Weekly",
		},
		{
			name:  "web_authoring_before_the_fragment",
			entry: "https://bi.example.com/t/S/authoring/Weekly/Sheet1#1",
			want: selector.Selector{
				Kind: selector.URL, Scheme: "https", Host: "bi.example.com",
				Site: "S", ContentType: content.Workbook, ContentURL: "Weekly",
			},
			printed: "https://bi.example.com/#/site/S/views/Weekly",
		},
		{
			name:  "web_authoring_on_the_default_site",
			entry: "https://bi.example.com/authoring/Weekly/Sheet1",
			want: selector.Selector{
				Kind: selector.URL, Scheme: "https", Host: "bi.example.com",
				ContentType: content.Workbook, ContentURL: "Weekly",
			},
			printed: "https://bi.example.com/#/views/Weekly",
		},
	})
}

func TestParse_paths(t *testing.T) {
	t.Parallel()

	checkParse(t, []parseCase{
		{
			name:  "bare_name",
			entry: "Weekly revenue, net",
			want:  selector.Selector{Kind: selector.Path, Path: []string{"Weekly revenue, net"}},
		},
		{
			name:  "path",
			entry: "Finance/Reports/Weekly revenue",
			want:  selector.Selector{Kind: selector.Path, Path: []string{"Finance", "Reports", "Weekly revenue"}},
		},
		{
			name:  "anchored_path",
			entry: "/Finance/Weekly",
			want:  selector.Selector{Kind: selector.Path, Path: []string{"Finance", "Weekly"}, Anchored: true},
		},
		{
			name:  "anchored_project_like_a_tag",
			entry: "/tag:a/b",
			want:  selector.Selector{Kind: selector.Path, Path: []string{"tag:a", "b"}, Anchored: true},
		},
	})
}

func TestParse_projects(t *testing.T) {
	t.Parallel()

	project := func(anchored, recursive bool, path ...string) selector.Selector {
		return selector.Selector{Kind: selector.Project, Path: path, Anchored: anchored, Recursive: recursive}
	}
	checkParse(t, []parseCase{
		{name: "project", entry: "Finance/*", want: project(false, false, "Finance")},
		{name: "with_subprojects", entry: "Finance/Reports/**", want: project(false, true, "Finance", "Reports")},
		{name: "anchored", entry: "/Finance/*", want: project(true, false, "Finance")},
		{name: "escaped_slash", entry: `P\/L/*`, want: project(false, false, "P/L")},
		{name: "project_like_a_tag", entry: `\tag:a/**`, want: project(false, true, "tag:a")},
		{name: "project_named_with_an_asterisk", entry: `\**/*`, want: project(false, false, "**")},
		{name: "item_named_with_an_asterisk", entry: `Finance/\*`, want: selector.Selector{Kind: selector.Path, Path: []string{"Finance", "*"}}},
		{name: "escaped_slash_before_an_asterisk", entry: `Finance\/*`, want: selector.Selector{Kind: selector.Path, Path: []string{"Finance/*"}}},
		{name: "asterisk_within_a_name", entry: `5* rating/***`, want: selector.Selector{Kind: selector.Path, Path: []string{"5* rating", "***"}}},
		{name: "escaped_asterisk_within_a_name", entry: `5\* rating`, want: selector.Selector{Kind: selector.Path, Path: []string{"5* rating"}}, printed: "5* rating"},
	})
}

func TestParse_zero_width_characters(t *testing.T) {
	t.Parallel()

	checkParse(t, []parseCase{
		{name: "luid", entry: "\ufeff" + luid[:8] + "\u200b" + luid[8:], want: selector.Selector{Kind: selector.LUID, LUID: luid}, printed: luid},
		{name: "name", entry: "\u200bWeekly\u2060 revenue\u200d \u200c", want: selector.Selector{Kind: selector.Path, Path: []string{"Weekly revenue"}}, printed: "Weekly revenue"},
	})
	name := selector.Selector{Kind: selector.Path, Path: []string{"Weekly\u200b revenue"}}
	if diff := cmp.Diff("Weekly revenue", name.String()); diff != "" {
		t.Errorf("String (-want +got):\n%s", diff)
	}
}

func TestParse_escapes(t *testing.T) {
	t.Parallel()

	checkParse(t, []parseCase{
		{
			name:  "escaped_slash_and_backslash",
			entry: `Profit \/ Loss/a\\b`,
			want:  selector.Selector{Kind: selector.Path, Path: []string{"Profit / Loss", `a\b`}},
		},
		{
			name:  "name_like_a_tag",
			entry: `\tag:finance`,
			want:  selector.Selector{Kind: selector.Path, Path: []string{"tag:finance"}},
		},
		{
			name:    "name_like_a_tag_after_a_project",
			entry:   `A/\tag:b`,
			want:    selector.Selector{Kind: selector.Path, Path: []string{"A", "tag:b"}},
			printed: "A/tag:b",
		},
		{
			name:  "name_like_a_url",
			entry: `https:\/\/x`,
			want:  selector.Selector{Kind: selector.Path, Path: []string{"https://x"}},
		},
		{
			name:  "name_with_dashes",
			entry: "a-b-c-d-e",
			want:  selector.Selector{Kind: selector.Path, Path: []string{"a-b-c-d-e"}},
		},
		{
			name:  "name_like_a_luid_after_a_project",
			entry: "A/" + luid[1:],
			want:  selector.Selector{Kind: selector.Path, Path: []string{"A", luid[1:]}},
		},
	})
}

func TestParse_invalid_entries(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name  string
		entry string
		want  string // a part of the error
	}{
		{name: "empty", entry: " ", want: "is empty"},
		{name: "tag_without_a_name", entry: "tag: ", want: "write a tag after tag:"},
		{name: "luid_a_digit_short", entry: luid[1:], want: "correct the LUID"},
		{name: "luid_a_digit_long", entry: luid + "0", want: "correct the LUID"},
		{name: "luid_with_a_letter_o", entry: "6b7179ba-b82b-4fOf-91ed-812074ac5da6", want: "correct the LUID"},
		{name: "empty_part", entry: "Finance//Weekly", want: "empty part"},
		{name: "project_without_a_name", entry: "Finance/", want: "empty part"},
		{name: "only_a_slash", entry: "/", want: "empty part"},
		{name: "anchored_name", entry: "/Weekly", want: "write /Project/Name or only the name"},
		{name: "unknown_escape", entry: `Finance\Weekly`, want: `write \\ for a backslash`},
		{name: "backslash_at_the_end", entry: `Finance\`, want: `write \\ for a backslash`},
		{name: "url_of_the_server", entry: "https://bi.example.com", want: "copy the URL of a workbook"},
		{name: "url_of_a_site", entry: "https://bi.example.com/#/site/x/home", want: "copy the URL of a workbook"},
		{name: "url_of_a_list", entry: "https://bi.example.com/#/site/x/workbooks", want: "copy the URL of a workbook"},
		{name: "url_of_a_project", entry: "https://bi.example.com/#/site/x/projects/12", want: "write Project/* for everything in a project, or Project/**"},
		{name: "everything", entry: "*", want: "write a project before the *"},
		{name: "everything_from_the_top", entry: "/**", want: "write a project before the *"},
		{name: "asterisk_in_the_middle", entry: "Finance/*/Weekly", want: `write \* for a project with this name`},
		{name: "project_with_an_empty_part", entry: "Finance//*", want: "empty part"},
		{name: "url_without_a_number", entry: "https://bi.example.com/#/workbooks/abc", want: "copy the URL of a workbook"},
		{name: "url_of_a_view_without_a_name", entry: "https://bi.example.com/#/views//x", want: "copy the URL of a workbook"},
		{name: "url_that_redirects", entry: "https://bi.example.com/#/site/x/redirect_to_view/123?:iid=1", want: "copy the URL that then appears"},
		{name: "url_that_redirects_on_the_default_site", entry: "https://bi.example.com/#/redirect_to_view/123", want: "copy the URL that then appears"},
		{name: "url_with_a_bad_escape", entry: "https://bi.example.com/%zz", want: "it is invalid"},
		{name: "url_without_a_host", entry: "https:///workbooks/1", want: "it is invalid"},
		{name: "url_with_a_password", entry: "https://me:pw@bi.example.com/#/workbooks/1", want: "remove the username and password"},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			got, err := selector.Parse(tc.entry)
			if err == nil {
				t.Fatalf("Parse(%q) returned %#v, want an error", tc.entry, got)
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Parse(%q) returned %q, want an error with %q", tc.entry, err, tc.want)
			}
		})
	}
}
