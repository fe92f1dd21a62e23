// Package lineage finds the content that depends on a dbt run. It takes the nodes that the run built and Tableau's lineage of
// database tables, and returns the data sources and workbooks to refresh, and warnings about what could not be determined.
//
// dbt, the warehouse, and Tableau spell a table differently: in another letter case, with or without quotes, without its
// database, or with its schema inside its name. If the comparison is too strict, an extract stays stale without a warning; if
// it is too loose, content is refreshed unnecessarily. Relations are therefore compared part by part where both sides have a
// part, with a warning if the missing part could mean another table.
//
// The package must never make a request: [TableNames] returns what to query, and [Find] evaluates the response.
package lineage
