package sandbox

// Table is a table or a view in the Metadata API.
type Table struct {
	// Database can be empty: Tableau does not always return it.
	Database, Schema, Name string
	// FullName is Tableau's full name. Default: the schema and the name in brackets.
	FullName string
	// ConnectionType is Tableau's type of the database. Default: snowflake.
	ConnectionType string
	// Hidden is true if the signed-in user has no permission: then its names are obfuscated.
	Hidden bool
}

// Query is a custom SQL query of a workbook or data source.
type Query struct {
	Text string
	// Tables are the tables that Tableau's parser found in it. Default: it could not parse the query.
	Tables []Table
}

// Metadata is the behavior of the Metadata API. The zero value has no restrictions.
type Metadata struct {
	// Disabled is true if it is turned off, as on a new Tableau Server; Denied if the signed-in user has no permission for it;
	// FilterRequired if a query needs a filter, because the signed-in user is no administrator.
	Disabled, Denied, FilterRequired bool
	// Backfilling is true while the metadata is incomplete; then each response has a warning.
	Backfilling bool
	// RateLimitedQueries is how many queries are refused because of the rate limit before the first one succeeds.
	RateLimitedQueries int
	// NodeLimit is how many objects a response contains at most. Default: 20,000.
	NodeLimit int
	// TimeLimit is how many objects a response contains when the time limit is reached. Default: it is not reached.
	TimeLimit int
	// MaxQuerySize is the largest page, or without pages the largest number of values to filter by, with which a query does not
	// time out. Default: any.
	MaxQuerySize int
	// EndedSession is the response to a query in a session that has ended. Default: status 401.
	EndedSession EndedSession
}

// EndedSession is a response of the Metadata API that does not show that the session has ended.
type EndedSession string

// Both responses have an empty page, the first one with a warning.
const (
	EndedSessionBackfilling EndedSession = "backfilling"
	EndedSessionEmpty       EndedSession = "empty"
)
