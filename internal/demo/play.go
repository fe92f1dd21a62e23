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

// play runs the action as a runner would, but for a terminal: it says that no runner takes commands from the log.
// It returns the action's exit code.
func play(ctx context.Context, s *stage, summary string, stdout io.Writer) (code int, err error) {
	dir, err := os.MkdirTemp("", "dbt-tableau-refresh-")
	if err != nil {
		return 1, fmt.Errorf("failed to make a folder for the action's files: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if summary, err = blank(summary); err != nil {
		return 1, err
	}
	if err := s.box.WriteTargets(dir); err != nil {
		return 1, err
	}
	env := map[string]string{
		"GITHUB_WORKSPACE": dir,
		// Nobody takes commands from this log. That of a mask would show what it is to hide.
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

// showInputs tells which inputs a scenario is about. Even here a secret is not shown.
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

// blank empties the file that the summary is appended to, or makes a temporary one that stays, and returns its path.
func blank(path string) (string, error) {
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
