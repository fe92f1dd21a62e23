package artifact

import (
	"cmp"
	"slices"
	"strings"
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

// DownstreamViews returns the views downstream of the nodes through only views and ephemeral models: they return new data even if
// dbt did not rebuild them. A view that failed is omitted, together with what is downstream of it.
func (m *Manifest) DownstreamViews(nodes []Node, failed func(id string) bool) []Node {
	ids := make([]string, len(nodes))
	for i, n := range nodes {
		ids[i] = n.UniqueID
	}
	var views []Node
	for index := range m.descendants(ids, m.edges, func(n graphNode) bool {
		return (n.materialized == "view" || n.materialized == "ephemeral") && !failed(n.id)
	}) {
		if n := m.nodes[index]; n.materialized == "view" {
			views = append(views, Node{UniqueID: n.id, Relation: n.relation})
		}
	}
	return views
}

// DownstreamExposure is an exposure with the nodes that it depends on, directly or indirectly.
type DownstreamExposure struct {
	Exposure
	// Upstream is a part of the nodes that were passed, in their order.
	Upstream []Node
}

// DownstreamExposures returns the exposures that depend on any of the nodes, directly or indirectly.
func (m *Manifest) DownstreamExposures(nodes []Node) []DownstreamExposure {
	reversed := make([]edge, len(m.edges))
	for i, e := range m.edges {
		reversed[i] = edge{parent: e.child, child: e.parent}
	}
	slices.SortFunc(reversed, edge.compareParent)
	var found []DownstreamExposure
	for _, exposure := range m.Exposures {
		upstream := m.descendants(exposure.DependsOn, reversed, func(graphNode) bool { return true })
		e := DownstreamExposure{Exposure: exposure}
		for _, n := range nodes {
			if index, known := m.indexByID[n.UniqueID]; known && upstream[index] || slices.Contains(exposure.DependsOn, n.UniqueID) {
				e.Upstream = append(e.Upstream, n)
			}
		}
		if len(e.Upstream) > 0 {
			found = append(found, e)
		}
	}
	return found
}

// descendants returns the indexes of the nodes that depend on those with the given IDs, directly or through other included nodes.
// The edges are sorted by parent.
func (m *Manifest) descendants(ids []string, edges []edge, include func(graphNode) bool) map[int32]bool {
	seen := map[int32]bool{}
	var pending []int32
	for _, id := range ids {
		if index, known := m.indexByID[id]; known {
			pending = append(pending, index)
		}
	}
	for len(pending) > 0 {
		parent := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		first, _ := slices.BinarySearchFunc(edges, edge{parent: parent}, edge.compareParent)
		for _, e := range edges[first:] {
			if e.parent != parent {
				break
			}
			if !seen[e.child] && include(m.nodes[e.child]) {
				seen[e.child] = true
				pending = append(pending, e.child)
			}
		}
	}
	return seen
}

// Relation is a table or view in the warehouse, with unquoted parts. An unknown database or schema is ""; Name is never
// empty. A project or catalog is a database here, and a dataset is a schema.
type Relation struct {
	Database, Schema, Name string
}

// quotes maps each opening quote to its closing one, which is doubled inside of a quoted name.
var quotes = map[byte]string{'"': `"`, '`': "`", '[': "]"}

// ParseRelation parses a relation as warehouses quote it: parts separated by dots, each bare or quoted with `"`, "`", or
// "[]". Of more than three parts, the last three are used. Parts can be empty ("db..table"), but not the name. It returns false
// for any other text.
func ParseRelation(text string) (r Relation, ok bool) {
	for rest := strings.TrimSpace(text) + "."; rest != ""; rest = strings.TrimSpace(rest) {
		r.Database, r.Schema = r.Schema, r.Name
		if r.Name, rest, ok = cutPart(rest); !ok {
			return Relation{}, false
		}
	}
	if r.Name == "" {
		return Relation{}, false
	}
	return r, true
}

// cutPart cuts off the first part and the dot after it.
func cutPart(text string) (part, after string, ok bool) {
	closing := quotes[text[0]]
	if closing == "" {
		part, after, ok = strings.Cut(text, ".")
		return strings.TrimSpace(part), after, ok
	}
	for text = text[1:]; ; {
		unquoted, rest, closed := strings.Cut(text, closing)
		part += unquoted
		if !closed {
			return "", "", false
		}
		if text, closed = strings.CutPrefix(rest, closing); !closed {
			after, ok = strings.CutPrefix(strings.TrimSpace(rest), ".")
			return part, after, ok
		}
		part += closing
	}
}

// FoldCase returns the relation in folded case, for comparisons between the spellings of the warehouse, dbt, and Tableau.
func (r Relation) FoldCase() Relation {
	return Relation{Database: fold(r.Database), Schema: fold(r.Schema), Name: fold(r.Name)}
}

// fold converts to upper case first, because some letters have several lower-case forms.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// String returns the relation with parts quoted by `"` only if necessary. [ParseRelation] parses it back.
func (r Relation) String() string {
	return strings.TrimLeft(quote(r.Database)+"."+quote(r.Schema)+"."+quote(r.Name), ".")
}

func quote(name string) string {
	if strings.TrimSpace(name) == name && !strings.ContainsAny(name, ".\"`[]") {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// WithDefaults returns the relation with its empty parts taken from another relation.
func (r Relation) WithDefaults(other Relation) Relation {
	return Relation{
		Database: cmp.Or(r.Database, other.Database),
		Schema:   cmp.Or(r.Schema, other.Schema),
		Name:     cmp.Or(r.Name, other.Name),
	}
}
