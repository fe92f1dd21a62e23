package artifact

import "strconv"

// Metadata is the origin of an artifact. Missing fields are zero.
// https://docs.getdbt.com/reference/artifacts/dbt-artifacts#common-metadata
type Metadata struct {
	// SchemaURL is the URL of the artifact's JSON schema, which ends in its version.
	SchemaURL string
	// RunID is the run on the dbt platform; 0 for an artifact from elsewhere.
	RunID int64
}

// BelongsToOtherRun reports whether the artifact contains the ID of another run.
func (m Metadata) BelongsToOtherRun(run int64) bool { return m.RunID != 0 && m.RunID != run }

func (s *scanner) metadata() (m Metadata) {
	for name := range s.fields() {
		switch string(name) {
		case "dbt_schema_version":
			m.SchemaURL = s.text()
		case "env":
			m.RunID = s.runID()
		}
	}
	return m
}

func (s *scanner) runID() (id int64) {
	for name := range s.fields() {
		if string(name) != "DBT_CLOUD_RUN_ID" {
			continue
		}
		if n, err := strconv.ParseInt(s.scalarText(), 10, 64); err == nil {
			id = n
		}
	}
	return id
}
