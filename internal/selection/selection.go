// Package selection determines what to refresh in Tableau.
//
// It takes the checked inputs and a signed-in client of the site, or items that were discovered, and returns a [Selection]:
// one [Entry] for each target, in the order of the inputs, with the data sources to refresh before it. An input that can't be
// resolved is an entry with a problem, so that all problems are reported at once.
//
// It only reads. It must never start a refresh, and never select an item that tableau-exclude matches. If Tableau does not
// return enough to decide that, it blocks all items that might be excluded.
package selection

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// Selection is what to refresh. The zero value is empty.
type Selection struct {
	// Entries are in the order of the inputs, followed by data sources that were added for workbooks, and by discovered items.
	Entries []Entry
	// Notes are for the log, and Warnings also for the result.
	Notes, Warnings []string
	// Excluded contains the LUIDs, in lower case, of the items that must never be refreshed.
	Excluded map[string]bool

	// index maps the LUID of an item, and the key of a target, to a position in Entries. The LUID of an item with several tasks
	// maps to the last of them.
	index map[string]int
}

// Unresolved returns the entries of the inputs as they are, if none could be resolved.
func Unresolved(c *config.Tableau) Selection {
	var s Selection
	for _, in := range itemInputs(c) {
		for _, sel := range in.selectors {
			s.AddUnresolved(in.contentType, sel.String(), nil)
		}
	}
	for _, text := range slices.Concat(c.Tasks, c.Schedules) {
		s.AddUnresolved(content.Task, text, nil)
	}
	return s
}

// Add adds an entry, or merges it into the entries of its item. A task replaces its item. Several tasks of one item are all
// kept.
func (s *Selection) Add(e Entry) {
	if s.index == nil {
		s.index = map[string]int{}
	}
	i, itemKnown := s.index[e.ItemLUID()]
	_, targetKnown := s.index[e.targetKey()]
	switch {
	case e.Target.ID == "": // not found
		s.Entries = append(s.Entries, e)
	case e.isTask() && targetKnown:
	case !itemKnown, e.isTask() && s.Entries[i].isTask():
		s.setIndex(e, len(s.Entries))
		s.Entries = append(s.Entries, e)
	case e.isTask():
		s.setIndex(e, i)
		s.Entries[i] = e
	default:
		s.merge(e)
	}
}

// AddUnresolved adds an entry that was not found: text is the entry of the input, and problem is why it was not found.
func (s *Selection) AddUnresolved(contentType content.Type, text string, problem error) {
	s.Add(Entry{Row: progress.Refresh{Type: contentType, Name: text, Status: progress.StatusNotStarted}, Problem: problem})
}

// AddAll adds the entries of another selection. Each item is added once.
func (s *Selection) AddAll(other Selection) {
	for _, e := range other.Entries {
		s.Add(e)
	}
	s.setWaitsFor()
}

func (s *Selection) merge(e Entry) {
	if i := s.index[e.ItemLUID()]; !s.Entries[i].isTask() {
		s.Entries[i].mergeFrom(e)
		return
	}
	for i := range s.Entries {
		if s.Entries[i].ItemLUID() == e.ItemLUID() {
			s.Entries[i].mergeFrom(e)
		}
	}
}

func (s *Selection) setIndex(e Entry, i int) {
	s.index[e.ItemLUID()], s.index[e.targetKey()] = i, i
}

// remove removes the entries of items, and returns the number of removed entries.
func (s *Selection) remove(items map[string]bool) int {
	before := len(s.Entries)
	s.Entries = slices.DeleteFunc(s.Entries, func(e Entry) bool { return items[e.ItemLUID()] })
	s.index = map[string]int{}
	for i, e := range s.Entries {
		s.setIndex(e, i)
	}
	return before - len(s.Entries)
}

// block sets the problem of all matching entries without one.
func (s *Selection) block(problem error, matches func(Entry) bool) {
	for i := range s.Entries {
		if e := &s.Entries[i]; matches(*e) {
			e.Problem = cmp.Or(e.Problem, problem)
		}
	}
}

// MarkFailed marks the entries with a problem as failed, and all of them if err is not nil.
func (s *Selection) MarkFailed(err error) {
	for i := range s.Entries {
		e := &s.Entries[i]
		if problem := cmp.Or(e.Problem, err); problem != nil {
			e.Row.Status, e.Row.Error = progress.StatusFailed, problem.Error()
		}
	}
	s.setWaitsFor()
}

