package selection

import (
	"cmp"
	"errors"
	"slices"

	"dbt-tableau-refresh/internal/config"
	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
)

// Selection is what to refresh. The zero value is empty.
type Selection struct {
	// Entries are in the order of the inputs; data sources that were added for workbooks, and what was discovered, follow.
	Entries []Entry
	// Notes are for the log, Warnings also for the result.
	Notes, Warnings []string
	// Excluded contains the LUIDs, in lower case, of the items that must never be refreshed. It is nil before exclusions are
	// resolved.
	Excluded map[string]bool

	// index maps the LUID of an item, and the key of a target, to a position in Entries. Of several tasks of one item, the LUID
	// leads to the last one.
	index map[string]int
}

// Unresolved returns the selection as it is written in the inputs, for when nothing could be looked up.
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

// Add adds an entry, or merges it into the entries of its item. A task replaces its item; several tasks of one item are all
// kept.
func (s *Selection) Add(e Entry) {
	if s.index == nil {
		s.index = map[string]int{}
	}
	i, itemKnown := s.index[e.ItemLUID()]
	_, targetKnown := s.index[e.targetKey()]
	switch {
	case e.Target.ID == "": // what was not found has no item
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

// AddUnresolved adds the row of what was not found: text is what the author wrote, problem why it was not found.
func (s *Selection) AddUnresolved(contentType content.Type, text string, problem error) {
	s.Add(Entry{Row: progress.Refresh{Type: contentType, Name: text, Status: progress.StatusNotStarted}, Problem: problem})
}

// AddAll adds the entries of another selection, each item once.
func (s *Selection) AddAll(other Selection) {
	for _, e := range other.Entries {
		s.Add(e)
	}
	s.setWaitsFor()
}

// merge merges e into every entry of its item: several if these are tasks.
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

// remove removes the entries of items, and returns their number.
func (s *Selection) remove(items map[string]bool) int {
	before := len(s.Entries)
	s.Entries = slices.DeleteFunc(s.Entries, func(e Entry) bool { return items[e.ItemLUID()] })
	s.index = map[string]int{}
	for i, e := range s.Entries {
		s.setIndex(e, i)
	}
	return before - len(s.Entries)
}

// block sets the problem of the entries in question that have none yet.
func (s *Selection) block(problem error, inQuestion func(Entry) bool) {
	for i := range s.Entries {
		if e := &s.Entries[i]; inQuestion(*e) {
			e.Problem = cmp.Or(e.Problem, problem)
		}
	}
}

// Fail marks the entries with a problem as failed, and all of them if err is not nil.
func (s *Selection) Fail(err error) {
	for i := range s.Entries {
		e := &s.Entries[i]
		if problem := cmp.Or(e.Problem, err); problem != nil {
			e.Row.Status, e.Row.Error = progress.StatusFailed, problem.Error()
		}
	}
	s.setWaitsFor()
}

// Err returns the problems of all entries, each once; nil if there are none.
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

// Item returns the entry of an item, given its LUID in lower case. Of several tasks of the item, it is the last one.
func (s *Selection) Item(luid string) (e Entry, ok bool) {
	i, ok := s.index[luid]
	if ok {
		e = s.Entries[i]
	}
	return e, ok
}

func (s *Selection) noteOnce(text string) {
	if !slices.Contains(s.Notes, text) {
		s.Notes = append(s.Notes, text)
	}
}
