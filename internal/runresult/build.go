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

// hasNodes reports whether the step executed models, seeds, or snapshots, of which only a manifest contains the dependents.
func (s Step) hasNodes() bool {
	return slices.ContainsFunc(s.Results.Executed(), artifact.Result.IsBuildable)
}

// Build is what dbt built in the warehouse. The zero value is nothing.
type Build struct {
	// Steps are in the order in which they ran.
	Steps []Step
	// Nodes are the tables and views that have new data, each at every location where a step built it, including the views
	// downstream of them. They are ordered by their unique IDs.
	Nodes []artifact.Node
	// Unchanged is the number of models, seeds, and snapshots that dbt selected and left as they were in all steps.
	Unchanged int
	// Warnings and Notes are about results whose meaning is uncertain, and about what was not built.
	Warnings, Notes []string
}

// Combine returns what the steps built. It takes them in the order in which they ran, from one run or from several. A step
// without results, but with a manifest, only contributes to the locations of nodes.
func Combine(steps []Step) Build {
	l := newLocator(steps)
	b := Build{Steps: steps, Nodes: l.nodes(artifact.Built)}
	for _, effect := range l.effects {
		if effect == artifact.Unchanged {
			b.Unchanged++
		}
	}
	b.Warnings, b.Notes = l.messages()
	return b
}

// NodesAndUnchanged returns what [Build.Nodes] would be if the unchanged nodes had been built as well.
func (b Build) NodesAndUnchanged() []artifact.Node {
	return newLocator(b.Steps).nodes(artifact.Unchanged)
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
	for _, step := range b.Steps {
		for _, r := range step.Results.All {
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
	}
	return found
}

// Counts returns how many nodes were built or passed, by type, models first. Each node counts once, unless it failed later.
func (b Build) Counts() []progress.Built {
	succeeded := map[string]map[string]bool{}
	for _, step := range b.Steps {
		for _, r := range step.Results.Executed() {
			of := r.ResourceType()
			if succeeded[of] == nil {
				succeeded[of] = map[string]bool{}
			}
			switch {
			case r.Status.Failed():
				delete(succeeded[of], r.UniqueID)
			case r.IsBuildable() && r.Effect() == artifact.Built, r.Status == artifact.StatusPass, r.Status == artifact.StatusWarn:
				succeeded[of][r.UniqueID] = true
			}
		}
	}
	var built []progress.Built
	for _, nodeType := range []string{"model", "seed", "snapshot", "test", "unit_test"} {
		if n := len(succeeded[nodeType]); n > 0 {
			built = append(built, progress.Built{Type: nodeType, Nodes: n})
		}
	}
	return built
}
