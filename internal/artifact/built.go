package artifact

import (
	"cmp"
	"slices"
)

// Node is a node in the warehouse whose data a run changed.
type Node struct {
	// UniqueID is dbt's ID, such as "model.shop.orders".
	UniqueID string
	// Relation has a name; its database and schema can be empty.
	Relation Relation
}

// Built returns the nodes that a run changed, by its merged results and sorted by ID: the models, seeds, and snapshots that
// succeeded, and the views downstream of them through only views and ephemeral models. A view shows new data even if dbt did
// not rebuild it; one that failed is omitted, together with what is downstream of it.
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
	for index := range m.descendants(built, func(n graphNode) bool { return n.isPassThrough() && !failed[n.id] }) {
		if n := m.nodes[index]; n.materialized == "view" {
			built = append(built, Node{UniqueID: n.id, Relation: n.relation})
		}
	}
	slices.SortStableFunc(built, func(a, b Node) int { return cmp.Compare(a.UniqueID, b.UniqueID) })
	return slices.CompactFunc(built, func(a, b Node) bool { return a.UniqueID == b.UniqueID })
}

// isBuilt reports whether the node was built in the warehouse.
func (r Result) isBuilt() bool {
	resourceType := r.ResourceType()
	return r.Status == StatusSuccess && (resourceType == "model" || resourceType == "seed" || resourceType == "snapshot")
}

// isPassThrough reports whether a query of the node returns the current data upstream of it.
func (n graphNode) isPassThrough() bool {
	return n.materialized == "view" || n.materialized == "ephemeral"
}

// appendNode takes the relation from the manifest, and its missing parts from the quoted relation of the results.
func (m *Manifest) appendNode(nodes []Node, id, quoted string) []Node {
	relation, _ := ParseRelation(quoted)
	if index, known := m.indexByID[id]; known {
		relation = m.nodes[index].relation.WithDefaults(relation)
	}
	if relation.Name == "" {
		return nodes
	}
	return append(nodes, Node{UniqueID: id, Relation: relation})
}

// DownstreamExposures returns the exposures that depend on any of the nodes, directly or indirectly.
func (m *Manifest) DownstreamExposures(nodes []Node) []Exposure {
	reached := map[string]bool{}
	for _, n := range nodes {
		reached[n.UniqueID] = true
	}
	for index := range m.descendants(nodes, func(graphNode) bool { return true }) {
		reached[m.nodes[index].id] = true
	}
	var found []Exposure
	for _, exposure := range m.Exposures {
		if slices.ContainsFunc(exposure.DependsOn, func(id string) bool { return reached[id] }) {
			found = append(found, exposure)
		}
	}
	return found
}

// descendants returns the indexes of the nodes that depend on the given ones, directly or through other included nodes.
func (m *Manifest) descendants(nodes []Node, include func(graphNode) bool) map[int32]bool {
	seen := map[int32]bool{}
	var pending []int32
	for _, n := range nodes {
		if index, known := m.indexByID[n.UniqueID]; known {
			pending = append(pending, index)
		}
	}
	for len(pending) > 0 {
		parent := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		for _, e := range m.childEdges(parent) {
			if !seen[e.child] && include(m.nodes[e.child]) {
				seen[e.child] = true
				pending = append(pending, e.child)
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
