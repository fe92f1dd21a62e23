package selection_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/selection"
	"dbt-tableau-refresh/internal/tableau"
)

func TestResolve_items(t *testing.T) {
	t.Parallel()
	testResolve(t, []resolveCase{
		{name: "nothing", requests: map[string]int{"list-workbooks": 0, "list-datasources": 0, "list-projects": 0}},
		{
			name:  "in_the_order_of_the_inputs",
			lists: lists{workbooks: []string{"Finance/Margin", revenue}, datasources: []string{"Orders"}, flows: []string{"Sales/CRM"}},
			want:  []string{"workbook Margin, listed", "workbook Revenue, listed", "datasource Orders, listed", "flow CRM, listed"},
		},
		{
			name:  "by_tag",
			lists: lists{workbooks: []string{"tag:nightly"}, datasources: []string{"tag:nightly"}},
			want:  []string{"workbook Margin", "workbook Revenue", "datasource Orders"},
		},
		{
			name:  "by_tag_and_by_name",
			lists: lists{workbooks: []string{"tag:nightly", "Revenue"}},
			want:  []string{"workbook Margin", "workbook Revenue, listed"},
		},
		{
			name:  "by_project",
			lists: lists{workbooks: []string{"Finance/*", "Revenue"}, datasources: []string{"Sales/*"}, flows: []string{"/Sales/**"}},
			want: []string{
				"workbook Margin", "workbook Revenue, listed", "datasource Customers", "datasource Orders",
				"datasource Regions, skipped: " + progress.NoExtract, "flow CRM",
			},
		},
		{
			name:    "subprojects_that_can_not_be_listed",
			faults:  []sandbox.Fault{{Service: "tableau", Operation: "list-projects", Kind: sandbox.Forbidden}},
			lists:   lists{workbooks: []string{"Finance/**"}, datasources: []string{"Sales/*"}},
			want:    []string{"workbook Finance/**, problem", "datasource Customers", "datasource Orders", "datasource Regions, skipped: " + progress.NoExtract},
			problem: `the subprojects of "Finance/**" could not be found: failed to list projects`,
		},
		{
			name: "subprojects_below_a_project_that_can_not_be_viewed", change: func(s *sandbox.Site) { s.Projects[1].Parent = "c0000000-0000-4000-8000-000000000009" },
			lists: lists{workbooks: []string{"Finance/**", "Sales/*"}}, want: []string{"workbook Margin", "workbook Revenue", "workbook Sketch, skipped: " + progress.NoExtract, "workbook Stores, skipped: " + progress.NoExtract},
			notes: []string{`tableau-workbooks: "Finance/**" might match more items, because the signed-in user can't view all projects`},
		},
		{
			name:    "name_of_a_data_source_among_the_workbooks",
			lists:   lists{workbooks: []string{"Orders"}},
			want:    []string{"workbook Orders, problem"},
			problem: `tableau-workbooks: select "Orders" (` + orders + `) as a data source, for example in tableau-datasources: no workbook "Orders" found`,
		},
		{
			name:    "path_of_a_flow_among_the_data_sources",
			lists:   lists{datasources: []string{"Sales/CRM"}},
			want:    []string{"datasource Sales/CRM, problem"},
			problem: `tableau-datasources: select "CRM" (` + crm + `) as a flow, for example in tableau-flows: `,
		},
		{
			name:    "luid_of_a_workbook_among_the_flows",
			lists:   lists{flows: []string{revenue}},
			want:    []string{"flow " + revenue + ", problem"},
			problem: `tableau-flows: select "Revenue" (` + revenue + `) as a workbook, for example in tableau-workbooks: `,
		},
		{
			name:    "all_problems_at_once",
			lists:   lists{workbooks: []string{"Revenu", "Margin"}, datasources: []string{"Order"}},
			want:    []string{"workbook Revenu, problem", "workbook Margin, listed", "datasource Order, problem"},
			problem: `tableau-workbooks: no workbook "Revenu" found`,
		},
		{
			name:    "list_that_can_not_be_read",
			faults:  []sandbox.Fault{{Service: "tableau", Operation: "list-flows", Kind: sandbox.Forbidden}},
			lists:   lists{workbooks: []string{"Revenue"}, flows: []string{"CRM"}},
			want:    []string{"workbook Revenue, listed", "flow CRM, problem"},
			problem: "tableau-flows: failed to list flows",
		},
	})
}

