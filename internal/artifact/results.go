package artifact

import (
	"fmt"
	"io"
	"strings"
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
	// Target is the dbt target that the command line names; "" for none.
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
			results.All, complete = s.results(), true
		}
	}
	if err := s.finish("run-results", results.Metadata, complete); err != nil {
		return Results{}, fmt.Errorf("failed to read run_results.json: %w", err)
	}
	return results, nil
}

func (s *scanner) results() (nodes []Result) {
	for range s.elements() {
		if result := s.result(); result.UniqueID != "" && s.checkNodeCount(len(nodes)) {
			nodes = append(nodes, result)
		}
	}
	return nodes
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
	return strings.TrimSpace("dbt " + strings.NewReplacer("generate", "docs generate", "freshness", "source freshness").Replace(r.Command))
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
	switch command {
	case "compile", "generate", "show", "list", "parse":
		return true
	}
	return false
}
