package artifact

import (
	"cmp"
	"slices"
)

// Node is a node at one of its locations in the warehouse.
type Node struct {
	// UniqueID is dbt's ID, such as "model.shop.orders".
	UniqueID string
	// Relation has a name; its database and schema can be empty.
	Relation Relation
}

// Relation returns the table or view of a node, and whether the manifest has the node. An ephemeral model has an empty relation.
func (m *Manifest) Relation(id string) (Relation, bool) {
	index, known := m.indexByID[id]
	if !known || m.nodes[index].relation.Name == "" {
		return Relation{}, false // also for a node that occurs only as a dependency
	}
	if m.nodes[index].materialized == "ephemeral" {
		return Relation{}, true
	}
	return m.nodes[index].relation, true
}

// DownstreamViews returns the views downstream of the nodes through only views and ephemeral models: they show new data even if
// dbt did not rebuild them. A view that failed is omitted, together with what is downstream of it.
func (m *Manifest) DownstreamViews(nodes []Node, failed map[string]bool) []Node {
	var views []Node
	for index := range m.descendants(nodes, func(n graphNode) bool { return n.isPassThrough() && !failed[n.id] }) {
		if n := m.nodes[index]; n.materialized == "view" {
			views = append(views, Node{UniqueID: n.id, Relation: n.relation})
		}
	}
	return views
}

// isPassThrough reports whether a query of the node returns the current data upstream of it.
func (n graphNode) isPassThrough() bool {
	return n.materialized == "view" || n.materialized == "ephemeral"
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
