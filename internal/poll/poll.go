// Package poll says how long to wait until the next look at something that takes its time.
//
// Looking often notices the end early, looking seldom is cheap. What a look may come too late by is therefore kept in
// proportion to the time that was spent waiting anyway, and what is known of earlier times says when to look closely.
package poll

import "time"

const (
	shortest   = time.Second
	longestJob = time.Minute
)

// Job is the time until the next look at a Tableau job that has been waited for: a fifth of it, from 1 s to 60 s. Tableau
// Cloud counts the looks of a day.
func Job(waited time.Duration) time.Duration {
	return min(max(waited/5, shortest), longestJob)
}
