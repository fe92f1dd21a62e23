// Package progress defines the types that the phases of a step and its report share: events, the result, and errors.
//
// The phases create events and send them to an [Observer], and fill in a [Result], on every path. The report takes both.
// Their values are data without behavior.
//
// It must never decide what happens or how it looks, must never send a request, and must never import a phase, the
// report, or the client of a service.
package progress
