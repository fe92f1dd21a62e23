// Package poll says how long to wait until the next look at something that takes its time.
//
// Looking often notices the end early, looking seldom is cheap. What a look may come too late by is therefore kept in
// proportion to the time that was spent waiting anyway.
package poll

import "time"

// Bounds of the time between two looks.
const (
	shortest   = time.Second
	longestRun = 30 * time.Second
	longestJob = time.Minute
)

// Run is the time until the next look at a dbt run that has been going for elapsed: 3 % of it, from 1 s to 30 s.
func Run(elapsed time.Duration) time.Duration {
	return min(max(elapsed*3/100, shortest), longestRun)
}

// Job is the time until the next look at a Tableau job that has been waited for: a fifth of it, from 1 s to 60 s. Tableau
// Cloud counts the looks of a day.
func Job(waited time.Duration) time.Duration {
	return min(max(waited/5, shortest), longestJob)
}
