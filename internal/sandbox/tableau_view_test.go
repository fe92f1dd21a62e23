package sandbox

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestViews(t *testing.T) {
	t.Parallel()

	scenario := successScenario()
	scenario.Tableau.Workbooks[0].Views = []string{"Week at a glance", "By store"}
	scenario.Tableau.Workbooks[1].Hidden = true
	cases := []struct {
		name, path string
		want       []string
	}{
		{name: "page", path: "/views?pageSize=2", want: []string{"Weeklyrevenue/sheets/Weekataglance", "Weeklyrevenue/sheets/Bystore"}},
		{
			name: "content_url", path: "/views?filter=contentUrl:eq:Weeklyrevenue/sheets/Bystore",
			want: []string{"Weeklyrevenue/sheets/Bystore"},
		},
		{name: "url_name", path: "/views?filter=viewUrlName:in:[Bystore,x]", want: []string{"Weeklyrevenue/sheets/Bystore"}},
		{name: "of_hidden_workbook", path: "/views?filter=contentUrl:eq:MarginPLEMEA/sheets/Overview"},
		{name: "of_workbook", path: "/workbooks/d2c8e6b0-9f41-4d7a-b35c-0e8a6f1d7c92/views", want: []string{"sales-dashboard-jp/sheets/Overview"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			answer := decodeTableau(t, newTableauClient(t, New(scenario)).get(tc.path))
			var got []string
			for _, v := range answer.Views.Views {
				got = append(got, v.ContentURL)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || answer.Pagination == nil {
				t.Errorf("views (-want +got):\n%s", diff)
			}
		})
	}
	view := decodeTableau(t, newTableauClient(t, New(scenario)).get("/views?filter=viewUrlName:eq:Bystore")).Views.Views[0]
	want := xmlView{
		ID: "d1500001-b82b-4f0f-91ed-812074ac5da6", Name: "By store", ContentURL: "Weeklyrevenue/sheets/Bystore", ViewURLName: "Bystore", SheetType: "dashboard",
		Workbook: xmlReference{ID: "6b7179ba-b82b-4f0f-91ed-812074ac5da6"}, Owner: xmlReference{ID: userLUID},
		Project: &xmlReference{ID: projectWeekly}, Tags: xmlTags{[]xmlTag{{"finance"}, {"after-dbt"}}},
	}
	view.CreatedAt, view.UpdatedAt = "", ""
	if diff := cmp.Diff(want, view); diff != "" {
		t.Errorf("view (-want +got):\n%s", diff)
	}
}
