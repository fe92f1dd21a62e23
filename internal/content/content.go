// Package content defines the types of Tableau content that can be refreshed or run. It takes and returns only these types,
// for selectors, requests, and results. It must never depend on another package.
package content

// Type is a type of Tableau content, as in the `type` of an entry of the `refreshes` output.
type Type string

// The types of content.
const (
	// Workbook is also the type for a view, whose workbook is refreshed.
	Workbook Type = "workbook"
	// Datasource is a published data source.
	Datasource Type = "datasource"
	// Flow is a Tableau Prep flow.
	Flow Type = "flow"
	// Task is an extract refresh task.
	Task Type = "task"
)

// Noun returns the type in words, such as "data source".
func (t Type) Noun() string {
	if t == Datasource {
		return "data source"
	}
	return string(t)
}
