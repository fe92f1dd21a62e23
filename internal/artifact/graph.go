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
func (m *Manifest) DownstreamViews(nodes []Node, failed func(id string) bool) []Node {
	var views []Node
	for index := range m.descendants(nodes, func(n graphNode) bool { return n.isPassThrough() && !failed(n.id) }) {
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

// DownstreamExposure is an exposure with the nodes that it depends on, directly or indirectly.
type DownstreamExposure struct {
	Exposure
	// Upstream is a part of the nodes that were passed, in their order.
	Upstream []Node
}

// DownstreamExposures returns the exposures that depend on any of the nodes, directly or indirectly.
func (m *Manifest) DownstreamExposures(nodes []Node) []DownstreamExposure {
	byChild := slices.Clone(m.edges)
	slices.SortFunc(byChild, func(a, b edge) int { return cmp.Compare(a.child, b.child) })
	var found []DownstreamExposure
	for _, exposure := range m.Exposures {
		upstream := m.ancestors(exposure.DependsOn, byChild)
		e := DownstreamExposure{Exposure: exposure}
		for _, n := range nodes {
			if upstream[n.UniqueID] {
				e.Upstream = append(e.Upstream, n)
			}
		}
		if len(e.Upstream) > 0 {
			found = append(found, e)
		}
	}
	return found
}

// ancestors returns the nodes with the given IDs, and everything that these depend on. The edges are sorted by child.
func (m *Manifest) ancestors(ids []string, byChild []edge) map[string]bool {
	seen := map[string]bool{}
	for pending := slices.Clone(ids); len(pending) > 0; {
		id := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if seen[id] {
			continue
		}
		seen[id] = true
		if child, known := m.indexByID[id]; known {
			for _, e := range edgesOf(byChild, child, func(e edge) int32 { return e.child }) {
				pending = append(pending, m.nodes[e.parent].id)
			}
		}
	}
	return seen
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
		for _, e := range edgesOf(m.edges, parent, func(e edge) int32 { return e.parent }) {
			if !seen[e.child] && include(m.nodes[e.child]) {
				seen[e.child] = true
				pending = append(pending, e.child)
			}
		}
	}
	return seen
}

// edgesOf returns the edges of a node. The edges are sorted by the end that nodeOf returns.
func edgesOf(edges []edge, node int32, nodeOf func(edge) int32) []edge {
	byNode := func(e edge, node int32) int { return cmp.Compare(nodeOf(e), node) }
	from, _ := slices.BinarySearchFunc(edges, node, byNode)
	to, _ := slices.BinarySearchFunc(edges, node+1, byNode)
	return edges[from:to]
}
