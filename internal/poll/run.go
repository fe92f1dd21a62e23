package poll

import (
	"slices"
	"time"
)

// Bounds of the time between two looks at a run.
const (
	shortest   = time.Second
	longestRun = 30 * time.Second
)

// Run is the time until the next look at a dbt run that has been running for elapsed. History holds how long the job's last
// successful runs took, in any order; it may be empty.
//
// Without a history a look comes too late by 3 % of the run at the most, or by a second. With one, looks are sparse while
// the run can't be done yet, dense around the time when it usually is, and sparse again when it is late. The result is
// from 1 s to 30 s.
func Run(elapsed time.Duration, history []time.Duration) time.Duration {
	blind := clamp(elapsed * 3 / 100)
	if len(history) < minHistory || elapsed < early {
		return blind
	}
	from, to := window(history)
	switch {
	case elapsed < from:
		return min(max(from-elapsed, shortest), longestRun)
	case elapsed > to:
		// The later it gets, the less the history says.
		return min(max(blind/4, clamp((elapsed-to)/10)), longestRun)
	case (to-from)*erratic > from+to:
		return blind // to look closely for so long would cost more than it gains
	}
	return dense(to - from)
}

// early is the time in which a run is looked at closely whatever is known: what is broken at all breaks then.
const early = 10 * time.Second

// minHistory is how many runs say something about the next one.
const minHistory = 3

// spread is how many times the usual deviation the window reaches to each side.
const spread = 3

// erratic says when runs are: when the window reaches further to each side than this part of the usual length, a fifth.
const erratic = 5

// window is when a run usually ends: around the median, as wide as the runs differ. Half of them may be far off without
// changing it.
func window(history []time.Duration) (from, to time.Duration) {
	center := median(history)
	off := make([]time.Duration, len(history))
	for i, d := range history {
		off[i] = (d - center).Abs()
	}
	half := spread * max(median(off), center/100, shortest/2)
	return center - half, center + half
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// dense is the time between looks within a window: a second, or up to two where that would be many looks.
func dense(width time.Duration) time.Duration {
	return min(max(width/200, shortest), 2*shortest)
}

func clamp(d time.Duration) time.Duration { return min(max(d, shortest), longestRun) }
