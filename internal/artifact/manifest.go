package artifact

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
)

// Manifest is the part of a manifest.json that is kept: the relations of nodes, their dependencies, and the exposures. Tests,
// macros, docs, and SQL are omitted.
// https://docs.getdbt.com/reference/artifacts/manifest-json
type Manifest struct {
	Metadata
	// Exposures are the enabled exposures, in the order of the file.
	Exposures []Exposure

	// nodes are identified by their index. A node that occurs only as a dependency has only an ID.
	nodes     []graphNode
	indexByID map[string]int32
	// edges are sorted by parent.
	edges []edge
}

type graphNode struct {
	id           string
	relation     Relation
	materialized string
}

// edge means that the child depends on the parent; both are indexes.
type edge struct{ parent, child int32 }

// ReadManifest reads a manifest.json of any version to its end. With an error, the manifest is nil. It uses about 200 bytes
// for each node that is kept, independent of the size of the file.
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

// skippedPrefixes are those of nodes that nothing depends on. Most nodes of a project are tests.
var skippedPrefixes = [][]byte{[]byte("test."), []byte("unit_test."), []byte("analysis."), []byte("operation.")}

func (m *Manifest) readNodes(s *scanner) {
	for id := range s.fields() {
		if !slices.ContainsFunc(skippedPrefixes, func(prefix []byte) bool { return bytes.HasPrefix(id, prefix) }) && s.checkNodeCount(len(m.nodes)) {
			m.readNode(s, m.indexOf(id))
		}
	}
}

func (m *Manifest) readNode(s *scanner, index int32) {
	var relation Relation
	var name, relationName, materialized string
	for field := range s.fields() {
		switch string(field) {
		case "database":
			relation.Database = s.interned()
		case "schema":
			relation.Schema = s.interned()
		case "alias":
			relation.Name = s.text()
		case "name":
			name = s.text()
		case "relation_name":
			relationName = s.text()
		case "config":
			materialized = s.materialization()
		case "depends_on":
			m.readParents(s, index)
		}
	}
	// The parts have precedence over the quoted relation name.
	parsed, _ := ParseRelation(relationName)
	m.nodes[index].relation = relation.WithDefaults(parsed).WithDefaults(Relation{Name: name})
	m.nodes[index].materialized = materialized
}

func (s *scanner) materialization() (value string) {
	for name := range s.fields() {
		if string(name) == "materialized" {
			value = s.interned()
		}
	}
	return value
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

// indexOf returns the index of a node, which is added if it is new.
func (m *Manifest) indexOf(id []byte) int32 {
	index, known := m.indexByID[string(id)]
	if !known {
		index = int32(len(m.nodes))
		m.nodes = append(m.nodes, graphNode{id: string(id)})
		m.indexByID[m.nodes[index].id] = index
	}
	return index
}
