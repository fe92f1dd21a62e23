package artifact

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
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

// maxMessageBytes limits a message, because a run can have ten thousand failures with long messages.
const maxMessageBytes = 2000

// Result is the result of one node.
// https://docs.getdbt.com/reference/artifacts/run-results-json
type Result struct {
	// UniqueID is dbt's ID of the node, such as "model.shop.orders"; never empty.
	UniqueID string
	Status   Status
	// Message is the message of dbt or the database, truncated to 2000 bytes. It is often "", and for a success unless that left
	// the node unchanged.
	Message string
	// RelationName is the node's relation, quoted for the warehouse. It is missing for seeds and in old versions; a test has one
	// only if it stores its failures.
	RelationName string
	// Failures is the number of rows that failed a test; nil if dbt reports none.
	Failures *int64
}

// ResourceType returns dbt's resource type: "model", "test", "seed", "snapshot", "unit_test", or "operation".
func (r Result) ResourceType() string {
	resourceType, _, _ := strings.Cut(r.UniqueID, ".")
	return resourceType
}

// Name returns the node's name without its resource type, its project, and, for a test, the hash that dbt adds.
func (r Result) Name() string {
	parts := strings.SplitN(r.UniqueID, ".", 3)
	name := parts[len(parts)-1]
	if r.ResourceType() == "test" {
		name, _, _ = strings.Cut(name, ".")
	}
	return name
}

func (s *scanner) result() (r Result) {
	for name := range s.fields() {
		switch string(name) {
		case "unique_id":
			r.UniqueID = s.text()
		case "status":
			r.Status = Status(s.text())
		case "message":
			r.Message = truncate(s.text())
		case "relation_name":
			r.RelationName = s.text()
		case "failures":
			r.Failures = s.rowCount()
		}
	}
	if r.Status == StatusPass || r.Status == StatusSuccess && r.Effect() != Unchanged {
		r.Message = "" // not used, and there are many
	}
	return r
}

// rowCount reads a number of rows; nil if the number can't be one.
func (s *scanner) rowCount() *int64 {
	n, ok := s.number()
	if !ok || n < 0 || n > 1<<53 {
		return nil
	}
	return new(int64(n))
}

// truncate shortens a message to maxMessageBytes without splitting a character.
func truncate(message string) string {
	const ellipsis = "…"
	if len(message) <= maxMessageBytes {
		return message
	}
	end := maxMessageBytes - len(ellipsis)
	for !utf8.RuneStart(message[end]) {
		end--
	}
	return message[:end] + ellipsis
}
