package pipeline

import (
	"context"
	"fmt"
	"strings"
)

// mostOrders is how many of the workbooks that wait are named beforehand.
const mostOrders = 20

// tellOrder says which workbooks wait for what.
func (s *story) tellOrder(_ context.Context, to *selection) error {
	waiting := 0
	for _, e := range to.entries {
		if len(e.after) == 0 || e.row.Status.Ended() {
			continue
		}
		if waiting++; waiting > mostOrders {
			continue
		}
		var names []string
		for _, id := range e.after {
			names = append(names, fmt.Sprintf("%q", to.entries[to.places[id]].row.Name))
		}
		to.notes = append(to.notes, fmt.Sprintf("%q comes after what it reads: %s", e.row.Name, strings.Join(names, ", ")))
	}
	if more := waiting - mostOrders; more > 0 {
		to.notes = append(to.notes, fmt.Sprintf("and %d more workbooks come after what they read", more))
	}
	return nil
}
