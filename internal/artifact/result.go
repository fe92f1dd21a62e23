package artifact

import (
	"strings"
	"unicode/utf8"
)

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
