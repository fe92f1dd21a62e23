// Command readme writes the tables of inputs and outputs in README.md from action.yml, the only place where they are
// described. Its tests compare the documents with the code.
//
//	go run ./internal/readme [FOLDER]
//
// It takes the folder of both files, by default the current one, and rewrites README.md. It must never change anything
// outside of the two tables, or anything at all if it runs again.
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
	path := filepath.Join(folder, "README.md")
	readme, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("failed to read the readme: %w", err)
	}
	definition, err := os.ReadFile(filepath.Join(folder, "action.yml"))
	if err != nil {
		return fmt.Errorf("failed to read the action: %w", err)
	}
	generated, err := generate(string(readme), definition)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(generated), 0o644); err != nil {
		return fmt.Errorf("failed to write the readme: %w", err)
	}
	return nil
}
