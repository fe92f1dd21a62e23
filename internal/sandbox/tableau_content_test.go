package sandbox

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// listCase is a request for a list and the expected response.
type listCase struct {
	name, path string
	query      url.Values
	want       listResult
}

type listResult struct {
	Code, Total int
	Names       []string
}

func TestLists(t *testing.T) {
	t.Parallel()
	testLists(t, []listCase{
		{
			name: "workbooks", path: "/workbooks",
			want: listResult{200, 6, []string{"Weekly revenue", "Margin | P&L <EMEA>", "売上ダッシュボード", "Weekly revenue", "Store scorecard", "Scratch: churn ideas"}},
		},
		{name: "page", path: "/workbooks", query: url.Values{"pageSize": {"2"}, "pageNumber": {"3"}}, want: listResult{200, 6, []string{"Store scorecard", "Scratch: churn ideas"}}},
		{name: "short_page", path: "/workbooks", query: url.Values{"pageSize": {"4"}, "pageNumber": {"2"}}, want: listResult{200, 6, []string{"Store scorecard", "Scratch: churn ideas"}}},
		{name: "beyond_the_last_page", path: "/workbooks", query: url.Values{"pageSize": {"6"}, "pageNumber": {"2"}}, want: listResult{Code: 400006}},
		{name: "page_zero", path: "/workbooks", query: url.Values{"pageNumber": {"0"}}, want: listResult{Code: 400006}},
		{name: "no_page", path: "/workbooks", query: url.Values{"pageNumber": {"x"}}, want: listResult{Code: 400006}},
		{name: "size_zero", path: "/workbooks", query: url.Values{"pageSize": {"0"}}, want: listResult{Code: 400007}},
		{name: "no_size", path: "/workbooks", query: url.Values{"pageSize": {"x"}}, want: listResult{Code: 400007}},
		{name: "size_too_large", path: "/workbooks", query: url.Values{"pageSize": {"1001"}}, want: listResult{Code: 403014}},
		{
			name: "sorted", path: "/workbooks", query: url.Values{"sort": {"name:desc"}, "pageSize": {"3"}},
			want: listResult{200, 6, []string{"売上ダッシュボード", "Weekly revenue", "Weekly revenue"}},
		},
		{name: "data_sources", path: "/datasources", want: listResult{200, 3, []string{"Orders", "Kundenstammdaten – täglich", "Store master"}}},
		{name: "projects", path: "/projects", want: listResult{200, 7, []string{"default", "Finance", "Weekly", "Sales & Marketing", "APAC", "Weekly", "Certified data"}}},
	})
}

func TestLists_Filtered(t *testing.T) {
	t.Parallel()
	testLists(t, []listCase{
		{name: "name", path: "/workbooks", query: url.Values{"filter": {"name:eq:Weekly revenue"}}, want: listResult{200, 2, []string{"Weekly revenue", "Weekly revenue"}}},
		{name: "name_in_other_letters", path: "/workbooks", query: url.Values{"filter": {"name:eq:weekly revenue"}}, want: listResult{Code: 200}},
		{name: "name_folded", path: "/workbooks", query: url.Values{"filter": {"name:cieq:store SCORECARD"}}, want: listResult{200, 1, []string{"Store scorecard"}}},
		{name: "name_with_colon", path: "/workbooks", query: url.Values{"filter": {"name:eq:Scratch: churn ideas"}}, want: listResult{200, 1, []string{"Scratch: churn ideas"}}},
		{name: "name_with_ampersand", path: "/workbooks", query: url.Values{"filter": {"name:eq:Margin | P&L <EMEA>"}}, want: listResult{Code: 400000}},
		{name: "names", path: "/workbooks", query: url.Values{"filter": {"name:in:[Store scorecard,売上ダッシュボード]"}}, want: listResult{200, 2, []string{"売上ダッシュボード", "Store scorecard"}}},
		{name: "tag", path: "/workbooks", query: url.Values{"filter": {"tags:eq:after-dbt"}}, want: listResult{200, 2, []string{"Weekly revenue", "売上ダッシュボード"}}},
		{name: "two_filters", path: "/workbooks", query: url.Values{"filter": {"tags:in:[finance,x],projectName:eq:Weekly"}}, want: listResult{200, 1, []string{"Weekly revenue"}}},
		{name: "live", path: "/workbooks", query: url.Values{"filter": {"hasExtracts:eq:false"}}, want: listResult{200, 1, []string{"Store scorecard"}}},
		{name: "later_than", path: "/workbooks", query: url.Values{"filter": {"createdAt:gt:2999-01-01T00:00:00Z"}}, want: listResult{Code: 200}},
		{name: "unknown_field", path: "/workbooks", query: url.Values{"filter": {"luid:eq:x"}}, want: listResult{Code: 400000}},
		{name: "unknown_operator", path: "/workbooks", query: url.Values{"filter": {"name:like:x"}}, want: listResult{Code: 400000}},
		{name: "no_filter", path: "/workbooks", query: url.Values{"filter": {"Weekly"}}, want: listResult{Code: 400000}},
		{name: "data_source", path: "/datasources", query: url.Values{"filter": {"name:eq:Orders"}}, want: listResult{200, 1, []string{"Orders"}}},
		{name: "data_source_by_table", path: "/datasources", query: url.Values{"filter": {"connectionType:eq:snowflake,isPublished:eq:true,tableName:eq:FCT_ORDERS"}}, want: listResult{200, 1, []string{"Orders"}}},
		{name: "workbook_by_table", path: "/workbooks", query: url.Values{"filter": {"tableName:eq:FCT_ORDERS"}}, want: listResult{Code: 400000}},
		{name: "owner", path: "/workbooks", query: url.Values{"filter": {"ownerEmail:eq:analytics@nordlys.example"}, "pageSize": {"1"}}, want: listResult{200, 6, []string{"Weekly revenue"}}},
		{name: "comma_in_name", path: "/workbooks", query: url.Values{"filter": {"name:eq:Revenue, weekly"}}, want: listResult{Code: 400000}},
		{name: "content_url", path: "/workbooks", query: url.Values{"filter": {"contentUrl:in:[sales-dashboard-jp,x]"}}, want: listResult{200, 1, []string{"売上ダッシュボード"}}},
		{name: "top_level", path: "/projects", query: url.Values{"filter": {"topLevelProject:eq:true"}}, want: listResult{200, 4, []string{"default", "Finance", "Sales & Marketing", "Certified data"}}},
		{name: "children", path: "/projects", query: url.Values{"filter": {"parentProjectId:eq:" + projectSales}}, want: listResult{200, 2, []string{"APAC", "Weekly"}}},
	})
}

