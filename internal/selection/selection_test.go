package selection

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// TestAdd: each item is added once, a task replaces its item, and several tasks of one item are kept.
func TestAdd(t *testing.T) {
	t.Parallel()

	item := func(contentType content.Type, id string) Entry {
		return NewEntry(tableau.Item{Type: contentType, ID: id})
	}
	task := func(id, item string) Entry {
		return Entry{Target: tableau.Target{Type: content.Task, ID: id, ItemType: content.Workbook, ItemID: item}}
	}
	workbook, datasource := item(content.Workbook, "W"), item(content.Datasource, "D")
	cases := []struct {
		name string
		add  []Entry
		// remove is the item to remove before the last entry is added.
		remove string
		want   string
	}{
		{name: "nothing"},
		{name: "items", add: []Entry{workbook, datasource}, want: "workbook W, datasource D"},
		{name: "twice", add: []Entry{workbook, datasource, workbook, item(content.Workbook, "w")}, want: "workbook W, datasource D"},
		{name: "task_after_its_item", add: []Entry{workbook, datasource, task("T", "W")}, want: "task T, datasource D"},
		{name: "task_before_its_item", add: []Entry{task("T", "W"), datasource, workbook}, want: "task T, datasource D"},
		{name: "two_tasks_of_one_item", add: []Entry{task("T", "W"), task("U", "W")}, want: "task T, task U"},
		{name: "two_tasks_repeatedly", add: []Entry{task("T", "W"), task("U", "W"), task("T", "W"), task("U", "W"), workbook}, want: "task T, task U"},
		{name: "item_and_two_tasks_twice", add: []Entry{workbook, task("T", "W"), task("U", "W"), task("T", "W")}, want: "task T, task U"},
		{name: "tasks_without_a_target", add: []Entry{task("T", ""), task("U", ""), task("T", "")}, want: "task T, task U"},
		{name: "removed", add: []Entry{workbook, datasource, item(content.Flow, "F"), datasource}, remove: "w", want: "datasource D, flow F"},
		{name: "removed_with_its_tasks", add: []Entry{task("T", "W"), task("U", "W"), datasource, datasource}, remove: "w", want: "datasource D"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var s Selection
			for i, e := range tc.add {
				if tc.remove != "" && i == len(tc.add)-1 {
					s.remove(map[string]bool{tc.remove: true})
				}
				s.Add(e)
			}
			var got []string
			for _, e := range s.Entries {
				got = append(got, e.targetKey())
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAddAll: information about an item is added to all of its entries.
func TestAddAll(t *testing.T) {
	t.Parallel()

	task := func(id string) Entry {
		return Entry{Target: tableau.Target{Type: content.Task, ID: id, ItemType: content.Workbook, ItemID: "W"}}
	}
	live := NewEntry(tableau.Item{Type: content.Workbook, ID: "X", HasExtracts: tableau.BoolFalse})
	live.Row.SetSkipped(progress.SkipNoExtract, progress.NoExtract)
	live.Listed = true
	before := Selection{}
	before.AddAll(Selection{Entries: []Entry{task("T"), task("U"), live}})

	workbook := NewEntry(tableau.Item{Type: content.Workbook, ID: "w"})
	workbook.After = []string{"d", "gone"}
	extract := NewEntry(tableau.Item{Type: content.Workbook, ID: "X", HasExtracts: tableau.BoolTrue})
	datasource := NewEntry(tableau.Item{Type: content.Datasource, ID: "D", Name: "Orders"})
	before.AddAll(Selection{Entries: []Entry{workbook, workbook, extract, datasource}})

	type summary struct {
		Key, WaitsFor string
		After         int
		Status        progress.Status
		Listed        bool
	}
	var got []summary
	for _, e := range before.Entries {
		got = append(got, summary{e.targetKey(), e.Row.WaitsFor, len(e.After), e.Row.Status, e.Listed})
	}
	want := []summary{
		{"task T", `"Orders"`, 2, "", false}, {"task U", `"Orders"`, 2, "", false},
		{"workbook X", "", 0, progress.StatusNotStarted, true}, {"datasource D", "", 0, progress.StatusNotStarted, false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if e, ok := before.Lookup("d"); !ok || e.Row.Name != "Orders" {
		t.Errorf("Item(d) = %v, %v, want Orders", e.Row, ok)
	}
	if _, ok := before.Lookup("gone"); ok {
		t.Error("Item(gone) exists")
	}
}
