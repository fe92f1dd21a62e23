package artifact

import (
	"strconv"
	"time"
)

// Metadata is the origin of an artifact. Missing fields are zero.
// https://docs.getdbt.com/reference/artifacts/dbt-artifacts#common-metadata
type Metadata struct {
	// SchemaURL is the URL of the artifact's JSON schema, which ends in its version.
	SchemaURL string
	// RunID is the run on the dbt platform; 0 for an artifact from elsewhere. With partial parsing, a manifest keeps that of an
	// earlier run.
	RunID int64
	// InvocationID identifies the dbt command that wrote the artifact.
	InvocationID string
	// GeneratedAt is on the clock of the machine that dbt ran on.
	GeneratedAt time.Time
}

// BelongsToOtherRun reports whether the artifact contains the ID of another run.
func (m Metadata) BelongsToOtherRun(run int64) bool { return m.RunID != 0 && m.RunID != run }

func (s *scanner) metadata() (m Metadata) {
	for name := range s.fields() {
		switch string(name) {
		case "dbt_schema_version":
			m.SchemaURL = s.text()
		case "invocation_id":
			m.InvocationID = s.text()
		case "generated_at":
			m.GeneratedAt, _ = time.Parse(time.RFC3339, s.text()) // it also accepts fractions of a second
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
