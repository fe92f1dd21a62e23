// Package pipeline is one step of a workflow, from the checked inputs to the result: check dbt and Tableau, run dbt, refresh
// Tableau, in this order and only if dbt succeeded.
//
// It takes the configuration and the clients of both services, and returns one [progress.Result] on every path; what happens
// on the way goes to a [progress.Observer]. Each phase is a package of its own, with explicit inputs and results; this one
// decides their order, the limits, the outcome, and what is cleaned up. It must never refresh anything after a run that did
// not succeed, and never return without saying why in the result.
package pipeline
