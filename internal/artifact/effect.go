package artifact

import "strings"

// Effect is what dbt did to the table or view of a node.
type Effect int

const (
	// NotBuilt means that the node failed, was skipped, or has neither table nor view.
	NotBuilt Effect = iota
	// Built means that the table or view was written, or that an unknown status does not show otherwise.
	Built
	// Unchanged means that dbt left the table or view as it was, because nothing upstream had changed.
	Unchanged
)

// Effect returns what the result means for the table or view of its node.
func (r Result) Effect() Effect {
	if r.ResourceType() == "test" {
		return r.testEffect()
	}
	if !r.IsBuildable() {
		return NotBuilt
	}
	message := strings.ToLower(strings.TrimSpace(r.Message))
	switch {
	case r.Status.Failed() || r.Status == StatusSkipped:
		return NotBuilt
	case r.Status == StatusNoOp, r.Status == StatusSuccess && isNoOp(message):
		return Unchanged
	case r.Status == StatusReused && !strings.HasPrefix(message, "clone") && !strings.Contains(message, "cloned from"):
		return Unchanged
	}
	return Built
}

// testEffect returns Built for a test that stored its failures, of which there can be none.
// https://docs.getdbt.com/reference/resource-configs/store_failures
func (r Result) testEffect() Effect {
	if r.RelationName != "" && (r.Status == StatusPass || r.Status == StatusWarn || r.Status == StatusFail) {
		return Built
	}
	return NotBuilt
}

// IsBuildable reports whether the node is a model, seed, or snapshot, which have tables or views.
func (r Result) IsBuildable() bool {
	resourceType := r.ResourceType()
	return resourceType == "model" || resourceType == "seed" || resourceType == "snapshot"
}

// isNoOp reports whether a message in lower case means that nothing was done: dbt clone writes "No-op", and dbt State "NO-OP" or
// "NO-OP (within tolerance)".
func isNoOp(message string) bool {
	message, _, _ = strings.Cut(message, "(")
	return strings.TrimSpace(message) == "no-op"
}

// HasUnknownStatus reports whether the node counts as built only because its status is unknown.
func (r Result) HasUnknownStatus() bool {
	if !r.IsBuildable() || r.Effect() != Built {
		return false
	}
	return r.Status != StatusSuccess && r.Status != StatusWarn && r.Status != StatusReused
}
