// Package progress defines the types that the phases of a step and its report share: events, the result, and errors.
//
// The phases send events to an [Observer], and package pipeline fills in a [Result] on every path. The report takes both. The
// package also contains the words and durations that the log and the report have in common.
//
// It must never decide what happens or how it looks, must never send a request, and must never import a phase, the
// report, or the client of a service.
package progress
