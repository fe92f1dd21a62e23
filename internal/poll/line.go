package poll

import (
	"cmp"
	"slices"
	"time"
)

// Few is how many Tableau jobs may be asked for one by one, each at its own time. Where there are more, they are asked for
// in rounds; see [Line].
const Few = 20

// Round is the time between two rounds.
const Round = 30 * time.Second

// perTurn is how many rounds it takes to ask for all of the others: five minutes.
const perTurn = 10

// Line says which of many Tableau jobs are asked for in a round. Unasked holds for how long each has not been asked for, the
// oldest job first; the result are places in it. Tableau takes jobs mostly in their order: the first [Few] are asked for in
// each round, and of the others a tenth, those that were left alone the longest.
func Line(unasked []time.Duration) []int {
	places := make([]int, len(unasked))
	for i := range places {
		places[i] = i
	}
	if len(places) <= Few {
		return places
	}
	others := places[Few:]
	slices.SortStableFunc(others, func(a, b int) int { return cmp.Compare(unasked[b], unasked[a]) })
	return places[:Few+(len(others)+perTurn-1)/perTurn]
}
