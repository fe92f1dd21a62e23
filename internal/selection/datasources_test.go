package selection_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/selection"
)

// withOrders adds a data source with the name Orders in another project.
func withOrders(s *sandbox.Site) {
	s.DataSources = append(s.DataSources, sandbox.Item{LUID: "d0000000-0000-4000-8000-000000000009", Name: "Orders", Number: 19, Project: finance})
}

func TestResolve_includeDatasources(t *testing.T) {
	t.Parallel()
	off := func(s *sandbox.Site) { s.Metadata.Disabled = true }
	const (
		both   = `"Revenue" will be refreshed after its data sources: "Orders", "Customers"`
		byName = "the data sources of workbooks are matched by name, so names must be unique: "
	)
	testResolve(t, []resolveCase{
		{
			name: "by_luid", lists: lists{workbooks: []string{"Revenue"}, includeDatasources: true},
			want:     []string{"workbook Revenue, listed, after Orders, Customers", "datasource Orders", "datasource Customers"},
			notes:    []string{both},
			requests: map[string]int{"query-metadata": 1, "list-workbook-connections": 0, "get-datasource": 2},
		},
		{
			name: "by_name", change: off, lists: lists{workbooks: []string{"Revenue", "Margin"}, includeDatasources: true},
			want:     []string{"workbook Revenue, listed, after Orders, Customers", "workbook Margin, listed, after Orders", "datasource Orders", "datasource Customers"},
			notes:    []string{byName, both, `"Margin" will be refreshed after`},
			requests: map[string]int{"query-metadata": 1, "list-workbook-connections": 2, "list-datasources": 1},
		},
		{
			name: "of_the_workbook_of_a_task", lists: lists{tasks: []string{taskID(1)}, includeDatasources: true}, notes: []string{both},
			want: []string{"task Revenue, listed, after Orders, Customers", "datasource Orders", "datasource Customers"},
		},
		{
			name: "as_a_task", lists: lists{workbooks: []string{"Margin"}, tasks: []string{taskID(2)}, includeDatasources: true},
			want: []string{"workbook Margin, listed, after Orders", "task Orders, listed"}, notes: []string{"will be refreshed after"},
		},
		{
			name: "excluded", lists: lists{workbooks: []string{"Revenue"}, exclude: []string{"Orders"}, includeDatasources: true},
			want: []string{"workbook Revenue, listed, after Customers", "datasource Customers"}, notes: []string{"will be refreshed after"},
		},
		{
			name: "hidden", change: func(s *sandbox.Site) { s.DataSources[0].Hidden = true }, lists: lists{workbooks: []string{"Revenue"}, includeDatasources: true},
			want: []string{"workbook Revenue, listed, problem"}, problem: `tableau-include-datasources: "Revenue": let the signed-in user view all published data sources of the workbook`,
		},
		{
			name: "hidden_by_name", change: func(s *sandbox.Site) { off(s); s.DataSources[0].Hidden = true }, lists: lists{workbooks: []string{"Margin"}, includeDatasources: true},
			want: []string{"workbook Margin, listed, problem"}, notes: []string{byName}, problem: `"Margin": let the signed-in user view the published data source "Orders" of the workbook`,
		},
		{
			name: "hidden_with_two_of_its_name_in_other_cases", lists: lists{workbooks: []string{"Margin"}, includeDatasources: true},
			change: func(s *sandbox.Site) {
				off(s)
				withOrders(s)
				s.DataSources[0].Hidden, s.DataSources[1].Name, s.DataSources[3].Name = true, "ORDERS", "orders"
			},
			want: []string{"workbook Margin, listed, problem"}, notes: []string{byName}, problem: `let the signed-in user view the published data source "Orders" of the workbook`,
		},
		{
			name: "hidden_with_another_of_its_name_in_upper_case", lists: lists{workbooks: []string{"Margin"}, includeDatasources: true},
			change: func(s *sandbox.Site) {
				off(s)
				withOrders(s)
				s.DataSources[0].Hidden, s.DataSources[3].Name = true, "ORDERS"
			},
			want: []string{"workbook Margin, listed, problem"}, notes: []string{byName}, problem: `let the signed-in user view the published data source "Orders" of the workbook`,
		},
		{
			name: "gone", faults: []sandbox.Fault{{Service: "tableau", Operation: "get-datasource", Kind: sandbox.NotFound}}, lists: lists{workbooks: []string{"Margin"}, includeDatasources: true},
			want: []string{"workbook Margin, listed, problem"}, problem: `"Margin": a published data source of the workbook can't be refreshed: `,
		},
		{
			name: "ambiguous_by_name", change: func(s *sandbox.Site) { off(s); withOrders(s) }, lists: lists{workbooks: []string{"Margin"}, includeDatasources: true},
			want: []string{"workbook Margin, listed, problem"}, notes: []string{byName}, problem: `"Margin": add all but one of these published data sources to tableau-exclude, or make the Metadata API available to identify the right one. Only the name is known: `,
		},
		{
			name: "ambiguous_by_name_with_all_but_one_excluded", change: func(s *sandbox.Site) { off(s); withOrders(s) },
			lists: lists{workbooks: []string{"Margin"}, exclude: []string{"Finance/Orders"}, includeDatasources: true},
			want:  []string{"workbook Margin, listed, after Orders", "datasource Orders"}, notes: []string{byName, "will be refreshed after"},
		},
		{
			name: "ambiguous_by_name_with_all_excluded", change: func(s *sandbox.Site) { off(s); withOrders(s) },
			lists: lists{workbooks: []string{"Margin"}, exclude: []string{"Finance/Orders", "Sales/Orders"}, includeDatasources: true},
			want:  []string{"workbook Margin, listed"}, notes: []string{byName},
		},
		{
			name: "rejected_for_one_workbook", change: off, faults: []sandbox.Fault{{Service: "tableau", Operation: "list-workbook-connections", Kind: sandbox.Forbidden, Times: 1}},
			lists: lists{workbooks: []string{"Margin"}, includeDatasources: true},
			want:  []string{"workbook Margin, listed, problem"}, notes: []string{byName}, problem: `tableau-include-datasources: "Margin": failed to list the connections of workbook`,
		},
		{
			name: "incomplete", change: func(s *sandbox.Site) { s.Metadata.Backfilling = true }, lists: lists{workbooks: []string{"Margin"}, includeDatasources: true},
			want: []string{"workbook Margin, listed, after Orders", "datasource Orders"}, notes: []string{"will be refreshed after"}, warnings: []string{"some data sources of workbooks might be missing"},
			requests: map[string]int{"list-workbook-connections": 0},
		},
		{
			name: "incomplete_and_maybe_without_any", change: func(s *sandbox.Site) { s.Metadata.Backfilling = true; s.Workbooks[3].Live = false }, lists: lists{workbooks: []string{"Sketch"}, includeDatasources: true},
			want: []string{"workbook Sketch, listed"}, notes: []string{byName}, warnings: []string{"some data sources of workbooks might be missing"},
			requests: map[string]int{"list-workbook-connections": 1},
		},
	})
}

