package runresult

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/progress"
)

// Step is a dbt command that has run, with the artifacts that it wrote.
type Step struct {
	// Results are empty if the step wrote none.
	Results artifact.Results
	// Manifest is nil if the step wrote none, or if it was not read because the last one is sufficient.
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
	// Unchanged is the number of models, seeds, and snapshots that dbt selected and left unchanged in all steps.
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

// report returns the nodes with a result that includes selects, each with the latest such result. It also reads commands that
// build nothing, because they can fail, too.
func (b Build) report(includes func(artifact.Result) bool) []progress.Failure {
	var found []progress.Failure
	indexByID := map[string]int{}
	for _, step := range b.Steps {
		for _, r := range step.Results.All {
			if !includes(r) {
				continue
			}
			i, known := indexByID[r.UniqueID]
			if !known {
				i = len(found)
				indexByID[r.UniqueID], found = i, append(found, progress.Failure{})
			}
			found[i] = progress.Failure{Type: r.ResourceType(), Name: r.Name(), Status: string(r.Status), Message: r.Message}
			if lacksReason(r) && r.Failures != nil {
				found[i].Message = progress.Count(int(*r.Failures), "row")
			}
		}
	}
	return found
}

// Counts returns how many nodes were built or passed, by type, models first. Each node counts once, unless it failed later.
func (b Build) Counts() []progress.Built {
	succeeded := map[string]bool{}
	for _, step := range b.Steps {
		for _, r := range step.Results.Executed() {
			switch {
			case r.Status.Failed():
				delete(succeeded, r.UniqueID)
			case r.IsBuildable() && r.Effect() == artifact.Built, r.Status == artifact.StatusPass, r.Status == artifact.StatusWarn:
				succeeded[r.UniqueID] = true
			}
		}
	}
	count := map[string]int{}
	for id := range succeeded {
		count[artifact.Result{UniqueID: id}.ResourceType()]++
	}
	var built []progress.Built
	for _, nodeType := range []string{"model", "seed", "snapshot", "test", "unit_test"} {
		if count[nodeType] > 0 {
			built = append(built, progress.Built{Type: nodeType, Nodes: count[nodeType]})
		}
	}
	return built
}

// locator finds where the steps built their nodes.
type locator struct {
	steps []Step
	// last is the last manifest; nil if there is none.
	last *artifact.Manifest
	// effects are the greatest effects on the nodes in any step, by unique ID.
	effects map[string]artifact.Effect
	// notBuilt are the statuses of the models, seeds, and snapshots that failed or were skipped, and were built in no step.
	notBuilt map[string]artifact.Status
}

func newLocator(steps []Step) *locator {
	l := &locator{steps: steps, effects: map[string]artifact.Effect{}, notBuilt: map[string]artifact.Status{}}
	for _, step := range steps {
		l.last = cmp.Or(step.Manifest, l.last)
		for _, r := range step.Results.Executed() {
			l.effects[r.UniqueID] = max(l.effects[r.UniqueID], r.Effect())
			if delete(l.notBuilt, r.UniqueID); r.IsBuildable() && l.effects[r.UniqueID] == artifact.NotBuilt {
				l.notBuilt[r.UniqueID] = r.Status
			}
		}
	}
	return l
}

// nodes returns the nodes with at least that effect, each at every location, and the views downstream of them. They are ordered
// by their unique IDs.
func (l *locator) nodes(least artifact.Effect) []artifact.Node {
	var nodes []artifact.Node
	for _, step := range l.steps {
		var built []artifact.Node
		for _, r := range step.Results.Executed() {
			if relation, _ := l.locate(step, r); r.Effect() >= least && relation.Name != "" {
				built = append(built, artifact.Node{UniqueID: r.UniqueID, Relation: relation})
			}
		}
		nodes = append(nodes, built...)
		if m := cmp.Or(step.Manifest, l.last); m != nil {
			nodes = append(nodes, m.DownstreamViews(built, func(id string) bool { return l.notBuilt[id].Failed() })...)
		}
	}
	seen := map[artifact.Node]bool{}
	nodes = slices.DeleteFunc(nodes, func(n artifact.Node) bool {
		n.Relation = n.Relation.FoldCase()
		duplicate := seen[n]
		seen[n] = true
		return duplicate
	})
	slices.SortStableFunc(nodes, func(a, b artifact.Node) int { return cmp.Compare(a.UniqueID, b.UniqueID) })
	return nodes
}

// locate returns where a step built a node, and whether that is known: by the relation name in its results, else by its own
// manifest, else by the last one. The relation is empty for an ephemeral model.
func (l *locator) locate(step Step, r artifact.Result) (artifact.Relation, bool) {
	named, _ := artifact.ParseRelation(r.RelationName)
	for _, m := range []*artifact.Manifest{step.Manifest, l.last} {
		if m == nil {
			continue
		}
		relation, known := m.Relation(r.UniqueID)
		if known && (named.Name == "" || named.WithDefaults(relation).FoldCase() == relation.FoldCase()) {
			return relation, true // complete: the name in the results can lack the database
		}
	}
	return named, named.Name != ""
}

// messages returns warnings about nodes whose status or location is unknown, and notes about nodes that were not built.
func (l *locator) messages() (warnings, notes []string) {
	var unknown, unlocated, notBuilt []string
	for _, step := range l.steps {
		for _, r := range step.Results.Executed() {
			if r.HasUnknownStatus() {
				unknown = append(unknown, fmt.Sprintf("%s (%q)", r.UniqueID, r.Status))
			}
			if _, known := l.locate(step, r); !known && r.Effect() != artifact.NotBuilt {
				unlocated = append(unlocated, r.UniqueID)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(l.notBuilt)) {
		if l.notBuilt[id] == artifact.StatusPartialSuccess {
			warnings = append(warnings, id+" was only partially built, so it does not trigger refreshes")
		} else {
			notBuilt = append(notBuilt, fmt.Sprintf("%s (%s)", id, l.notBuilt[id]))
		}
	}
	warnings = appendList(warnings, "these nodes count as built, because their status is unknown", unknown)
	warnings = appendList(warnings, "content that depends on these nodes might be out of date, because dbt's artifacts do not contain their tables or views", unlocated)
	return warnings, appendList(nil, "these nodes were not built, so they do not trigger refreshes", notBuilt)
}

// appendList appends a message that lists the names, unless there are none.
func appendList(messages []string, text string, names []string) []string {
	if len(names) == 0 {
		return messages
	}
	slices.Sort(names)
	return append(messages, text+": "+progress.ShortList(slices.Compact(names), 20))
}
