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

// runAction runs the action as a runner would, but for a terminal: without workflow commands. It returns the exit code of
// the action.
func runAction(ctx context.Context, s *servers, summary string, stdout io.Writer) (code int, err error) {
	dir, err := os.MkdirTemp("", "dbt-tableau-refresh-")
	if err != nil {
		return 1, fmt.Errorf("failed to make a folder for the action's files: %w", err)
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
		// Nothing reads workflow commands from this log. The command of a mask would show what it hides.
		"GITHUB_ACTIONS":      "false",
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
	fmt.Fprint(stdout, "\nThe outputs, for later steps of a workflow:\n")
	showOutputs(stdout, string(text))
	fmt.Fprintf(stdout, "\nThe job summary, in Markdown: %s\n", summary)
	return code, nil
}

// showInputs prints the inputs that a scenario is about, except secrets.
func showInputs(w io.Writer, about, inputs map[string]string) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(about)) {
		if inputs[name] != "" && !strings.HasSuffix(name, "-value") {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		fmt.Fprintf(w, "What this scenario is about, beside the addresses and the credentials:\n\n%s\n", withBlock(names, inputs))
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
		return "", fmt.Errorf("failed to make the file of the summary: %w", err)
	}
	return file.Name(), nil
}
