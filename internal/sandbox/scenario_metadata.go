package sandbox

// Table is a table or a view of a database, as Tableau has understood it.
type Table struct {
	// Database may be empty: Tableau does not always know it.
	Database, Schema, Name string
	// FullName is Tableau's spelling of the whole. Empty: the parts that are known but the database, in brackets.
	FullName string
	// ConnectionType is Tableau's word for the database. Empty: snowflake.
	ConnectionType string
	// Hidden says that whoever signs in may not see it: its names are withheld.
	Hidden bool
}

// Query is custom SQL of a workbook or data source.
type Query struct {
	Text string
	// Tables are what Tableau's parser has found in it. Empty: it gave up.
	Tables []Table
}

// Metadata is how the Metadata API behaves. The zero value is one that does what it is asked for.
type Metadata struct {
	// Disabled says that it is switched off, as it is on a new Tableau Server; Denied, that whoever signs in may not use
	// it; NamesOnly, that a query needs a filter, for whoever signs in is no administrator.
	Disabled, Denied, FilterRequired bool
	// Backfilling says that it is still learning what there is, and warns with each answer.
	Backfilling bool
	// Busy is how many queries are refused for their rate before the first one is let through.
	RateLimitedQueries int
	// NodeLimit is how many objects an answer holds at the most. Zero means 20,000.
	NodeLimit int
	// TimeLimit is how many objects an answer holds when its time is over. Zero: there is time enough.
	TimeLimit int
}
