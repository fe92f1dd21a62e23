package sandbox

import (
	"cmp"
	"strings"
	"time"
)

// nodeResult is an entry of run_results.json, schema version 6.
type nodeResult struct {
	Status          string         `json:"status"`
	Timing          []nodeTiming   `json:"timing"`
	ThreadID        string         `json:"thread_id"`
	ExecutionTime   any            `json:"execution_time"`
	AdapterResponse map[string]any `json:"adapter_response"`
	Message         *string        `json:"message"`
	Failures        *int           `json:"failures"`
	UniqueID        string         `json:"unique_id"`
	Compiled        *bool          `json:"compiled"`
	CompiledCode    *string        `json:"compiled_code"`
	RelationName    *string        `json:"relation_name"`
	BatchResults    any            `json:"batch_results"`
}

type nodeTiming struct {
	Name        string `json:"name"`
	StartedAt   string `json:"started_at"`
	CompletedAt string `json:"completed_at"`
}

// runResults returns the run_results.json of a step.
func (c *dbtCloud) runResults(r *run, i int) map[string]any {
	results := nodeResults(r.stepAt(i).Nodes, r.timeline.steps[i])
	if c.account.WriteNaN {
		for i := range results {
			results[i].ExecutionTime = "%NaN%"
		}
	}
	return map[string]any{
		"metadata":     c.metadata(r, i, "run-results/v6"),
		"results":      results,
		"elapsed_time": r.timeline.stepEnd(i).Sub(r.timeline.steps[i]).Seconds(),
		"args": map[string]any{
			"which":              subcommand(cmp.Or(r.retriedCommandAt(i), r.steps[i].Command)),
			"invocation_command": r.steps[i].Command,
		},
	}
}

// nodeResults are the results of nodes, which dbt built one after the other.
func nodeResults(nodes []Node, at time.Time) []nodeResult {
	results := []nodeResult{}
	for _, node := range nodes {
		results = append(results, node.result(at))
		at = at.Add(node.Duration)
	}
	return results
}

func (n Node) result(at time.Time) nodeResult {
	result := nodeResult{
		Status:          n.Status,
		Timing:          []nodeTiming{},
		ThreadID:        "Thread-1 (worker)",
		ExecutionTime:   n.Duration.Seconds(),
		AdapterResponse: map[string]any{},
		UniqueID:        n.UniqueID,
	}
	if n.Status != "skipped" {
		result.Timing = append(result.Timing, nodeTiming{"execute", formatJobTime(at), formatJobTime(at.Add(n.Duration))})
		result.Compiled = new(true)
	}
	if n.Message != "" {
		result.Message = &n.Message
	}
	if strings.HasPrefix(n.UniqueID, "test.") {
		result.Failures = &n.Failures
	}
	if n.Relation != "" {
		result.RelationName = &n.Relation
	}
	return result
}

// retriedCommandAt returns the command that a step retries, which dbt retry writes as its own; "" for another command.
func (r *run) retriedCommandAt(i int) string {
	if r.steps[i].Command == retryCommand {
		return r.retriedCommand
	}
	return ""
}

// subcommand returns the command as artifacts name it: the last word of "dbt docs generate".
func subcommand(command string) string {
	words := strings.Fields(strings.TrimPrefix(command, "dbt "))
	switch {
	case len(words) == 0:
		return ""
	case words[0] == "docs" && len(words) > 1:
		return words[1]
	}
	return words[0]
}