func TestResolve_noExtract(t *testing.T) {
	t.Parallel()
	off := func(s *sandbox.Site) { s.Metadata.Disabled = true }
	testResolve(t, []resolveCase{
		{
			name: "by_tag", lists: lists{workbooks: []string{"tag:live"}}, want: []string{"workbook Stores, skipped: " + progress.NoExtract},
		},
		{
			name: "listed", lists: lists{workbooks: []string{"Stores"}}, want: []string{"workbook Stores, listed, problem"},
			problem: `tableau-workbooks: "Stores" (` + stores + `) has no extract. Set tableau-include-datasources: true, or list its published data sources in tableau-datasources instead: "Orders" (` + orders + `)`,
		},
		{
			name: "listed_and_without_the_metadata_api", change: off, lists: lists{workbooks: []string{"Stores"}}, want: []string{"workbook Stores, listed, problem"},
			problem: `instead: "Orders" (` + orders + `)`, notes: []string{"the data sources of workbooks are matched by name"},
		},
		{
			name: "listed_and_without_published_data_sources", lists: lists{workbooks: []string{"Sketch"}}, want: []string{"workbook Sketch, listed, problem"},
			problem: "has no extract. List the published data sources that it uses in tableau-datasources, or remove it if its connection is live",
		},
		{
			name: "listed_data_source", lists: lists{datasources: []string{"Regions"}}, want: []string{"datasource Regions, listed, problem"},
			problem: `tableau-datasources: "Regions" (` + regions + `) has no extract. Remove it, because its connection is live`,
		},
		{
			name: "listed_with_its_data_sources", lists: lists{workbooks: []string{"Stores"}, includeDatasources: true},
			want: []string{"workbook Stores, listed, after Orders, skipped: " + progress.NoExtract, "datasource Orders"},
		},
		{
			name: "listed_with_data_sources_that_do_not_exist", lists: lists{workbooks: []string{"Sketch"}, includeDatasources: true},
			want: []string{"workbook Sketch, listed, problem"}, problem: "Remove it, because it uses no published data source with an extract",
		},
		{
			name: "listed_with_data_sources_that_are_excluded", lists: lists{workbooks: []string{"Stores"}, exclude: []string{"Orders"}, includeDatasources: true},
			want: []string{"workbook Stores, listed, problem"}, problem: `tableau-exclude excludes all published data sources that it uses: "Orders" (` + orders + `)`,
		},
	})
}

func TestResolve_incremental(t *testing.T) {
	t.Parallel()
	old := func(s *sandbox.Site) { s.APIVersion = "3.24" }
	testResolve(t, []resolveCase{
		{
			name: "in_the_request", lists: lists{workbooks: []string{"Revenue"}, flows: []string{"CRM"}, tasks: []string{taskID(2)}, incremental: true},
			want:     []string{"workbook Revenue, listed, incremental", "flow CRM, listed", "task Orders, listed"},
			requests: map[string]int{"list-tasks": 0},
		},
		{
			name: "by_task", change: old, lists: lists{datasources: []string{"Orders"}, flows: []string{"CRM"}, incremental: true},
			want: []string{"datasource Orders, listed, by task 2", "flow CRM, listed"}, requests: map[string]int{"list-tasks": 1},
		},
		{
			name: "by_task_with_bridge", change: func(s *sandbox.Site) { old(s); s.DataSources[0].Bridge = true },
			lists: lists{datasources: []string{"Orders"}, incremental: true}, want: []string{"datasource Orders, listed, by task 2, bridge"},
		},
		{
			name: "not_if_skipped", change: old, lists: lists{workbooks: []string{"tag:live"}, incremental: true},
			want: []string{"workbook Stores, skipped: " + progress.NoExtract}, requests: map[string]int{"list-tasks": 0},
		},
		{
			name: "without_a_task", change: old, lists: lists{workbooks: []string{"Revenue", "Margin"}, datasources: []string{"Orders"}, incremental: true},
			want:    []string{"workbook Revenue, listed, problem", "workbook Margin, listed, problem", "datasource Orders, listed, by task 2"},
			problem: `tableau-incremental: create an incremental extract refresh task for "Revenue" in Tableau`, requests: map[string]int{"list-tasks": 1},
		},
		{
			name: "tasks_that_can_not_be_listed", change: old, faults: []sandbox.Fault{{Service: "tableau", Operation: "list-tasks", Kind: sandbox.Forbidden}},
			lists: lists{datasources: []string{"Orders"}, incremental: true}, want: []string{"datasource Orders, listed, problem"},
			problem: "tableau-incremental: failed to list extract refresh tasks",
		},
	})
}

