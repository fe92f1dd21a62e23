// Package dbt is a client of the dbt Administrative API, version 2, with one file per resource.
//
// It takes IDs, filters, and what to start; it returns runs, jobs, and artifacts as the API has them, and errors with a hint
// at what to do. It starts a run exactly once: the API has no idempotency key, so the cause of a run contains a marker by
// which the run is found if the response to its start is lost. It must never send a start again while its run may exist, and
// never retry on its own what package rest has given up.
//
// API reference: https://docs.getdbt.com/dbt-cloud/api-v2
package dbt
