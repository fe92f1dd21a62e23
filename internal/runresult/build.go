package runresult

import (
	"fmt"
	"slices"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/progress"
)

// Step is a dbt command that has run, with the artifacts that it left.
type Step struct {
	// Label is the step's name in messages.
	Label string
	// Results are empty if the step left none.
	Results artifact.Results
	// Manifest is nil if the step left none, or if it was not read because it has no more than the last one.
	Manifest *artifact.Manifest
}

// Build is what dbt built in the warehouse. The zero value is nothing.
type Build struct {
	// Steps are in the order in which they ran.
	Steps []Step
	// Nodes are the tables and views that have new data, each at every location where a step built it, including the views
	// downstream of them. They are ordered by their unique IDs.
	Nodes []artifact.Node
	// Unchanged are the tables and views that dbt selected and left as they were, in the same order. None of them is in Nodes.
	Unchanged []artifact.Node
	// Warnings and Notes are about results whose meaning is uncertain, and about what was not built.
	Warnings, Notes []string
}

// Combine returns what the steps built. It takes them in the order in which they ran, from one run or from several. A step
// without results, but with a manifest, only contributes to the locations of nodes.
func Combine(steps []Step) Build {
	b := Build{Steps: steps}
	l := newLocator(steps)
	b.Nodes = l.nodes(artifact.Built)
	b.Unchanged = l.unchanged(b.Nodes)
	b.Warnings, b.Notes = l.messages()
	return b
}

// NodesAndUnchanged returns what [Build.Nodes] would be if the unchanged nodes had been built as well.
func (b Build) NodesAndUnchanged() []artifact.Node {
	return newLocator(b.Steps).nodes(artifact.Built, artifact.Unchanged)
}

// Manifests returns the manifests of the steps, the last one first. It is empty if none could be read.
func (b Build) Manifests() []*artifact.Manifest {
	var manifests []*artifact.Manifest
	for _, step := range slices.Backward(b.Steps) {
		if step.Manifest != nil && !slices.Contains(manifests, step.Manifest) {
			manifests = append(manifests, step.Manifest)
		}
	}
	return manifests
}

// Failures returns the nodes that dbt counts as failed in any of the steps.
func (b Build) Failures() []progress.Failure {
	return b.report(func(r artifact.Result) bool { return r.Status.Failed() })
}

// WarnedTests returns the data tests and unit tests that warned in any of the steps.
func (b Build) WarnedTests() []progress.Failure {
	return b.report(func(r artifact.Result) bool {
		return r.Status == artifact.StatusWarn && (r.ResourceType() == "test" || r.ResourceType() == "unit_test")
	})
}

// report returns the nodes with a result that is to be reported, each with the latest such result. A command that builds nothing
// can fail, too.
func (b Build) report(includes func(artifact.Result) bool) []progress.Failure {
	var found []progress.Failure
	indexByID := map[string]int{}
	for r := range b.results(false) {
		if !includes(r) {
			continue
		}
		f := progress.Failure{Type: r.ResourceType(), Name: r.Name(), Status: string(r.Status), Message: r.Message}
		if lacksReason(r) && r.Failures != nil {
			f.Message = fmt.Sprintf("%d rows", *r.Failures)
		}
		if i, known := indexByID[r.UniqueID]; known {
			found[i] = f
			continue
		}
		indexByID[r.UniqueID] = len(found)
		found = append(found, f)
	}
	return found
}

// results iterates over the results of all steps, or of those that build something: of the others, not even a failure changes
// the warehouse.
func (b Build) results(onlyBuilding bool) func(yield func(artifact.Result) bool) {
	return func(yield func(artifact.Result) bool) {
		for _, step := range b.Steps {
			if onlyBuilding && step.Results.BuildsNothing() {
				continue
			}
			for _, r := range step.Results.All {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// Counts returns how many nodes were built or passed, by type, models first. Each node counts once.
func (b Build) Counts() []progress.Built {
	succeeded := map[string]bool{}
	for r := range b.results(true) {
		switch r.ResourceType() {
		case "test", "unit_test":
			succeeded[r.UniqueID] = r.Status == artifact.StatusPass || r.Status == artifact.StatusWarn
		default:
			succeeded[r.UniqueID] = succeeded[r.UniqueID] && !r.Status.Failed() || r.Effect() == artifact.Built
		}
	}
	var built []progress.Built
	for _, nodeType := range []string{"model", "seed", "snapshot", "test", "unit_test"} {
		n := 0
		for id, ok := range succeeded {
			if ok && (artifact.Result{UniqueID: id}).ResourceType() == nodeType {
				n++
			}
		}
		if n > 0 {
			built = append(built, progress.Built{Type: nodeType, Nodes: n})
		}
	}
	return built
}