// Err returns the problems of all entries without duplicates; nil if there are none.
func (s *Selection) Err() error {
	var problems []error
	seen := map[string]bool{}
	for _, e := range s.Entries {
		if e.Problem != nil && !seen[e.Problem.Error()] {
			seen[e.Problem.Error()] = true
			problems = append(problems, e.Problem)
		}
	}
	return errors.Join(problems...)
}

// Rows returns a copy of the rows of all entries.
func (s *Selection) Rows() []progress.Refresh {
	rows := make([]progress.Refresh, len(s.Entries))
	for i, e := range s.Entries {
		rows[i] = e.Row
	}
	return rows
}

// Lookup returns the entry of an item by its LUID in lower case. If the item has several tasks, it is the last of them.
func (s *Selection) Lookup(luid string) (e Entry, ok bool) {
	i, ok := s.index[luid]
	if ok {
		e = s.Entries[i]
	}
	return e, ok
}

func (s *Selection) setWaitsFor() {
	for i := range s.Entries {
		s.Entries[i].Row.WaitsFor = s.sourceNames(s.Entries[i])
	}
}

func (s *Selection) sourceNames(e Entry) string {
	var names []string
	for _, luid := range e.After {
		if source, ok := s.Lookup(luid); ok && !source.Row.Status.Ended() {
			names = append(names, fmt.Sprintf("%q", source.Row.Name))
		}
	}
	return strings.Join(names, ", ")
}

func (s *Selection) noteOrder() {
	const maxNotes = 20
	waiting := 0
	for _, e := range s.Entries {
		sources := s.sourceNames(e)
		if sources == "" || e.Row.Status.Ended() {
			continue
		}
		if waiting++; waiting <= maxNotes {
			s.Notes = append(s.Notes, fmt.Sprintf("%q will be refreshed after its data sources: %s", e.Row.Name, sources))
		}
	}
	if more := waiting - maxNotes; more > 0 {
		s.Notes = append(s.Notes, progress.Count(more, "more workbook")+" will be refreshed after their data sources")
	}
}

// Entry is one target of a selection.
type Entry struct {
	// Row is the target in the result. If the target was not found, the ID is "", and the name is the entry of the input.
	Row progress.Refresh
	// Target is how the refresh is started. It is the zero value if the target was not found.
	Target tableau.Target
	// After contains the LUIDs, in lower case, of the data sources to refresh before. Some might not be in the selection.
	After []string
	// Listed is true for an item or a task that is listed in an input. It is false for matches of a tag or a project, for added
	// data sources, and for discovered items.
	Listed bool
	// NoExtract is true if Tableau returned that the item has no extract.
	NoExtract bool
	// Problem is why the target can't be refreshed; nil if it can.
	Problem error

	// datasources are the published data sources with an extract that a workbook uses, including excluded ones; nil unless they
	// were looked up.
	datasources []tableau.Item
}

// NewEntry returns the entry of an item that is not listed.
func NewEntry(item tableau.Item) Entry {
	return Entry{
		Row: progress.Refresh{
			Type: item.Type, ID: item.ID, Name: item.Name, Project: item.Project.Name, URL: item.URL, Status: progress.StatusNotStarted,
		},
		Target:    tableau.Target{Type: item.Type, ID: item.ID, UsesBridge: item.UsesBridge},
		NoExtract: item.HasNoExtract(),
	}
}

// ItemLUID returns the LUID, in lower case, of the item that the target refreshes. For a task, this is not the task's own ID. It
// is "" if it is unknown.
func (e Entry) ItemLUID() string { return strings.ToLower(cmp.Or(e.Target.ItemID, e.Target.ID)) }

func (e Entry) itemType() content.Type {
	if e.isTask() {
		return e.Target.ItemType
	}
	return e.Target.Type
}

func (e Entry) isTask() bool { return e.Target.Type == content.Task }

func (e Entry) isRefreshable() bool {
	return e.Target.ID != "" && !e.Row.Status.Ended() && (e.Row.Type == content.Workbook || e.Row.Type == content.Datasource)
}

// targetKey identifies the target among those of the same item.
func (e Entry) targetKey() string { return string(e.Target.Type) + " " + e.Target.ID }

// mergeFrom adds information from another entry of the same item. If only this entry has no extract, the other one is newer.
func (e *Entry) mergeFrom(other Entry) {
	if e.Row.Skip == progress.SkipNoExtract && !other.NoExtract {
		e.Row, e.Target, e.NoExtract = other.Row, other.Target, false
	}
	e.Listed = e.Listed || other.Listed
	e.waitFor(other.After...)
}

func (e *Entry) waitFor(luids ...string) {
	for _, luid := range luids {
		if !slices.Contains(e.After, luid) {
			e.After = append(e.After, luid)
		}
	}
}
