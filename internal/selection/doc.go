// Package selection determines what to refresh in Tableau.
//
// It takes the checked inputs and a signed-in client of the site, or items that a discovery has found, and returns a
// [Selection]: one [Entry] for each target, in the order of the inputs, with the data sources that have to be refreshed
// before it. Whatever does not resolve is an entry with a problem, so that all mistakes are reported at once.
//
// It only reads. It must never start a refresh, and it must never select an item that tableau-exclude matches; where
// Tableau does not return enough to decide that, it blocks the items in question.
package selection
