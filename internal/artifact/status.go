package artifact

import (
	"strings"
)

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

// Effect is what dbt did to the table or view of a node.
type Effect int

const (
	// NotBuilt means that the node failed, was skipped, or has neither table nor view.
	NotBuilt Effect = iota
	// Unchanged means that dbt left the table or view as it was, because nothing upstream had changed.
	Unchanged
	// Built means that the table or view was written, or that an unknown status does not show otherwise.
	Built
)

// Effect returns what the result means for the table or view of its node. A test has a table if it stored its failures, even if
// there are none: https://docs.getdbt.com/reference/resource-configs/store_failures.
func (r Result) Effect() Effect {
	message, _, _ := strings.Cut(strings.ToLower(r.Message), "(") // as in "NO-OP (within tolerance)" of dbt State
	storedFailures := r.ResourceType() == "test" && r.RelationName != ""
	switch {
	case storedFailures && (r.Status == StatusPass || r.Status == StatusWarn || r.Status == StatusFail):
		return Built
	case !r.IsBuildable() || r.Status.Failed() || r.Status == StatusSkipped:
		return NotBuilt
	case r.Status == StatusNoOp, r.Status == StatusSuccess && strings.TrimSpace(message) == "no-op":
		return Unchanged
	case r.Status == StatusReused && !strings.Contains(message, "clone"):
		return Unchanged
	}
	return Built
}

// IsBuildable reports whether the node is a model, seed, or snapshot, which have tables or views.
func (r Result) IsBuildable() bool {
	resourceType := r.ResourceType()
	return resourceType == "model" || resourceType == "seed" || resourceType == "snapshot"
}

// HasUnknownStatus reports whether the node counts as built only because its status is unknown.
func (r Result) HasUnknownStatus() bool {
	known := r.Status == StatusSuccess || r.Status == StatusWarn || r.Status == StatusReused
	return r.IsBuildable() && r.Effect() == Built && !known
}
