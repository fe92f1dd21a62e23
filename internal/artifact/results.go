package artifact

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Results is a run_results.json, or several merged. Its zero value has no results.
// https://docs.getdbt.com/reference/artifacts/run-results-json
type Results struct {
	Metadata
	// CompiledOnly marks the results of a command that builds nothing, such as docs generate. It calls every node that
	// it could compile a success.
	BuildsNothing bool
	// Nodes are in the order in which dbt wrote them: only what was executed is there.
	All []Result
}

// Count is how many nodes of one type ended in one way.
type Count struct {
	// Type is as in [Result.Type].
	ResourceType string
	Status       Status
	Nodes        int
}

// ReadResults reads a run_results.json of any version to its end. If that fails, there are no results at all.
func ReadResults(r io.Reader) (Results, error) {
	s := newScanner(r)
	var results Results
	complete := false
	for name := range s.document() {
		switch string(name) {
		case "metadata":
			results.Metadata = s.metadata()
		case "args":
			results.BuildsNothing = s.argsBuildNothing()
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

// compilesOnly reads the arguments of the command. Old versions name it twice, and not always alike.
func (s *scanner) argsBuildNothing() (only bool) {
	for name := range s.fields() {
		switch string(name) {
		case "which", "rpc_method":
			only = only || buildsNothing(s.text())
		}
	}
	return only
}

// compiles tells the commands that write results without building. A command that is not known builds: a refresh too
// many does less harm than one that is missing.
func buildsNothing(command string) bool {
	switch strings.TrimPrefix(command, "docs.") {
	case "compile", "generate", "show", "list", "parse":
		return true
	}
	return false
}

// Failed returns the results that dbt counts as failures.
func (r Results) Failed() []Result {
	return r.filter(func(r Result) bool { return r.Status.Failed() })
}

// With returns the results of one status.
func (r Results) WithStatus(status Status) []Result {
	return r.filter(func(r Result) bool { return r.Status == status })
}

func (r Results) filter(want func(Result) bool) (found []Result) {
	for _, node := range r.All {
		if want(node) {
			found = append(found, node)
		}
	}
	return found
}

// Counts counts the nodes by type and status, in alphabetical order: models come before tests.
func (r Results) Counts() []Count {
	numbers := map[Count]int{}
	for _, node := range r.All {
		numbers[Count{ResourceType: node.ResourceType(), Status: node.Status}]++
	}
	counts := make([]Count, 0, len(numbers))
	for count, n := range numbers {
		count.Nodes = n
		counts = append(counts, count)
	}
	slices.SortStableFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.ResourceType, b.ResourceType), cmp.Compare(a.Status, b.Status))
	})
	return counts
}

// Merge puts together the results of the steps of a run, or of a run and its retries, given in the order in which they
// ran. Each node keeps its first place and has its latest result; the metadata are the latest. A success stays one where dbt
// later left the node alone. What only compiled is left out, whether it failed or not: it says nothing about the warehouse.
func MergeResults(steps ...Results) Results {
	var merged Results
	place := map[string]int{}
	for _, step := range steps {
		if step.BuildsNothing {
			continue
		}
		merged.Metadata = step.Metadata
		for _, node := range step.All {
			i, known := place[node.UniqueID]
			if !known {
				place[node.UniqueID] = len(merged.All)
				merged.All = append(merged.All, node)
				continue
			}
			if merged.All[i].Status != StatusSuccess || node.Status == StatusSuccess || node.Status.Failed() {
				merged.All[i] = node
			}
		}
	}
	return merged
}
