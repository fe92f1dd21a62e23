// Package artifact reads what dbt leaves behind after a run: run_results.json, which says how each node ended, and
// manifest.json, which says where each node lives, what depends on what, and which exposures read it.
//
// Artifacts grow to hundreds of megabytes, and the container has neither a temporary folder nor memory to spare. They
// are therefore read as a stream, once, and only what is asked about is kept. They come in many versions, of which none
// is trusted: a field that is missing, null or of another type counts as absent. Nothing read here is a verdict on a run.
//
// Reference: https://docs.getdbt.com/reference/artifacts/dbt-artifacts
package artifact
