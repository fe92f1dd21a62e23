package artifact

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

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

func (s *scanner) exposures() (exposures []Exposure) {
	for id := range s.fields() {
		exposure, enabled := s.exposure(string(id))
		if enabled {
			exposures = append(exposures, exposure)
		}
	}
	return exposures
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
		case "config":
			enabled = s.readExposureConfig(&e.Tableau)
		case "depends_on":
			e.DependsOn = s.dependsOn()
		}
	}
	return e, enabled
}

// readExposureConfig reads config, where newer versions of dbt have meta. dbt can write the same meta to both places.
func (s *scanner) readExposureConfig(targets *ExposureTargets) (enabled bool) {
	enabled = true
	for name := range s.fields() {
		switch string(name) {
		case "enabled":
			enabled = s.boolean(true)
		case "meta":
			s.readMeta(targets)
		}
	}
	return enabled
}

func (s *scanner) readMeta(targets *ExposureTargets) {
	for name := range s.fields() {
		if string(name) != "tableau" {
			continue
		}
		if kind := s.peekKind(); kind != jsontext.KindBeginObject && kind != jsontext.KindNull {
			targets.UnknownKeys = appendOnce(targets.UnknownKeys, "tableau")
		}
		s.readTargets(targets)
	}
}

func (s *scanner) readTargets(targets *ExposureTargets) {
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

func (s *scanner) dependsOn() (ids []string) {
	for name := range s.fields() {
		if string(name) != "nodes" {
			continue
		}
		for range s.elements() {
			if id := s.text(); id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
