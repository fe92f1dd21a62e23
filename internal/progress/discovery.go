package progress

import "dbt-tableau-refresh/internal/content"

// Discovery is what was looked for downstream of what a run has built, and what came of it.
type Discovery struct {
	// Run is the run that was looked at. In a dry run it is an earlier one.
	Run int64
	// Relations counts what it has built, views above included.
	Relations int
	// Finds are what it fed in Tableau, each once.
	Items []Found
	// Unread are the relations that lead to nothing in Tableau. Only lineage tells.
	Unused []string
}

// Find is something in Tableau that a run fed.
type Found struct {
	Type              content.Type
	ID, Name, Project string
	// By are the relations and exposures that led to it.
	By []string
	// After names the data sources that are refreshed before, parted by commas; "" for none.
	After string
	// LeftOut says why it is not refreshed; "" when it is.
	Skipped string
}