func testLists(t *testing.T, cases []listCase) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			a := newTableauClient(t, New(successScenario())).get(tc.path + "?" + tc.query.Encode())
			got := listResult{Code: errorCode(t, a)}
			if answer := decodeTableau(t, a); answer.Pagination != nil {
				got.Total, got.Names = answer.Pagination.TotalAvailable, itemNames(answer)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("list (-want +got):\n%s", diff)
			}
		})
	}
}

func itemNames(answer tsResponse) []string {
	var names []string
	var items []xmlItem
	switch {
	case answer.Workbooks != nil:
		items = answer.Workbooks.Items
	case answer.DataSources != nil:
		items = answer.DataSources.Items
	case answer.Projects != nil:
		for _, p := range answer.Projects.Projects {
			names = append(names, p.Name)
		}
	}
	for _, item := range items {
		names = append(names, item.Name)
	}
	return names
}

func TestWorkbook(t *testing.T) {
	t.Parallel()

	s := New(successScenario())
	c := newTableauClient(t, s)
	got := decodeTableau(t, c.get("/workbooks/"+s.scenario.Tableau.Workbooks[1].LUID)).Workbook
	got.CreatedAt, got.UpdatedAt = "", ""
	want := &xmlItem{
		ID: "1f3a9c58-27d4-4be0-8a6e-5d90c7e1b243", Name: "Margin | P&L <EMEA>", ContentURL: "MarginPLEMEA",
		WebpageURL: "http://example.com/#/site/nordlys/workbooks/265618", ShowTabs: "true", Size: 3, EncryptExtracts: "false",
		Project:  &xmlReference{ID: projectFinance, Name: "Finance"},
		Location: &xmlReference{ID: projectFinance, Name: "Finance", Type: "Project"},
		Owner:    xmlReference{ID: userLUID}, Tags: xmlTags{[]xmlTag{{"finance"}}},
		Views: &xmlViews{[]xmlReference{{ID: "d1500000-27d4-4be0-8a6e-5d90c7e1b243", Name: "Overview", ContentURL: "MarginPLEMEA/sheets/Overview"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("workbook (-want +got):\n%s", diff)
	}
}

// TestWorkbook_HasExtracts asserts that only a list with all fields contains hasExtracts of a workbook.
func TestWorkbook_HasExtracts(t *testing.T) {
	t.Parallel()

	s := New(successScenario())
	c := newTableauClient(t, s)
	luid := s.scenario.Tableau.Workbooks[4].LUID
	got := []*bool{
		decodeTableau(t, c.get("/workbooks/"+luid+"?fields=_all_")).Workbook.HasExtracts,
		decodeTableau(t, c.get("/workbooks")).Workbooks.Items[4].HasExtracts,
		decodeTableau(t, c.get("/workbooks?fields=_all_")).Workbooks.Items[4].HasExtracts,
	}
	if diff := cmp.Diff([]*bool{nil, nil, new(false)}, got); diff != "" {
		t.Errorf("one, list, list of all fields (-want +got):\n%s", diff)
	}
}

func TestWorkbook_PersonalSpace(t *testing.T) {
	t.Parallel()

	s := New(successScenario())
	got := decodeTableau(t, newTableauClient(t, s).get("/workbooks/"+s.scenario.Tableau.Workbooks[5].LUID)).Workbook
	if got.Project != nil || got.Location.Type != "PersonalSpace" {
		t.Errorf("got project %v and location %v, want no project and a personal space", got.Project, got.Location)
	}
}

func TestDataSource(t *testing.T) {
	t.Parallel()

	s := New(findScenario(t, "bridge"))
	c := newTableauClient(t, s)
	got := decodeTableau(t, c.get("/datasources/"+s.scenario.Tableau.DataSources[0].LUID)).DataSource
	if got.Name != "Orders" || !*got.UseRemoteQueryAgent || !*got.HasExtracts || got.Type != "snowflake" {
		t.Errorf("got %+v, want Orders with extracts, refreshed by Bridge", got)
	}
}

func TestItems_Hidden(t *testing.T) {
	t.Parallel()

	scenario := successScenario()
	scenario.Tableau.Workbooks[0].Hidden = true
	scenario.Tableau.DataSources[0].Hidden = true
	s := New(scenario)
	c := newTableauClient(t, s)
	const unknown = "00000000-0000-4000-8000-000000000000"
	cases := []struct {
		kind string
		luid string
		code int
	}{
		{"/workbooks/", unknown, 404006},
		{"/workbooks/", scenario.Tableau.Workbooks[0].LUID, 404006},
		{"/workbooks/", scenario.Tableau.DataSources[1].LUID, 404006},
		{"/datasources/", unknown, 404004},
		{"/datasources/", scenario.Tableau.DataSources[0].LUID, 404004},
	}
	for _, tc := range cases {
		path := tc.kind + tc.luid
		got := []int{errorCode(t, c.get(path)), errorCode(t, c.get(path+"/connections")), errorCode(t, c.do(http.MethodPost, path+"/refresh", "<tsRequest/>"))}
		if diff := cmp.Diff([]int{tc.code, tc.code, tc.code}, got); diff != "" {
			t.Errorf("%s: get, connections, refresh (-want +got):\n%s", path, diff)
		}
	}
	if got := decodeTableau(t, c.get("/workbooks")).Pagination.TotalAvailable; got != 5 {
		t.Errorf("the list has %d workbooks, want the 5 visible ones", got)
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()

	s := New(successScenario())
	c := newTableauClient(t, s)
	type connection struct{ Type, Server, Source string }
	got := map[string]connection{}
	for _, path := range []string{"/workbooks/" + s.scenario.Tableau.Workbooks[0].LUID, "/workbooks/" + s.scenario.Tableau.Workbooks[4].LUID, "/datasources/" + s.scenario.Tableau.DataSources[0].LUID} {
		for _, x := range decodeTableau(t, c.get(path+"/connections")).Connections.Connections {
			entry := connection{Type: x.Type, Server: x.ServerAddress}
			if x.DataSource != nil {
				entry.Source = x.DataSource.Name
			}
			got[path[:12]+path[len(path)-4:]] = entry
		}
	}
	for _, x := range decodeTableau(t, c.get("/workbooks/a7b01c9e-52f8-4e36-9d14-7c3f8e60b2d5/connections")).Connections.Connections {
		if a := c.get("/datasources/" + x.DataSource.ID); errorCode(t, a) != 404004 {
			t.Errorf("the data source in a connection is a published one: %s", a.Body)
		}
	}
	want := map[string]connection{
		"/workbooks/65da6": {"snowflake", "nordlys.snowflakecomputing.example", "Revenue"},
		"/workbooks/ab2d5": {"sqlproxy", "localhost", "Orders"},
		"/datasources65fb": {"snowflake", "nordlys.snowflakecomputing.example", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
}

func TestWorkbook_PageURL(t *testing.T) {
	t.Parallel()

	s := New(findScenario(t, "exposures"))
	got := decodeTableau(t, newTableauClient(t, s).get("/workbooks/"+s.scenario.Tableau.Workbooks[0].LUID)).Workbook.WebpageURL
	if want := "https://tableau.nordlys.example/#/site/nordlys/workbooks/265605"; got != want {
		t.Errorf("got page %s, want %s", got, want)
	}
}
