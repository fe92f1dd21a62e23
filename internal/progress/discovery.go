package progress

import "dbt-tableau-refresh/internal/content"

// Discovery is what is downstream of what a run has built, and what became of it.
type Discovery struct {
	// Run is the run that was examined, as [Run.Label] names it. In a dry run, it is an earlier one.
	Run string
	// Relations is the number of tables and views that it has built, including the views on top of them. Unchanged is the number
	// of those that it has left as they were.
	Relations, Unchanged int
	// Items are what depends on them in Tableau, each once.
	Items []DiscoveredItem
	// Tables are all tables and views whose dependents were searched, each once.
	Tables []string
}

// DiscoveredItem is an item in Tableau that depends on what a run has built.
type DiscoveredItem struct {
	Type              content.Type
	ID, Name, Project string
	// Reasons are the relations and exposures that led to it.
	Reasons []string
	// After is the names of the data sources that are refreshed before it, separated by commas; "" for none.
	After string
	// Skipped is why it is not refreshed; "" if it is.
	Skipped string
}
