package refresh

import (
	"slices"
	"time"
)

const (
	firstInterval    = 300 * time.Millisecond // of a few jobs
	shortestInterval = time.Second            // of many jobs, or later
	longestInterval  = time.Minute
)

// pollInterval returns the time until the next poll of one of a number of jobs that has been waited for: a fifth of that time,
// from 1 s to 60 s. A poll is then late in proportion to how long the refresh takes anyway, and costs few of the requests that
// Tableau Cloud counts a day. A few jobs are polled sooner at first: half of the time waited so far, from 0.3 s to 1 s.
func pollInterval(waited time.Duration, jobs int) time.Duration {
	shortest := shortestInterval
	if jobs <= listThreshold {
		shortest = min(max(waited/2, firstInterval), shortestInterval)
	}
	return min(max(waited/5, shortest), longestInterval)
}

// roundThreshold is how many jobs are polled one by one, each at its own time. More are polled in rounds.
const roundThreshold = 20

// roundInterval is the time between two rounds.
const roundInterval = 30 * time.Second

// roundsPerTurn is how many rounds it takes to poll all jobs: five minutes.
const roundsPerTurn = 10

// nextRound returns the jobs to poll in the next round. Tableau mostly runs jobs in their order: the first roundThreshold are
// polled in each round, and a tenth of the others, those first that were not polled for the longest time.
func nextRound(jobs []*polledJob) []*polledJob {
	if len(jobs) <= roundThreshold {
		return jobs
	}
	round := slices.Clone(jobs)
	others := round[roundThreshold:]
	slices.SortStableFunc(others, func(a, b *polledJob) int { return a.polledAt.Compare(b.polledAt) })
	return round[:roundThreshold+(len(others)+roundsPerTurn-1)/roundsPerTurn]
}

// limiter is a token bucket: a burst is possible at once, and then one token each interval.
type limiter struct {
	interval time.Duration
	burst    int
	// fullAt is when all tokens are back. Zero means that none was taken.
	fullAt time.Time
}

// next returns when a token can be taken.
func (l *limiter) next() time.Time {
	return l.fullAt.Add(-l.interval * time.Duration(l.burst-1))
}

func (l *limiter) take(now time.Time) { l.fullAt = later(l.fullAt, now).Add(l.interval) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// earlier returns the earlier one of two times. Zero stands for no time.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
