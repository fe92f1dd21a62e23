package main

import (
	"os"
	"strings"
	"testing"
)

// TestReadme_is_short: the README is an introduction; the details are in docs.
func TestReadme_is_short(t *testing.T) {
	t.Parallel()

	readme := readFile(t, os.DirFS("../.."), "README.md")
	if lines := strings.Count(readme, "\n"); lines > 250 || len(readme) > 15_000 {
		t.Errorf("README.md has %d lines and %d bytes, want at most 250 and 15,000", lines, len(readme))
	}
}
