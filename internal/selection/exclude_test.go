package selection_test

import (
	"testing"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/sandbox"
)

func TestResolve_exclude(t *testing.T) {
	t.Parallel()
	noProjects := []sandbox.Fault{{Service: "tableau", Operation: "list-projects", Kind: sandbox.Forbidden}}
	testResolve(t, []resolveCase{
		{
			name: "by_name_tag_and_luid", lists: lists{workbooks: []string{"tag:nightly"}, datasources: []string{"Orders", "Customers"}, exclude: []string{"Finance/Margin", customers, "tag:live"}},
			want: []string{"workbook Revenue", "datasource Orders, listed"},
		},
		{
			name: "with_its_tasks", lists: lists{schedules: []string{"Nightly"}, exclude: []string{"Revenue"}},
			want: []string{"task Orders, listed"}, notes: []string{"2 extract refresh tasks"},
		},
		{
			name: "item_of_a_task_that_can_not_be_viewed", change: func(s *sandbox.Site) { s.Workbooks[0].Hidden = true },
			lists: lists{tasks: []string{taskID(1), taskID(2)}, exclude: []string{revenue}}, want: []string{"task Orders, listed"},
		},
		{
			name: "nothing_matched", lists: lists{workbooks: []string{"Revenue"}, exclude: []string{"Old", orders}}, want: []string{"workbook Revenue, listed"},
			warnings: []string{`tableau-exclude: "Old" matches no item that the signed-in user can view`, `tableau-exclude: "` + orders + `" matches no item that the signed-in user can view`},
			requests: map[string]int{"list-datasources": 0},
		},
		{
			name: "nothing_left", lists: lists{workbooks: []string{"tag:nightly"}, exclude: []string{"tag:nightly"}},
			warnings: []string{"tableau-exclude excludes everything, so nothing is refreshed"},
		},
		{
			name: "nothing_left_before_discovery", lists: lists{workbooks: []string{"Revenue"}, exclude: []string{"Revenue"}, discover: config.Discover{Lineage: true}},
		},
		{
			name: "ambiguous", change: func(s *sandbox.Site) { s.Workbooks[1].Name = "Revenue" },
			lists: lists{workbooks: []string{"tag:live"}, exclude: []string{"Revenue"}}, want: []string{"workbook Stores, skipped: " + progress.NoExtract, "workbook Revenue, problem"}, problem: `tableau-exclude: "Revenue" matches 2 workbooks`,
		},
		{
			name: "path_that_can_not_be_viewed_completely", faults: noProjects,
			lists: lists{workbooks: []string{revenue, "tag:live"}, flows: []string{crm}, exclude: []string{"/Finance/Revenue"}},
			want:  []string{"workbook Revenue, listed, problem", "workbook Stores, problem", "flow CRM, listed"}, problem: `tableau-exclude: use a LUID instead of "/Finance/Revenue". `,
		},
		{
			name: "by_project", lists: lists{workbooks: []string{"tag:nightly", "Stores"}, datasources: []string{"Orders"}, exclude: []string{"Sales/*", "Archive/**"}},
			want: []string{"workbook Margin", "workbook Revenue"}, warnings: []string{`tableau-exclude: "Archive/**" matches no item that the signed-in user can view`},
		},
		{
			name: "subprojects_that_can_not_be_viewed", faults: noProjects,
			lists: lists{workbooks: []string{revenue, stores}, exclude: []string{"Sales/**"}},
			want:  []string{"workbook Revenue, listed, problem", "workbook Stores, listed, problem"}, problem: `tableau-exclude: use a LUID instead of "Sales/**". `,
		},
		{
			name: "project_that_can_not_be_viewed_completely", change: func(s *sandbox.Site) { s.Projects[0].Parent = "c0000000-0000-4000-8000-000000000009" },
			lists: lists{workbooks: []string{"Margin"}, exclude: []string{"Archive/Finance/*"}},
			want:  []string{"workbook Margin, listed, problem"}, problem: `tableau-exclude: use a LUID instead of "Archive/Finance/*". `,
		},
		{
			name: "ambiguous_project", change: func(s *sandbox.Site) {
				s.Projects = append(s.Projects, sandbox.Project{LUID: nightly, Name: "Finance", Parent: sales})
				s.Workbooks[1].Project = nightly
			},
			lists: lists{workbooks: []string{"tag:nightly"}, exclude: []string{"Finance/*"}},
			want:  []string{"workbook Finance/*, problem"}, problem: `tableau-exclude: "Finance/*" matches 2 projects. Use one of`,
		},
		{
			name: "data_sources_that_can_not_be_listed", faults: []sandbox.Fault{{Service: "tableau", Operation: "list-datasources", Kind: sandbox.Forbidden}},
			lists: lists{workbooks: []string{"Revenue"}, datasources: []string{orders}, flows: []string{"CRM"}, exclude: []string{"Old"}, includeDatasources: true},
			want:  []string{"workbook Revenue, listed, problem", "datasource Orders, listed, problem", "flow CRM, listed"}, problem: "tableau-exclude: failed to list data sources",
		},
	})
}
