package main

import (
	"os"
	"regexp"
	"testing"
)

// TestNamed_tests_exist: the tests and benchmarks that SECURITY.md and CONTRIBUTING.md name are in the code.
func TestNamed_tests_exist(t *testing.T) {
	t.Parallel()

	exists := map[string]bool{}
	for _, file := range goFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w*)\(`).FindAllStringSubmatch(string(text), -1) {
			exists[found[1]] = true
		}
	}
	count := 0
	for _, document := range []string{"SECURITY.md", "CONTRIBUTING.md"} {
		for _, found := range regexp.MustCompile("`((?:Test|Fuzz|Benchmark)\\w+)`").FindAllStringSubmatch(readFile(t, os.DirFS("../.."), document), -1) {
			count++
			if !exists[found[1]] {
				t.Errorf("%s names %s, which does not exist", document, found[1])
			}
		}
	}
	if count < 50 {
		t.Errorf("only %d names were found", count)
	}
}
