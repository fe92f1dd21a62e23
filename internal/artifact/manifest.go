package artifact

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
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

func (e edge) compareParent(other edge) int { return cmp.Compare(e.parent, other.parent) }

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
			for id := range s.fields() {
				if exposure, enabled := s.exposure(string(id)); enabled {
					m.Exposures = append(m.Exposures, exposure)
				}
			}
		}
	}
	if err := s.finish("manifest", m.Metadata, complete); err != nil {
		return nil, fmt.Errorf("failed to read manifest.json: %w", err)
	}
	slices.SortFunc(m.edges, edge.compareParent)
	return m, nil
}

func (m *Manifest) readNodes(s *scanner) {
	for id := range s.fields() {
		switch resourceType, _, _ := bytes.Cut(id, []byte(".")); string(resourceType) {
		case "test", "unit_test", "analysis", "operation": // most nodes of a project are tests, and nothing depends on these
		default:
			if s.checkNodeCount(len(m.nodes)) {
				m.readNode(s, m.indexOf(id))
			}
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
			for range s.field("materialized") {
				materialized = s.interned()
			}
		case "depends_on":
			for id := range s.dependsOn() {
				m.edges = append(m.edges, edge{parent: m.indexOf(id), child: index})
			}
		}
	}
	// The parts have precedence over the quoted relation name.
	parsed, _ := ParseRelation(relationName)
	m.nodes[index].relation = relation.WithDefaults(parsed).WithDefaults(Relation{Name: name})
	m.nodes[index].materialized = materialized
}

// dependsOn iterates over the IDs of the direct dependencies.
func (s *scanner) dependsOn() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for range s.field("nodes") {
			for range s.elements() {
				if id := s.stringBytes(); len(id) > 0 && !yield(id) {
					return
				}
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

// Exposure is an exposure of a dbt project: a use of its data, here in Tableau.
// https://docs.getdbt.com/docs/build/exposures
type Exposure struct {
	// UniqueID is dbt's ID, such as "exposure.shop.weekly_revenue".
	UniqueID string
	Name     string
	// URL is the exposure's url, which can be empty or point anywhere.
	URL     string
	Tableau ExposureTargets
	// DependsOn are the unique IDs of its direct dependencies.
	DependsOn []string
}

// ExposureTargets are the entries of an exposure under meta.tableau, as written and without duplicates.
type ExposureTargets struct {
	Workbooks, Datasources []string
	// UnknownKeys select nothing, most likely by mistake, such as "tableau.dashboard", or "tableau" if it is not an object.
	UnknownKeys []string
}

func (s *scanner) exposure(id string) (e Exposure, enabled bool) {
	e.UniqueID, enabled = id, true
	for name := range s.fields() {
		switch string(name) {
		case "name":
			e.Name = s.text()
		case "url":
			e.URL = strings.TrimSpace(s.text())
		case "meta":
			s.readMeta(&e.Tableau)
		case "config": // newer versions of dbt have meta here, or write it to both places
			for name := range s.fields() {
				switch string(name) {
				case "enabled":
					enabled = s.peekKind() != jsontext.KindFalse
				case "meta":
					s.readMeta(&e.Tableau)
				}
			}
		case "depends_on":
			for id := range s.dependsOn() {
				e.DependsOn = append(e.DependsOn, string(id))
			}
		}
	}
	return e, enabled
}

func (s *scanner) readMeta(targets *ExposureTargets) {
	for range s.field("tableau") {
		if kind := s.peekKind(); kind != jsontext.KindBeginObject && kind != jsontext.KindNull {
			targets.UnknownKeys = appendOnce(targets.UnknownKeys, "tableau")
		}
		for name := range s.fields() {
			switch string(name) {
			case "workbook", "workbooks":
				targets.Workbooks = s.appendEntries(targets.Workbooks)
			case "datasource", "datasources":
				targets.Datasources = s.appendEntries(targets.Datasources)
			default:
				targets.UnknownKeys = appendOnce(targets.UnknownKeys, "tableau."+string(name))
			}
		}
	}
}

// appendEntries reads one entry or a list of entries.
func (s *scanner) appendEntries(entries []string) []string {
	if s.peekKind() != jsontext.KindBeginArray {
		return appendOnce(entries, s.scalarText())
	}
	for range s.elements() {
		entries = appendOnce(entries, s.scalarText())
	}
	return entries
}

func appendOnce(entries []string, entry string) []string {
	entry = strings.TrimSpace(entry)
	if entry == "" || slices.Contains(entries, entry) {
		return entries
	}
	return append(entries, entry)
}
