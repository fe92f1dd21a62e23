// Command readme writes the tables of inputs and outputs in README.md and docs/inputs.md from action.yml, the only place
// where they are described. Its tests compare the documents with the code.
//
//	go run ./internal/readme [FOLDER]
//
// It takes the folder of the repository, by default the current one, and rewrites both documents. It must never change
// anything outside of the tables, or anything at all if it runs again.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run . ../..

func main() {
	folder := "."
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if err := run(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder string) error {
	definition, err := os.ReadFile(filepath.Join(folder, "action.yml"))
	if err != nil {
		return fmt.Errorf("failed to read the action: %w", err)
	}
	m, err := parseMetadata(definition)
	if err != nil {
		return err
	}
	short, err := shortTables(m)
	if err != nil {
		return err
	}
	if err := rewrite(filepath.Join(folder, "README.md"), short); err != nil {
		return err
	}
	return rewrite(filepath.Join(folder, "docs", "inputs.md"), fullTables(m))
}

func rewrite(path string, t tables) error {
	document, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("failed to read a document: %w", err)
	}
	generated, err := generate(string(document), t)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(generated), 0o644); err != nil {
		return fmt.Errorf("failed to write a document: %w", err)
	}
	return nil
}
