package pipeline

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/tableau"
)

// TestSelection: every item once, a task in the place of its item, and two tasks of one item as two.
func TestSelection(t *testing.T) {
	t.Parallel()

	item := func(kind content.Type, id string) entry { return newEntry(tableau.Item{Type: kind, ID: id}, true) }
	task := func(id, item string) entry {
		return entry{goal: tableau.Target{Type: content.Task, ID: id, ItemType: content.Workbook, ItemID: item}}
	}
	book, source := item(content.Workbook, "W"), item(content.Datasource, "D")
	cases := []struct {
		name string
		add  []entry
		// remove are the items that are taken out before the last entry is added.
		remove string
		want   string
	}{
		{name: "nothing"},
		{name: "items", add: []entry{book, source}, want: "workbook W, datasource D"},
		{name: "twice", add: []entry{book, source, book, item(content.Workbook, "w")}, want: "workbook W, datasource D"},
		{name: "task_after_its_item", add: []entry{book, source, task("T", "W")}, want: "task T, datasource D"},
		{name: "task_before_its_item", add: []entry{task("T", "W"), source, book}, want: "task T, datasource D"},
		{name: "two_tasks_of_one_item", add: []entry{task("T", "W"), task("U", "W")}, want: "task T, task U"},
		{name: "two_tasks_again_and_again", add: []entry{task("T", "W"), task("U", "W"), task("T", "W"), task("U", "W"), book}, want: "task T, task U"},
		{name: "item_and_two_tasks_twice", add: []entry{book, task("T", "W"), task("U", "W"), task("T", "W")}, want: "task T, task U"},
		{name: "tasks_without_a_target", add: []entry{task("T", ""), task("U", ""), task("T", "")}, want: "task T, task U"},
		{name: "removed", add: []entry{book, source, item(content.Flow, "F"), source}, remove: "w", want: "datasource D, flow F"},
		{name: "removed_with_its_tasks", add: []entry{task("T", "W"), task("U", "W"), source, source}, remove: "w", want: "datasource D"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var s selection
			for i, e := range tc.add {
				if tc.remove != "" && i == len(tc.add)-1 {
					s.remove(map[string]bool{tc.remove: true})
				}
				s.add(e)
			}
			var got []string
			for _, e := range s.entries {
				got = append(got, string(e.goal.Type)+" "+e.goal.ID)
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}
