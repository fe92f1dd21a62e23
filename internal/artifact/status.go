package artifact

// Status is how dbt says that a node ended, in its own word. A word that is not among these is kept, and means nothing:
// it is neither a success nor a failure.
type Status string

// The statuses of dbt, of which not every node can have each. The empty one is a status that is missing.
// https://docs.getdbt.com/reference/artifacts/run-results-json
const (
	// Success is of what was built: models, seeds, snapshots; and of operations.
	StatusSuccess Status = "success"
	// Error is of what could not be built or tested.
	StatusError Status = "error"
	// Skipped is of what dbt did not come to, mostly because something above it failed.
	StatusSkipped Status = "skipped"
	// PartialSuccess is of a model that is built in batches, some of which failed. dbt counts it as a failure.
	StatusPartialSuccess Status = "partial success"
	// NoOp is of what there was nothing to do for.
	StatusNoOp Status = "no-op"
	// Pass, Fail and Warn are of tests.
	StatusPass Status = "pass"
	StatusFail Status = "fail"
	StatusWarn Status = "warn"
	// RuntimeError is of a check of freshness that could not be made.
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
