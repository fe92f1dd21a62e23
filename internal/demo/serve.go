package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// serve prints how to use the services, and returns when ctx ends.
func (s *servers) serve(ctx context.Context, env string, stdout io.Writer) error {
	fmt.Fprintf(stdout, "dbt Cloud and Tableau are ready. Inputs for the action:\n\n%s\n", withBlock(inputOrder[:], s.inputs))
	if env != "" {
		if err := writeFile(env, envLines(s.inputs)); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "The same inputs as KEY=value lines: %s\n", env)
	}
	fmt.Fprint(stdout, "Requests (interrupt to stop):\n\n")
	<-ctx.Done()
	return nil
}

// inputOrder is the order of action.yml.
var inputOrder = [...]string{
	"dbt-url", "dbt-token", "dbt-account-id", "dbt-job-id",
	"tableau-url", "tableau-site", "tableau-token-name", "tableau-token-value", "tableau-workbooks", "tableau-datasources",
	caInput,
}

// withBlock returns the inputs with these names as in a workflow.
func withBlock(names []string, inputs map[string]string) string {
	var text strings.Builder
	text.WriteString("with:\n")
	for _, name := range names {
		value := strings.TrimSuffix(inputs[name], "\n")
		switch {
		case value == "":
		case strings.Contains(value, "\n"):
			text.WriteString("  " + name + ": |\n    " + strings.ReplaceAll(value, "\n", "\n    ") + "\n")
		default:
			text.WriteString("  " + name + ": " + value + "\n")
		}
	}
	return text.String()
}

// envLines returns the inputs for other clients. Lists are separated by commas; empty values are included.
func envLines(inputs map[string]string) string {
	var text strings.Builder
	for _, name := range inputOrder {
		if name == caInput {
			continue // it has several lines; -ca writes it
		}
		key := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		text.WriteString(key + "=" + strings.ReplaceAll(inputs[name], "\n", ",") + "\n")
	}
	return text.String()
}

// writeFile writes a file atomically, readable by its owner only: a process that waits for the file never reads a part of
// it.
func writeFile(path, text string) error {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("failed to write %s: %w", path, err)
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	_, err = temp.WriteString(text)
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("failed to write %s: %w", path, err)
	}
	return nil
}
