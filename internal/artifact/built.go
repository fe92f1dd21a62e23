package artifact

import (
	"cmp"
	"slices"
)

// Node is something in the warehouse whose data a run has changed.
type Node struct {
	// UniqueID is dbt's name for it, as in "model.shop.orders".
	UniqueID string
	// Relation has a name; its database and schema may be empty.
	Relation Relation
}

// Built returns what a run has changed, given its merged results: the models, seeds and snapshots that succeeded, and the
// views above them through views and ephemeral models alone. A view that dbt left as it was shows the new data all the same; one that failed
// is left out, with what is above it. The order is that of the unique IDs.
func (m *Manifest) Built(results Results) []Node {
	if results.BuildsNothing {
		return nil
	}
	var built []Node
	failed := map[string]bool{}
	for _, result := range results.All {
		if result.Status.Failed() {
			failed[result.UniqueID] = true
		}
		if result.isBuilt() {
			built = m.appendNode(built, result.UniqueID, result.RelationName)
		}
	}
	for number := range m.descendants(built, func(n graphNode) bool { return n.isPassThrough() && !failed[n.id] }) {
		if n := m.nodes[number]; n.materialized == "view" {
			built = append(built, Node{UniqueID: n.id, Relation: n.relation})
		}
	}
	slices.SortStableFunc(built, func(a, b Node) int { return cmp.Compare(a.UniqueID, b.UniqueID) })
	return slices.CompactFunc(built, func(a, b Node) bool { return a.UniqueID == b.UniqueID })
}

// materialized reports whether the result is of something that is in the warehouse, and new.
func (r Result) isBuilt() bool {
	kind := r.ResourceType()
	return r.Status == StatusSuccess && (kind == "model" || kind == "seed" || kind == "snapshot")
}

// seesThrough reports whether a query of the node runs on the data below it as it is now.
func (n graphNode) isPassThrough() bool {
	return n.materialized == "view" || n.materialized == "ephemeral"
}

// appendNode takes the relation from the manifest or, for a node that is not in it, from the results.
func (m *Manifest) appendNode(nodes []Node, id, quoted string) []Node {
	relation, _ := ParseRelation(quoted)
	if number, known := m.indexByID[id]; known {
		relation = m.nodes[number].relation.WithDefaults(relation)
	}
	if relation.Name == "" {
		return nodes
	}
	return append(nodes, Node{UniqueID: id, Relation: relation})
}

// Downstream returns the exposures that depend on any of the nodes, at any distance.
func (m *Manifest) DownstreamExposures(nodes []Node) []Exposure {
	reached := map[string]bool{}
	for _, n := range nodes {
		reached[n.UniqueID] = true
	}
	for number := range m.descendants(nodes, func(graphNode) bool { return true }) {
		reached[m.nodes[number].id] = true
	}
	var found []Exposure
	for _, exposure := range m.Exposures {
		if slices.ContainsFunc(exposure.DependsOn, func(id string) bool { return reached[id] }) {
			found = append(found, exposure)
		}
	}
	return found
}

// above returns the places of what depends on the nodes, at any distance, where pass holds for it and all on the way.
func (m *Manifest) descendants(nodes []Node, include func(graphNode) bool) map[int32]bool {
	seen := map[int32]bool{}
	var next []int32
	for _, n := range nodes {
		if number, known := m.indexByID[n.UniqueID]; known {
			next = append(next, number)
		}
	}
	for len(next) > 0 {
		parent := next[len(next)-1]
		next = next[:len(next)-1]
		for _, e := range m.childEdges(parent) {
			if !seen[e.child] && include(m.nodes[e.child]) {
				seen[e.child] = true
				next = append(next, e.child)
			}
		}
	}
	return seen
}

func (m *Manifest) childEdges(parent int32) []edge {
	byParent := func(e edge, parent int32) int { return cmp.Compare(e.parent, parent) }
	from, _ := slices.BinarySearchFunc(m.edges, parent, byParent)
	to, _ := slices.BinarySearchFunc(m.edges, parent+1, byParent)
	return m.edges[from:to]
}
