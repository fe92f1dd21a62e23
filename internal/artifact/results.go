package artifact

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Results is the content of a run_results.json. The zero value has no results.
// https://docs.getdbt.com/reference/artifacts/run-results-json
type Results struct {
	Metadata
	// Command is the dbt command, such as "build", or "generate" for docs generate; for dbt retry, it is the command that was
	// retried. "" is unknown.
	Command string
	// Invocation is the command line. It can contain secrets (--vars), so it must never be shown.
	Invocation string
	// Target is the dbt target of the command line; "" for none.
	Target string
	// All are the results of the executed nodes, in dbt's order.
	All []Result
}

// ReadResults reads a run_results.json of any version to its end. With an error, it returns no results.
func ReadResults(r io.Reader) (Results, error) {
	s := newScanner(r)
	var results Results
	complete := false
	for name := range s.document() {
		switch string(name) {
		case "metadata":
			results.Metadata = s.metadata()
		case "args":
			s.args(&results)
		case "results":
			complete = true
			for range s.elements() {
				if result := s.result(); result.UniqueID != "" && s.checkNodeCount(len(results.All)) {
					results.All = append(results.All, result)
				}
			}
		}
	}
	if err := s.finish("run-results", results.Metadata, complete); err != nil {
		return Results{}, fmt.Errorf("failed to read run_results.json: %w", err)
	}
	return results, nil
}

// args reads the arguments of the command. Old versions contain the command twice, in different forms; one that builds nothing
// has precedence.
func (s *scanner) args(results *Results) {
	for name := range s.fields() {
		switch string(name) {
		case "which", "rpc_method":
			if found := strings.TrimPrefix(s.text(), "docs."); results.Command == "" || buildsNothing(found) {
				results.Command = found
			}
		case "invocation_command":
			results.Invocation = s.text()
		case "target":
			results.Target = s.text()
		}
	}
}

// CommandName returns the command as it is written, such as "dbt docs generate"; "dbt" if it is unknown.
func (r Results) CommandName() string {
	switch r.Command {
	case "":
		return "dbt"
	case "generate":
		return "dbt docs generate"
	case "freshness":
		return "dbt source freshness"
	}
	return "dbt " + r.Command
}

// Executed returns the results of nodes that the command executed: none if it only compiled them.
func (r Results) Executed() []Result {
	if r.BuildsNothing() {
		return nil
	}
	return r.All
}

// BuildsNothing reports whether the command only compiles nodes, for which it also writes the status success.
func (r Results) BuildsNothing() bool { return buildsNothing(r.Command) }

// buildsNothing returns false for an unknown command, because an unnecessary refresh does less harm than a missing one.
func buildsNothing(command string) bool {
	return slices.Contains([]string{"compile", "generate", "show", "list", "parse"}, command)
}

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
			for range s.field("DBT_CLOUD_RUN_ID") {
				if id, err := strconv.ParseInt(s.scalarText(), 10, 64); err == nil {
					m.RunID = id
				}
			}
		}
	}
	return m
}

// maxMessageBytes limits a message, because a run can have ten thousand failures with long messages.
const maxMessageBytes = 2000

// Result is the result of one node.
// https://docs.getdbt.com/reference/artifacts/run-results-json
type Result struct {
	// UniqueID is dbt's ID of the node, such as "model.shop.orders"; never empty.
	UniqueID string
	Status   Status
	// Message is the message of dbt or the database, truncated to 2000 bytes. It is often "", and always for a success, unless that
	// left the node unchanged.
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

func truncate(message string) string {
	if len(message) <= maxMessageBytes {
		return message
	}
	return strings.ToValidUTF8(message[:maxMessageBytes-len("…")], "") + "…"
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

// rowCount reads a number of rows; nil if the value can't be one.
func (s *scanner) rowCount() *int64 {
	if s.peekKind() != jsontext.KindNumber {
		return nil
	}
	n, err := strconv.ParseFloat(s.token().String(), 64)
	if s.err != nil || err != nil || n < 0 || n > 1<<53 {
		return nil
	}
	return new(int64(n))
}

// Status is dbt's status of a result. An unknown status is kept, and is not a failure.
type Status string

// The statuses of dbt. An empty status is missing.
// https://docs.getdbt.com/reference/artifacts/run-results-json
const (
	// StatusSuccess means that a model, seed, or snapshot was built, or that an operation ran.
	StatusSuccess Status = "success"
	// StatusError means that a node could not be built or tested.
	StatusError Status = "error"
	// StatusSkipped means that dbt did not execute a node, usually because a node upstream failed.
	StatusSkipped Status = "skipped"
	// StatusPartialSuccess means that some batches of a model failed. dbt counts it as a failure.
	StatusPartialSuccess Status = "partial success"
	// StatusNoOp means that there was nothing to do.
	StatusNoOp Status = "no-op"
	// StatusReused means that dbt State cloned a node from elsewhere, or left it unchanged. The message shows which.
	StatusReused Status = "reused"
	// StatusPass, StatusFail, and StatusWarn are results of tests. A model that Fusion built with warnings also has StatusWarn.
	StatusPass Status = "pass"
	StatusFail Status = "fail"
	StatusWarn Status = "warn"
	// StatusRuntimeError means that a freshness check could not be made.
	StatusRuntimeError Status = "runtime error"
)

// Failed reports whether dbt counts the status as a failure.
func (s Status) Failed() bool {
	return slices.Contains([]Status{StatusError, StatusFail, StatusPartialSuccess, StatusRuntimeError}, s)
}

// Effect is what dbt did to the table or view of a node.
type Effect int

const (
	// NotBuilt means that the node failed, was skipped, or has neither table nor view.
	NotBuilt Effect = iota
	// Unchanged means that dbt left the table or view as it was, because nothing upstream had changed.
	Unchanged
	// Built means that the table or view was written, or that an unknown status does not show otherwise.
	Built
)

// Effect returns what the result means for the table or view of its node. A test has a table if it stored its failures, even if
// there are none: https://docs.getdbt.com/reference/resource-configs/store_failures.
func (r Result) Effect() Effect {
	message, _, _ := strings.Cut(strings.ToLower(r.Message), "(") // as in "NO-OP (within tolerance)" of dbt State
	storedFailures := r.ResourceType() == "test" && r.RelationName != ""
	switch {
	case storedFailures && (r.Status == StatusPass || r.Status == StatusWarn || r.Status == StatusFail):
		return Built
	case !r.IsBuildable() || r.Status.Failed() || r.Status == StatusSkipped:
		return NotBuilt
	case r.Status == StatusNoOp, r.Status == StatusSuccess && strings.TrimSpace(message) == "no-op",
		r.Status == StatusReused && !strings.Contains(message, "clone"):
		return Unchanged
	}
	return Built
}

// IsBuildable reports whether the node is a model, seed, or snapshot, which have tables or views.
func (r Result) IsBuildable() bool {
	return slices.Contains([]string{"model", "seed", "snapshot"}, r.ResourceType())
}

// HasUnknownStatus reports whether the node counts as built only because its status is unknown.
func (r Result) HasUnknownStatus() bool {
	known := r.Status == StatusSuccess || r.Status == StatusWarn || r.Status == StatusReused
	return r.IsBuildable() && r.Effect() == Built && !known
}
