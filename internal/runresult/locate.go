package runresult

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/progress"
)

// locator finds where the steps built their nodes.
type locator struct {
	steps []Step
	// last is the manifest of the last step that has one; nil if there is none.
	last *artifact.Manifest
	// built are the unique IDs of nodes that any step built or left unchanged. notBuilt have a failed or skipped result, and are
	// in the order of the steps.
	built    map[string]bool
	notBuilt []artifact.Result
}

func newLocator(steps []Step) *locator {
	l := &locator{steps: steps, built: map[string]bool{}}
	for _, step := range steps {
		l.last = cmp.Or(step.Manifest, l.last)
	}
	b := Build{Steps: steps}
	for r := range b.results(true) {
		l.built[r.UniqueID] = l.built[r.UniqueID] || r.Effect() != artifact.NotBuilt
	}
	for r := range b.results(true) {
		if !l.built[r.UniqueID] && (r.Status.Failed() || r.Status == artifact.StatusSkipped) {
			l.notBuilt = append(l.notBuilt, r)
		}
	}
	return l
}

// nodes returns the nodes with one of the effects, and the views downstream of them, ordered by their unique IDs.
func (l *locator) nodes(effects ...artifact.Effect) []artifact.Node {
	failed := map[string]bool{}
	for _, r := range l.notBuilt {
		failed[r.UniqueID] = r.Status.Failed()
	}
	var nodes []artifact.Node
	for _, step := range l.steps {
		built := l.locatedIn(step, effects...)
		nodes = append(nodes, built...)
		if m := cmp.Or(step.Manifest, l.last); m != nil {
			nodes = append(nodes, m.DownstreamViews(built, failed)...)
		}
	}
	return distinct(nodes)
}

// needsManifest reports whether the step handled a node whose dependents only a manifest contains.
func (s Step) needsManifest() bool {
	return !s.Results.BuildsNothing() && slices.ContainsFunc(s.Results.All, func(r artifact.Result) bool { return r.IsBuildable() && r.Effect() != artifact.NotBuilt })
}

// unchanged returns the nodes that were left as they were and are not among the built ones, ordered by their unique IDs.
func (l *locator) unchanged(built []artifact.Node) []artifact.Node {
	isBuilt := map[artifact.Node]bool{}
	for _, n := range built {
		isBuilt[foldCase(n)] = true
	}
	var nodes []artifact.Node
	for _, step := range l.steps {
		nodes = append(nodes, l.locatedIn(step, artifact.Unchanged)...)
	}
	return slices.DeleteFunc(distinct(nodes), func(n artifact.Node) bool { return isBuilt[foldCase(n)] })
}

func (l *locator) locatedIn(step Step, effects ...artifact.Effect) []artifact.Node {
	if step.Results.BuildsNothing() {
		return nil
	}
	var nodes []artifact.Node
	for _, r := range step.Results.All {
		if slices.Contains(effects, r.Effect()) {
			if relation, _ := l.locate(step, r); relation.Name != "" {
				nodes = append(nodes, artifact.Node{UniqueID: r.UniqueID, Relation: relation})
			}
		}
	}
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

// distinct returns the nodes without duplicates. Those with the same unique ID keep their order.
func distinct(nodes []artifact.Node) []artifact.Node {
	seen := map[artifact.Node]bool{}
	nodes = slices.DeleteFunc(nodes, func(n artifact.Node) bool {
		key := foldCase(n)
		duplicate := seen[key]
		seen[key] = true
		return duplicate
	})
	slices.SortStableFunc(nodes, func(a, b artifact.Node) int { return cmp.Compare(a.UniqueID, b.UniqueID) })
	return nodes
}

func foldCase(n artifact.Node) artifact.Node {
	n.Relation = n.Relation.FoldCase()
	return n
}

// maxNames is how many nodes a message lists.
const maxNames = 20

// messages returns warnings about nodes whose status or location is unknown, and about nodes that were not built.
func (l *locator) messages() (warnings, notes []string) {
	var unlocated, partial, notBuilt []string
	unknown := map[artifact.Status][]string{}
	for _, step := range l.steps {
		if step.Results.BuildsNothing() {
			continue
		}
		for _, r := range step.Results.All {
			if r.HasUnknownStatus() {
				unknown[r.Status] = append(unknown[r.Status], r.UniqueID)
			}
			if _, known := l.locate(step, r); !known && r.Effect() != artifact.NotBuilt {
				unlocated = append(unlocated, r.UniqueID)
			}
		}
	}
	for _, r := range l.notBuilt {
		if r.Status == artifact.StatusPartialSuccess {
			partial = append(partial, r.UniqueID)
		} else if r.IsBuildable() {
			notBuilt = append(notBuilt, r.UniqueID)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(unknown)) {
		warnings = appendList(warnings, fmt.Sprintf("these nodes count as built, because their status %q is unknown", status), unknown[status])
	}
	warnings = appendList(warnings, "content that depends on these nodes might be out of date, because dbt's artifacts do not contain their tables or views", unlocated)
	warnings = appendList(warnings, "only partially built, so these nodes do not trigger refreshes", partial)
	return warnings, appendList(nil, "failed or skipped, so these nodes do not trigger refreshes", notBuilt)
}

// appendList appends a message that lists the names, unless there are none.
func appendList(messages []string, text string, names []string) []string {
	if len(names) == 0 {
		return messages
	}
	slices.Sort(names)
	return append(messages, text+": "+progress.ShortList(slices.Compact(names), maxNames))
}
