package artifact

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Results is the content of one run_results.json, or of several merged. The zero value has no results.
// https://docs.getdbt.com/reference/artifacts/run-results-json
type Results struct {
	Metadata
	// BuildsNothing is true for a command such as docs generate, whose status success only means that a node was compiled.
	BuildsNothing bool
	// All are the results of the executed nodes, in dbt's order.
	All []Result
}

// Count is the number of nodes with the same resource type and status.
type Count struct {
	// ResourceType has the values of [Result.ResourceType].
	ResourceType string
	Status       Status
	Nodes        int
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

// argsBuildNothing reads the arguments of the command. Old versions contain the command twice, in different forms.
func (s *scanner) argsBuildNothing() (result bool) {
	for name := range s.fields() {
		switch string(name) {
		case "which", "rpc_method":
			result = result || buildsNothing(s.text())
		}
	}
	return result
}

// buildsNothing reports whether a command writes results without building. An unknown command counts as building, because an
// unnecessary refresh does less harm than a missing one.
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

// WithStatus returns the results with a status.
func (r Results) WithStatus(status Status) []Result {
	return r.filter(func(r Result) bool { return r.Status == status })
}

func (r Results) filter(keep func(Result) bool) (found []Result) {
	for _, result := range r.All {
		if keep(result) {
			found = append(found, result)
		}
	}
	return found
}

// Counts counts the nodes by resource type and status, in alphabetical order.
func (r Results) Counts() []Count {
	numbers := map[Count]int{}
	for _, result := range r.All {
		numbers[Count{ResourceType: result.ResourceType(), Status: result.Status}]++
	}
	counts := make([]Count, 0, len(numbers))
	for count, nodes := range numbers {
		count.Nodes = nodes
		counts = append(counts, count)
	}
	slices.SortStableFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.ResourceType, b.ResourceType), cmp.Compare(a.Status, b.Status))
	})
	return counts
}

// MergeResults merges the results of a run's steps, or of a run and its retries, in the order of execution. Each node keeps
// its first position and has its latest result, except that only a success or a failure replaces a success. The metadata are
// the latest. Results that build nothing, even failures, are omitted, because the warehouse did not change.
func MergeResults(steps ...Results) Results {
	var merged Results
	indexByID := map[string]int{}
	for _, step := range steps {
		if step.BuildsNothing {
			continue
		}
		merged.Metadata = step.Metadata
		for _, node := range step.All {
			i, known := indexByID[node.UniqueID]
			if !known {
				indexByID[node.UniqueID] = len(merged.All)
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
