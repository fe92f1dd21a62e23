// Package poll says how long to wait until the next look at a dbt run.
//
// Looking often notices the end early, looking seldom is cheap. What a look may come too late by is therefore kept in
// proportion to the time that was spent waiting anyway, and what is known of earlier times says when to look closely.
package poll
