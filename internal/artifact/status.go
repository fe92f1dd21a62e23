package artifact

// Status is dbt's status of a result. An unknown status is kept, and is no failure.
type Status string

// The statuses of dbt. An empty status is missing.
// https://docs.getdbt.com/reference/artifacts/run-results-json
const (
	// StatusSuccess means that a model, seed, or snapshot was built, or that an operation ran.
	StatusSuccess Status = "success"
	// StatusError means that a node could not be built or tested.
	StatusError Status = "error"
	// StatusSkipped means that dbt did not execute a node, usually because a node upstream failed.
	StatusSkipped Status = "skipped"
	// StatusPartialSuccess means that some batches of a model failed. dbt counts it as a failure.
	StatusPartialSuccess Status = "partial success"
	// StatusNoOp means that there was nothing to do.
	StatusNoOp Status = "no-op"
	// StatusReused means that dbt State cloned a node from elsewhere, or left it unchanged. The message shows which.
	StatusReused Status = "reused"
	// StatusPass, StatusFail, and StatusWarn are results of tests. A model that Fusion built with warnings also has StatusWarn.
	StatusPass Status = "pass"
	StatusFail Status = "fail"
	StatusWarn Status = "warn"
	// StatusRuntimeError means that a freshness check could not be made.
	StatusRuntimeError Status = "runtime error"
)

// Failed reports whether dbt counts the status as a failure.
func (s Status) Failed() bool {
	switch s {
	case StatusError, StatusFail, StatusPartialSuccess, StatusRuntimeError:
		return true
	}
	return false
}
