package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// coreVersion is the version of dbt Core that writes the artifacts.
const coreVersion = "1.11.16"

// CoreCommand is a command of dbt Core that has run on the runner before the step.
type CoreCommand struct {
	// Command is the command line, such as "dbt build --target prod".
	Command string
	// Which is the name of the command in its results. Default: the subcommand. For dbt retry, it is the retried command.
	Which string
	// Target is the value of --target; "" for none.
	Target string
	// Folder is the target folder, relative to the workspace.
	Folder string
	// EndedAgo is how long ago it ended.
	EndedAgo time.Duration
	Nodes    []Node
}

// WriteTargets writes the target folders of the dbt Core commands into a workspace.
func (s *Sandbox) WriteTargets(workspace string) error {
	for i, command := range s.scenario.Core {
		ended := time.Now().Add(-command.EndedAgo)
		for name, content := range map[string]any{
			"run_results.json": command.results(i, ended), "manifest.json": s.coreManifest(command.metadata(i, "manifest/v12", ended)),
		} {
			file := filepath.Join(workspace, command.Folder, name)
			text, err := json.Marshal(content)
			if err == nil {
				err = os.MkdirAll(filepath.Dir(file), 0o755)
			}
			if err == nil {
				err = os.WriteFile(file, text, 0o600)
			}
			if err != nil {
				return fmt.Errorf("failed to write %s: %w", file, err)
			}
		}
	}
	return nil
}

func (c CoreCommand) results(i int, ended time.Time) map[string]any {
	var elapsed time.Duration
	for _, node := range c.Nodes {
		elapsed += node.Duration
	}
	which := c.Which
	if which == "" {
		which = subcommand(c.Command)
	}
	args := map[string]any{"which": which, "invocation_command": c.Command, "target": nil, "target_path": c.Folder}
	if c.Target != "" {
		args["target"] = c.Target
	}
	return map[string]any{
		"metadata": c.metadata(i, "run-results/v6", ended), "results": nodeResults(c.Nodes, ended.Add(-elapsed)),
		"elapsed_time": elapsed.Seconds(), "args": args,
	}
}

// coreManifest is the manifest of the whole project, regardless of what a command selected.
func (s *Sandbox) coreManifest(metadata map[string]any) map[string]any {
	job := s.scenario.DBT.Jobs[0]
	nodes := append([]Node{}, job.UnselectedNodes...)
	for _, step := range job.Steps {
		nodes = append(nodes, step.Nodes...)
	}
	for _, command := range s.scenario.Core {
		for _, node := range command.Nodes {
			if kind, _, _ := strings.Cut(node.UniqueID, "."); kind != "exposure" && kind != "operation" {
				nodes = append(nodes, node)
			}
		}
	}
	return projectManifest(metadata, nodes, job.Exposures)
}

// metadata has no environment: only the dbt platform sets the variables that it contains.
func (c CoreCommand) metadata(i int, schema string, ended time.Time) map[string]any {
	return map[string]any{
		"dbt_schema_version": "https://schemas.getdbt.com/dbt/" + schema + ".json", "dbt_version": coreVersion, "generated_at": formatJobTime(ended),
		"invocation_id": fmt.Sprintf("c04e0000-0000-4000-8000-%012d", i+1), "env": map[string]string{},
	}
}
