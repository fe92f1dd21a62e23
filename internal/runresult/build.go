package runresult

import (
	"fmt"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/progress"
)

// Build is what dbt built in the warehouse.
type Build struct {
	// Manifest is nil if it could not be read.
	Manifest *artifact.Manifest
	// Results has the latest result of each node that dbt ran, whether it was built or not.
	Results artifact.Results
	// Nodes are the tables and views that have new data, ordered by their unique IDs; without a manifest, there are none.
	Nodes []artifact.Node
}

// Failures returns the nodes that dbt counts as failed.
func (b Build) Failures() []progress.Failure {
	var failures []progress.Failure
	for _, r := range b.Results.Failed() {
		failures = append(failures, failure(r))
	}
	return failures
}

// failure returns a result as the report shows it. A message that only repeats the status is replaced.
func failure(r artifact.Result) progress.Failure {
	f := progress.Failure{Type: r.ResourceType(), Name: r.Name(), Status: string(r.Status), Message: r.Message}
	if lacksReason(r) && r.Failures != nil {
		f.Message = fmt.Sprintf("%d rows", *r.Failures)
	}
	return f
}

// lacksReason reports whether a result has no message except its status, such as "ERROR" for a microbatch model.
func lacksReason(r artifact.Result) bool {
	return r.Message == "" || strings.EqualFold(r.Message, string(r.Status))
}

// Counts returns how many nodes were built or passed, by type, models first.
func (b Build) Counts() []progress.Built {
	var built []progress.Built
	for _, nodeType := range []string{"model", "seed", "snapshot", "test", "unit_test"} {
		n := 0
		for _, count := range b.Results.Counts() {
			if count.ResourceType == nodeType && slices.Contains([]artifact.Status{artifact.StatusSuccess, artifact.StatusPass, artifact.StatusWarn}, count.Status) {
				n += count.Nodes
			}
		}
		if n > 0 {
			built = append(built, progress.Built{Type: nodeType, Nodes: n})
		}
	}
	return built
}
