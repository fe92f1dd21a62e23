// Package dbt speaks the dbt Administrative API, version 2: one file a resource.
//
// It owns that a run is started exactly once. The API takes no idempotency key, so a start carries a [Marker] in its
// cause, by which its run can be found when the answer to the start got lost.
//
// API reference: https://docs.getdbt.com/dbt-cloud/api-v2
package dbt
