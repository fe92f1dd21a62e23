package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dbt-tableau-refresh/internal/action"
)

// runAction runs the action as a runner does, except that the log is for a terminal: without workflow commands. It returns the
// exit code of the action.
func runAction(ctx context.Context, s *servers, summary string, stdout io.Writer) (code int, err error) {
	dir, err := os.MkdirTemp("", "dbt-tableau-refresh-")
	if err != nil {
		return 1, fmt.Errorf("failed to create a folder for the action's files: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if summary, err = createSummary(summary); err != nil {
		return 1, err
	}
	if err := s.sandbox.WriteTargets(dir); err != nil {
		return 1, err
	}
	env := map[string]string{
		"GITHUB_WORKSPACE": dir,
		// No runner reads this log, and a mask command would show the secret.
		"GITHUB_ACTIONS":      "false",
		"GITHUB_RUN_ID":       "1", // so that the advice is that of a workflow
		"GITHUB_RUN_ATTEMPT":  "1",
		"GITHUB_OUTPUT":       filepath.Join(dir, "output"),
		"GITHUB_STATE":        filepath.Join(dir, "state"),
		"GITHUB_STEP_SUMMARY": summary,
	}
	for name, value := range s.inputs {
		env["INPUT_"+strings.ToUpper(name)] = value
	}
	code = action.Main(ctx, []string{"/dbt-tableau-refresh"}, func(name string) string { return env[name] }, stdout)

	text, err := os.ReadFile(env["GITHUB_OUTPUT"])
	if err != nil {
		return 1, fmt.Errorf("failed to read the outputs: %w", err)
	}
	fmt.Fprint(stdout, "\nOutputs, for later steps of the workflow:\n")
	showOutputs(stdout, string(text))
	fmt.Fprintf(stdout, "\nJob summary, in Markdown: %s\n", summary)
	return code, nil
}

// showInputs prints the inputs of a scenario, except secrets.
func showInputs(w io.Writer, about, inputs map[string]string) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(about)) {
		if inputs[name] != "" && !strings.HasSuffix(name, "-value") {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		fmt.Fprintf(w, "Inputs of this scenario, in addition to the URLs and credentials:\n\n%s\n", withBlock(names, inputs))
	}
}

// createSummary empties the file for the summary, or creates a temporary one that remains, and returns its path.
func createSummary(path string) (string, error) {
	open := func() (*os.File, error) { return os.Create(path) }
	if path == "" {
		open = func() (*os.File, error) { return os.CreateTemp("", "dbt-tableau-refresh-summary-*.md") }
	}
	file, err := open()
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		return "", fmt.Errorf("failed to create the summary file: %w", err)
	}
	return file.Name(), nil
}