// TestResolve_error: if an error concerns all of Tableau, there is no selection, and the error contains the input, if possible.
func TestResolve_error(t *testing.T) {
	t.Parallel()
	cases := []struct {
		operation string
		lists     lists
		want      string
	}{
		{"list-workbooks", lists{workbooks: []string{"Revenue"}}, "failed to list workbooks"},
		{"get-task", lists{tasks: []string{taskID(1)}}, "tableau-tasks: failed to get extract refresh task"},
		{"list-schedules", lists{schedules: []string{"Nightly"}}, "tableau-schedules: failed to list schedules"},
		{"list-schedule-extracts", lists{schedules: []string{"Nightly"}}, "tableau-schedules: failed to list the tasks of schedule"},
		{"list-flows", lists{flows: []string{crm}, exclude: []string{"CRM"}}, "tableau-exclude: failed to list flows"},
	}
	for _, tc := range cases {
		t.Run(tc.operation, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := serve(t, site())
				server.box.AddFault(sandbox.Fault{Service: "tableau", Operation: tc.operation, Kind: sandbox.BadGateway})
				got, err := selection.New(tc.lists.config(t), server.client, rest.Preflight).Resolve(t.Context())
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("error %v, want %q", err, tc.want)
				}
				if got.Entries != nil {
					t.Errorf("entries %v, want none", describe(got.Entries))
				}
			})
		})
	}
}

// TestResolve_canceled: the error is the cause of the cancellation, even if a failed request would have an alternative.
func TestResolve_canceled(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		lists lists
	}{
		{"include_datasources", lists{workbooks: []string{"Revenue"}, includeDatasources: true}},
		{"no_extract", lists{workbooks: []string{"Stores"}}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := serve(t, site())
				server.box.AddFault(sandbox.Fault{Service: "tableau", Operation: "query-metadata", Kind: sandbox.Hang})
				want := errors.New("stopped")
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, want)
				defer cancel()
				if _, err := selection.New(tc.lists.config(t), server.client, rest.Preflight).Resolve(ctx); !errors.Is(err, want) {
					t.Errorf("error %v, want %v", err, want)
				}
			})
		})
	}
}

func TestUnresolved(t *testing.T) {
	t.Parallel()
	l := lists{
		workbooks: []string{"tag:nightly", "Finance/Revenue"}, datasources: []string{orders}, flows: []string{"CRM"},
		tasks: []string{"4711"}, schedules: []string{"Nightly"}, exclude: []string{"Margin"},
	}
	s := selection.Unresolved(l.config(t))
	want := []string{"workbook tag:nightly", "workbook Finance/Revenue", "datasource " + orders, "flow CRM", "task 4711", "task Nightly"}
	if diff := cmp.Diff(want, describe(s.Entries)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if err := s.Err(); err != nil {
		t.Errorf("problem %v, want none", err)
	}
}

// TestFail: a workbook does not wait for a data source that can't be refreshed.
func TestFail(t *testing.T) {
	t.Parallel()
	var s selection.Selection
	workbook := selection.NewEntry(tableau.Item{Type: content.Workbook, ID: revenue, Name: "Revenue"})
	workbook.After = []string{orders, customers, regions}
	s.AddAll(selection.Selection{Entries: []selection.Entry{
		workbook,
		selection.NewEntry(tableau.Item{Type: content.Datasource, ID: orders, Name: "Orders"}),
		selection.NewEntry(tableau.Item{Type: content.Datasource, ID: customers, Name: "Customers"}),
	}})
	if got, want := s.Rows()[0].WaitsFor, `"Orders", "Customers"`; got != want {
		t.Errorf("the workbook waits for %q, want %q", got, want)
	}
	s.Entries[1].Problem = errors.New("no task")
	s.MarkFailed(nil)
	want := []string{"workbook Revenue, after Customers", "datasource Orders, failed: no task, problem", "datasource Customers"}
	if diff := cmp.Diff(want, describe(s.Entries)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	s.MarkFailed(errors.New("no session"))
	for _, row := range s.Rows() {
		if row.Status != progress.StatusFailed {
			t.Errorf("%s is %s, want failed", row.Name, row.Status)
		}
	}
}
