package selection

import (
	"fmt"
	"strings"
)

// setWaitsFor names in each row the data sources to refresh before.
func (s *Selection) setWaitsFor() {
	for i := range s.Entries {
		var names []string
		for _, luid := range s.Entries[i].After {
			if source, ok := s.Item(luid); ok && !source.Row.Status.Ended() {
				names = append(names, source.Row.Name)
			}
		}
		s.Entries[i].Row.WaitsFor = strings.Join(names, ", ")
	}
}

// maxOrderNotes is for how many workbooks a note says what they wait for.
const maxOrderNotes = 20

// noteOrder adds notes of which workbooks wait for which data sources.
func (s *Selection) noteOrder() {
	waiting := 0
	for _, e := range s.Entries {
		if len(e.After) == 0 || e.Row.Status.Ended() {
			continue
		}
		if waiting++; waiting > maxOrderNotes {
			continue
		}
		var names []string
		for _, luid := range e.After {
			names = append(names, fmt.Sprintf("%q", s.Entries[s.index[luid]].Row.Name))
		}
		s.Notes = append(s.Notes, fmt.Sprintf("%q comes after what it reads: %s", e.Row.Name, strings.Join(names, ", ")))
	}
	if more := waiting - maxOrderNotes; more > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("and %d more workbooks come after what they read", more))
	}
}
