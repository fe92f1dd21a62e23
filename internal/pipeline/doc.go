// Package pipeline tells the story of one step: check, run dbt, refresh Tableau, and only in this order.
//
// It decides what happens, and nothing after it calls a service. Every path ends in one [Result]; what happens on the
// way is told to an [Observer].
package pipeline
