package runresult

import (
	"cmp"
	"fmt"
	"slices"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/progress"
)

// locator finds where the steps built their nodes.
type locator struct {
	steps []Step
	// last is the manifest of the last step that has one; nil if there is none.
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
	for id, status := range l.notBuilt {
		notBuilt = append(notBuilt, fmt.Sprintf("%s (%s)", id, status))
	}
	warnings = appendList(warnings, "these nodes count as built, because their status is unknown", unknown)
	warnings = appendList(warnings, "content that depends on these nodes might be out of date, because dbt's artifacts do not contain their tables or views", unlocated)
	return warnings, appendList(nil, "these nodes were not built, so they do not trigger refreshes", notBuilt)
}

// maxNames is how many nodes a message lists.
const maxNames = 20

// appendList appends a message that lists the names, unless there are none.
func appendList(messages []string, text string, names []string) []string {
	if len(names) == 0 {
		return messages
	}
	slices.Sort(names)
	return append(messages, text+": "+progress.ShortList(slices.Compact(names), maxNames))
}