// TestResolve_manyWorkbooks: only the first workbooks have notes about the order.
func TestResolve_manyWorkbooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := site()
		s.Metadata.Disabled = true
		s.Workbooks = nil
		for i := range 23 {
			luid := fmt.Sprintf("a0000000-0000-4000-8000-%012d", 100+i)
			s.Workbooks = append(s.Workbooks, sandbox.Item{LUID: luid, Name: fmt.Sprintf("Book %02d", i), Project: sales, Tags: []string{"nightly"}, Reads: []string{orders}})
		}
		server := serve(t, s)
		got, err := selection.New(lists{workbooks: []string{"tag:nightly"}, includeDatasources: true}.config(t), server.client, rest.Preflight).Resolve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := len(got.Notes); n != 22 { // matching by name, 20 workbooks, and the number of further ones
			t.Fatalf("%d notes, want 22: %q", n, got.Notes)
		}
		compareTexts(t, "last notes", []string{`"Book 19" will be refreshed after its data sources: "Orders"`, "3 more workbooks will be refreshed after their data sources"}, got.Notes[20:])
		if n := server.requests("list-workbook-connections"); n != 23 {
			t.Errorf("%d requests for connections, want 23", n)
		}
	})
}

// TestResolve_connectionsFail: after an error that concerns all workbooks, no further connections are requested.
func TestResolve_connectionsFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := site()
		s.Metadata.Disabled = true
		for i := range 30 {
			luid := fmt.Sprintf("a0000000-0000-4000-8000-%012d", 100+i)
			s.Workbooks = append(s.Workbooks, sandbox.Item{LUID: luid, Name: fmt.Sprintf("Book %02d", i), Project: sales, Tags: []string{"many"}, Reads: []string{orders}})
		}
		server := serve(t, s)
		server.box.AddFault(sandbox.Fault{Service: "tableau", Operation: "list-workbook-connections", Kind: sandbox.BadGateway})
		_, err := selection.New(lists{workbooks: []string{"tag:many"}, includeDatasources: true}.config(t), server.client, rest.Preflight).Resolve(t.Context())
		if err == nil {
			t.Fatal("no error")
		}
		requested := map[string]bool{}
		for _, request := range server.box.Requests() {
			if request.Operation == "list-workbook-connections" {
				requested[request.Path] = true
			}
		}
		if len(requested) != 10 {
			t.Errorf("connections of %d workbooks were requested, want 10", len(requested))
		}
	})
}
