// Package content defines the types of Tableau content that can be refreshed or run. Selectors, requests, and results all
// use it.
package content

// Type is a type of Tableau content: the `type` of a row in the `refreshes` output.
type Type string

// The types of content.
const (
	// Workbook is also the type of a view's page: the workbook of the view is refreshed.
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
