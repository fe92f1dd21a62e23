// Command readme writes the README's tables of inputs and outputs from action.yml, which
// is the only place where they are described: a table kept by hand would soon differ.
//
//	go run ./internal/readme [FOLDER]
//
// FOLDER holds both files and is the current one by default. Running it again changes nothing.
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
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("failed to read the readme: %w", err)
	}
	definition, err := os.ReadFile(filepath.Join(folder, "action.yml"))
	if err != nil {
		return fmt.Errorf("failed to read the action: %w", err)
	}
	want, err := generate(string(text), definition)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		return fmt.Errorf("failed to write the readme: %w", err)
	}
	return nil
}
