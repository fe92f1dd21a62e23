// Package artifact reads the files that dbt writes after a run. It takes a reader of run_results.json, and returns the result
// of each node; or a reader of manifest.json, and returns the relations, dependencies, and exposures.
//
// Artifacts can have hundreds of megabytes, and the container has no temporary folder and little memory. The package must
// therefore never hold a whole file: it reads a stream once, and keeps only what is used. It must also never rely on one of
// the many versions: a field that is missing, null, or of another type is absent. A run's outcome is never decided here.
//
// Reference: https://docs.getdbt.com/reference/artifacts/dbt-artifacts
package artifact
