package selection_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"dbt-tableau-refresh/internal/rest"
	"dbt-tableau-refresh/internal/sandbox"
	"dbt-tableau-refresh/internal/selection"
)

func TestResolve_tasks(t *testing.T) {
	t.Parallel()
	const byNightly = `schedule "Nightly" has 2 extract refresh tasks`
	testResolve(t, []resolveCase{
		{
			name: "by_id", lists: lists{tasks: []string{taskID(2), taskID(1)}},
			want: []string{"task Orders, listed", "task Revenue, listed"}, requests: map[string]int{"get-task": 2, "list-tasks": 0},
		},
		{
			name: "with_bridge", change: func(s *sandbox.Site) { s.DataSources[0].Bridge = true }, lists: lists{tasks: []string{taskID(2)}},
			want: []string{"task Orders, listed, bridge"},
		},
		{name: "without_a_target", lists: lists{tasks: []string{taskID(3)}}, want: []string{"task task " + taskID(3) + ", listed"}},
		{
			name: "instead_of_its_item", lists: lists{workbooks: []string{"tag:nightly"}, tasks: []string{taskID(1)}},
			want: []string{"workbook Margin", "task Revenue, listed"},
		},
		{
			name: "unknown", lists: lists{tasks: []string{"4711", taskID(1)}}, want: []string{"task 4711, problem", "task Revenue, listed"},
			problem: "tableau-tasks: failed to get extract refresh task 4711",
		},
		{
			name: "many_by_one_list", lists: lists{tasks: append([]string{"4711", strings.ToUpper(taskID(1))}, strings.Fields(strings.Repeat(taskID(2)+" ", 9))...)},
			want:    []string{"task 4711, problem", "task Revenue, listed", "task Orders, listed"},
			problem: "tableau-tasks: extract refresh task 4711 not found (or no permission to view it)", requests: map[string]int{"get-task": 0, "list-tasks": 1},
		},
		{
			name: "by_schedule", lists: lists{schedules: []string{"Nightly"}}, want: []string{"task Revenue, listed", "task Orders, listed"},
			notes: []string{byNightly},
		},
		{
			name: "by_schedule_and_by_id", lists: lists{tasks: []string{taskID(2)}, schedules: []string{strings.ToUpper(nightly)}},
			want: []string{"task Orders, listed", "task Revenue, listed"}, notes: []string{`has 2 extract refresh tasks`},
		},
		{
			name: "two_schedules_with_one_name_one_for_extracts", lists: lists{schedules: []string{"Nightly"}},
			change: func(s *sandbox.Site) { s.Schedules[1].Name = "Nightly" },
			want:   []string{"task Revenue, listed", "task Orders, listed"}, notes: []string{byNightly},
		},
		{
			name: "schedule_without_tasks", lists: lists{schedules: []string{"Mails"}}, want: []string{"task Mails, problem"},
			problem: `tableau-schedules: schedule "Mails" has no extract refresh task`,
		},
		{
			name: "unknown_schedule", lists: lists{schedules: []string{"Weekly"}}, want: []string{"task Weekly, problem"},
			problem: `"Weekly" matches 0 schedules. Use one of these names or LUIDs: "Nightly" (` + nightly + `), "Mails" (` + mails + `)`,
		},
		{
			name: "schedules_that_can_not_be_listed", lists: lists{tasks: []string{taskID(1)}, schedules: []string{"Nightly", "Mails"}},
			faults: []sandbox.Fault{{Service: "tableau", Operation: "list-schedules", Kind: sandbox.Forbidden}},
			want:   []string{"task Revenue, listed", "task Nightly, problem", "task Mails, problem"}, problem: "tableau-schedules: failed to list schedules",
		},
	})
}

// TestResolve_schedulesOnCloud: on Tableau Cloud, where schedules have no names, nothing is requested.
func TestResolve_schedulesOnCloud(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, site())
		c := lists{schedules: []string{"Nightly"}}.config(t)
		c.URL.Host = "10ay.online.tableau.com"
		got, err := selection.New(c, server.client, rest.Preflight).Resolve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tc := resolveCase{want: []string{"task Nightly, problem"}, problem: "tableau-schedules: use tableau-tasks, or list the items", requests: map[string]int{"list-schedules": 0}}
		tc.check(t, server, got)
	})
}
