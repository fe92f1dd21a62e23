package artifact

import (
	"strings"
	"unicode/utf8"
)

// maxMessage bounds a message, in bytes. A run can have ten thousand failures, and a database can be long-winded.
const maxMessageBytes = 2000

// Result is how one node ended.
// https://docs.getdbt.com/reference/artifacts/run-results-json
type Result struct {
	// UniqueID is dbt's name for the node, as in "model.shop.orders"; never empty.
	UniqueID string
	Status   Status
	// Message is what dbt or the database said cut to 2000 bytes; often empty. A success has none.
	Message string
	// Relation is what was built, quoted for the warehouse. It may be empty where there is one: seeds, old versions.
	RelationName string
	// Failures are the rows that a test found fault with; nil where dbt counts none.
	Failures *int64
}

// Type is the node's kind as dbt names it: "model", "test", "seed", "snapshot", "unit_test", "operation".
func (r Result) ResourceType() string {
	kind, _, _ := strings.Cut(r.UniqueID, ".")
	return kind
}

// Name is the node's name without its kind, its project and, for a test, the hash that dbt adds.
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
	if r.Status == StatusSuccess || r.Status == StatusPass {
		r.Message = "" // nobody asks how well it went, and there are many
	}
	return r
}

// count reads a whole number; one that can't be a number of rows counts as absent.
func (s *scanner) rowCount() *int64 {
	n, ok := s.number()
	if !ok || n < 0 || n > 1<<53 {
		return nil
	}
	return new(int64(n))
}

// cut shortens a message without splitting a character, and without keeping the whole in memory.
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
