package dbtrun

import (
	"slices"
	"time"
)

// Bounds of the time between two polls of a run.
const (
	minInterval = time.Second
	maxInterval = 30 * time.Second
)

// firstPhase is polled at the same interval whatever the history: runs that are misconfigured fail then.
const firstPhase = 10 * time.Second

// minHistory is how many earlier runs it takes to predict the next one.
const minHistory = 3

// pollInterval returns the time until the next poll of a run that has been running for elapsed: 1 s to 30 s. History holds the
// durations of the job's recent successful runs, in any order; it may be empty.
//
// Without a history, the end of a run is noticed late by at most 3 % of its duration, or 1 s. With one, polls are rare while
// the run can't have ended yet, frequent around the time when it usually ends, and rare again when it is late.
func pollInterval(elapsed time.Duration, history []time.Duration) time.Duration {
	proportional := bounded(elapsed * 3 / 100)
	if len(history) < minHistory || elapsed < firstPhase {
		return proportional
	}
	from, to := expectedEnd(history)
	switch {
	case elapsed < from:
		return bounded(from - elapsed)
	case elapsed > to:
		// The later it gets, the less the history predicts.
		return min(max(proportional/4, bounded((elapsed-to)/10)), maxInterval)
	case (to-from)*maxSpread > from+to:
		return proportional // frequent polls for so long would cost more than they gain
	}
	return windowInterval(to - from)
}

// windowDeviations is how many median deviations the window of the expected end extends to each side.
const windowDeviations = 3

// maxSpread is 1 divided by the largest part of the median duration that the window may extend to each side: a fifth.
const maxSpread = 5

// expectedEnd returns when a run usually ends: a window around the median duration, as wide as the durations differ. Up to half
// of the durations can be outliers without effect.
func expectedEnd(history []time.Duration) (from, to time.Duration) {
	center := median(history)
	deviations := make([]time.Duration, len(history))
	for i, d := range history {
		deviations[i] = (d - center).Abs()
	}
	half := windowDeviations * max(median(deviations), center/100, minInterval/2)
	return center - half, center + half
}

func median(durations []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(durations))
	return sorted[len(sorted)/2]
}

// windowInterval returns the time between polls within a window: 1 s, or up to 2 s in a wide one.
func windowInterval(width time.Duration) time.Duration {
	return min(max(width/200, minInterval), 2*minInterval)
}

func bounded(d time.Duration) time.Duration { return min(max(d, minInterval), maxInterval) }
