package pipeline

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/progress"
	"dbt-tableau-refresh/internal/tableau"
)

// selection is what to refresh, in the order of the inputs.
type selection struct {
	entries []entry
	// places are where the items and the tasks stand among the entries.
	places map[string]int
	// excluded are the LUIDs of what is never to be refreshed.
	excluded map[string]bool
	// warnings and notes are for the reader.
	warnings, notes []string
}

// entry is one target: its row in the result, and how it is started.
type entry struct {
	row  progress.Refresh
	goal tableau.Target
	// after are the IDs of the data sources that have to be refreshed before.
	after []string
	// reads are the data sources that a workbook reads, as far as they were looked for, with those that are excluded.
	reads []tableau.Item
	// named is true for what is named by itself, and not reached by a tag or by a schedule.
	named bool
	// live is true for what Tableau says has no extract of its own.
	live bool
	// problem is why it can't be refreshed.
	problem error
}

func newEntry(item tableau.Item, named bool) entry {
	return entry{
		row: progress.Refresh{
			Type: item.Type, ID: item.ID, Name: item.Name, Project: item.Project.Name, URL: item.URL, Status: progress.StatusNotStarted,
		},
		goal:  tableau.Target{Type: item.Type, ID: item.ID, UsesBridge: item.UsesBridge},
		named: named,
		live:  item.HasNoExtract(),
	}
}

// item is the LUID of what the entry refreshes; "" when it is not known.
func (e entry) item() string {
	return strings.ToLower(cmp.Or(e.goal.ItemID, e.goal.ID))
}

// kind is what the entry refreshes; "" when it is not known.
func (e entry) kind() content.Type {
	if e.goal.Type == content.Task {
		return e.goal.ItemType
	}
	return e.goal.Type
}

// add adds an entry unless its item is selected already. A task takes the place of its item; two tasks of one item, each
// named by itself, stay two.
func (s *selection) add(e entry) {
	if s.places == nil {
		s.places = map[string]int{}
	}
	i, known := s.places[e.item()]
	_, again := s.places[e.key()]
	isTask := e.goal.Type == content.Task
	switch {
	case isTask && again:
	case !known, isTask && s.entries[i].goal.Type == content.Task:
		s.place(e, len(s.entries))
		s.entries = append(s.entries, e)
	case isTask:
		s.place(e, i)
		s.entries[i] = e
	default:
		s.again(e)
	}
}

// again takes over what another look has found out of an item that is selected already: by itself, or by any number of tasks.
func (s *selection) again(e entry) {
	place := s.places[e.item()]
	if s.entries[place].goal.Type != content.Task {
		s.entries[place].learn(e)
		return
	}
	for i := range s.entries {
		if s.entries[i].item() == e.item() {
			s.entries[i].learn(e)
		}
	}
}

func (e *entry) learn(later entry) {
	if e.row.Skip == progress.SkipNoExtract && !later.live {
		e.row, e.goal, e.live = later.row, later.goal, false // it has got an extract meanwhile
	}
	e.named = e.named || later.named
	e.wait(later.after)
}

// wait adds to the data sources that have to be refreshed before.
func (e *entry) wait(sources []string) {
	for _, id := range sources {
		if !slices.Contains(e.after, id) {
			e.after = append(e.after, id)
		}
	}
}

// key tells the entry from every other one, also from one of the same item.
func (e entry) key() string { return string(e.goal.Type) + " " + e.goal.ID }

func (s *selection) place(e entry, i int) {
	s.places[e.item()], s.places[e.key()] = i, i
}

// missing adds the row of what could not be found, so that it is seen; its text stands for its name.
func (s *selection) missing(kind content.Type, text string, err error) {
	s.entries = append(s.entries, entry{row: progress.Refresh{Type: kind, Name: text, Status: progress.StatusNotStarted}, problem: err})
}

// note keeps a line for the reader, once.
func (s *selection) note(text string) {
	if !slices.Contains(s.notes, text) {
		s.notes = append(s.notes, text)
	}
}

// problem is all that is wrong, nil when nothing is. What many entries suffer from is told once.
func (s *selection) problem() error {
	var all []error
	told := map[string]bool{}
	for _, e := range s.entries {
		if e.problem != nil && !told[e.problem.Error()] {
			told[e.problem.Error()] = true
			all = append(all, e.problem)
		}
	}
	return errors.Join(all...)
}

// noExtract is why an item is left out that is live, or reads published data sources.
const noExtract = "it has no extract of its own"

// rows are what the result shows.
func (s *selection) rows() []progress.Refresh {
	rows := make([]progress.Refresh, len(s.entries))
	for i, e := range s.entries {
		rows[i] = e.row
		rows[i].WaitsFor = s.names(e.after)
	}
	return rows
}

// names are those of the selected items among the given ones.
func (s *selection) names(items []string) string {
	var names []string
	for _, item := range items {
		if i, ok := s.places[item]; ok && !s.entries[i].row.Status.Ended() {
			names = append(names, s.entries[i].row.Name)
		}
	}
	return strings.Join(names, ", ")
}
