package artifact

import "strings"

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
