// Command release does the parts of a release that need tests: it checks the tag, prints the notes of a version, and pins
// action.yml to a published image.
//
//	git tag | go run ./internal/release tag v1.2.3
//	go run ./internal/release notes v1.2.3
//	go run ./internal/release action ghcr.io/OWNER/dbt-tableau-refresh@sha256:...
//
// It takes its arguments, the tags from stdin, and the files of the current folder; it returns text on stdout, or a changed
// action.yml. It must never use the network or credentials: the workflow pushes and publishes.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:], ".", os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run runs one command on the repository in folder.
func run(args []string, folder string, stdin io.Reader, stdout io.Writer) error {
	if len(args) != 2 {
		return errors.New("failed to understand the arguments: give tag TAG, notes TAG, or action IMAGE@DIGEST")
	}
	switch command, argument := args[0], args[1]; command {
	case "tag":
		tags, err := io.ReadAll(stdin)
		if err != nil {
			return fmt.Errorf("failed to read the tags: %w", err)
		}
		return checkTag(argument, string(tags))
	case "notes":
		return printNotes(argument, folder, stdout)
	case "action":
		return rewriteAction(argument, folder)
	default:
		return fmt.Errorf("failed to understand %q: the commands are tag, notes and action", command)
	}
}

func printNotes(tag, folder string, stdout io.Writer) error {
	text, err := os.ReadFile(filepath.Join(folder, "CHANGELOG.md"))
	if err != nil {
		return fmt.Errorf("failed to read the changelog: %w", err)
	}
	section, err := notes(string(text), tag)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, section)
	return err
}

func rewriteAction(image, folder string) error {
	path := filepath.Join(folder, "action.yml")
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("failed to read the action: %w", err)
	}
	pinned, err := pin(text, image)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, pinned, 0o644); err != nil {
		return fmt.Errorf("failed to write the action: %w", err)
	}
	return nil
}
