package artifact

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
)

// Manifest is what is kept of a manifest.json: where each node lives in the warehouse, what depends on what, and who says
// that they read it. Tests, macros, docs and all SQL are left out.
// https://docs.getdbt.com/reference/artifacts/manifest-json
type Manifest struct {
	Metadata
	// Exposures are those that are enabled, in the order of the file.
	Exposures []Exposure

	// A node is its place in nodes. One that is only depended upon has nothing but an ID.
	nodes     []graphNode
	indexByID map[string]int32
	// edges are in the order of what is depended upon.
	edges []edge
}

type graphNode struct {
	id           string
	relation     Relation
	materialized string
}

// edge says that one node depends on another, each by its place.
type edge struct{ parent, child int32 }

// ReadManifest reads a manifest.json of any version to its end. Memory grows with the nodes that are kept, by about 200
// bytes each, not with the size of the file. If it fails, the manifest is nil.
func ReadManifest(r io.Reader) (*Manifest, error) {
	s := newScanner(r)
	m := &Manifest{indexByID: map[string]int32{}}
	complete := false
	for name := range s.document() {
		switch string(name) {
		case "metadata":
			m.Metadata, complete = s.metadata(), true
		case "nodes", "metrics", "semantic_models", "saved_queries", "functions":
			m.readNodes(s)
			complete = complete || string(name) == "nodes"
		case "exposures":
			m.Exposures = s.exposures()
		}
	}
	if err := s.finish("manifest", m.Metadata, complete); err != nil {
		return nil, fmt.Errorf("failed to read manifest.json: %w", err)
	}
	slices.SortFunc(m.edges, func(a, b edge) int { return cmp.Compare(a.parent, b.parent) })
	return m, nil
}

// unneeded are the nodes that nothing depends on and no one reads. Most nodes of a project are tests.
var skippedPrefixes = [][]byte{[]byte("test."), []byte("unit_test."), []byte("analysis."), []byte("operation.")}

func (m *Manifest) readNodes(s *scanner) {
	for id := range s.fields() {
		if !slices.ContainsFunc(skippedPrefixes, func(prefix []byte) bool { return bytes.HasPrefix(id, prefix) }) && s.checkNodeCount(len(m.nodes)) {
			m.readNode(s, m.indexOf(id))
		}
	}
}

func (m *Manifest) readNode(s *scanner, number int32) {
	var named Relation
	var name, quoted, materialized string
	for field := range s.fields() {
		switch string(field) {
		case "database":
			named.Database = s.interned()
		case "schema":
			named.Schema = s.interned()
		case "alias":
			named.Name = s.text()
		case "name":
			name = s.text()
		case "relation_name":
			quoted = s.text()
		case "config":
			materialized = s.materialization()
		case "depends_on":
			m.readParents(s, number)
		}
	}
	// A manifest spells the parts out; its quoted form is for what they lack.
	parsed, _ := ParseRelation(quoted)
	m.nodes[number].relation = named.WithDefaults(parsed).WithDefaults(Relation{Name: name})
	m.nodes[number].materialized = materialized
}

func (s *scanner) materialization() (kind string) {
	for name := range s.fields() {
		if string(name) == "materialized" {
			kind = s.interned()
		}
	}
	return kind
}

func (m *Manifest) readParents(s *scanner, child int32) {
	for name := range s.fields() {
		if string(name) != "nodes" {
			continue
		}
		for range s.elements() {
			if id := s.stringBytes(); len(id) > 0 {
				m.edges = append(m.edges, edge{parent: m.indexOf(id), child: child})
			}
		}
	}
}

// number is the place of a node, which is made if there is none.
func (m *Manifest) indexOf(id []byte) int32 {
	number, known := m.indexByID[string(id)]
	if !known {
		number = int32(len(m.nodes))
		m.nodes = append(m.nodes, graphNode{id: string(id)})
		m.indexByID[m.nodes[number].id] = number
	}
	return number
}
