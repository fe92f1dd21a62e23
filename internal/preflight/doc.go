// Package preflight checks dbt and Tableau before dbt starts, so that a mistake costs seconds and not an hour of dbt.
//
// It takes the clients of both services and the checked configuration, and returns what was found, together with
// everything that is wrong. It only reads: it must never start a run or a refresh, and never decide on its own what a
// problem means for the step.
package preflight
