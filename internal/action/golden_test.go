package action_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"dbt-tableau-refresh/internal/sandbox"
)

var update = flag.Bool("update", false, "rewrite what the scenarios in testdata expect")

// TestScenarios runs each file in testdata. A file shows what a user sees.
func TestScenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := runArchive(t, archive)
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(archive)), string(txtar.Format(got))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

// runArchive runs a scenario file and returns it with the actual results. Its comment contains the directives `scenario:
// NAME`, `cancel-after: DURATION`, and `debug: 1`; its first file contains the inputs.
func runArchive(t *testing.T, archive *txtar.Archive) *txtar.Archive {
	t.Helper()
	var e execution
	for line := range strings.Lines(string(archive.Comment)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "scenario":
			found, ok := sandbox.Find(value)
			if !ok {
				t.Fatalf("no scenario %q", value)
			}
			e.scenario = found
		case "cancel-after":
			d, err := time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
			e.cancelAfter = d
		case "debug":
			e.env = debugEnv()
		}
	}
	e.inputs = scenarioInputs(e.scenario)
	for line := range strings.Lines(string(archive.Files[0].Data)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		e.inputs[name] = value
	}
	var step outcome
	synctest.Test(t, func(t *testing.T) { step = e.run(t) })
	return &txtar.Archive{Comment: archive.Comment, Files: []txtar.File{
		archive.Files[0],
		{Name: "log", Data: []byte(normalize(step.log))},
		{Name: "outputs", Data: []byte(normalize(formatPairs(step.outputs)))},
		{Name: "summary", Data: []byte(normalize(step.summary))},
		{Name: "requests", Data: []byte(formatPairs(withoutPolls(step.requestCounts())) + fmt.Sprintf("exit=%d\n", step.exitCode))},
	}}
}

// withoutPolls removes the numbers of polls, because the order of two events at the same time is random.
func withoutPolls(counts map[string]int) map[string]int {
	delete(counts, "get-run")
	for _, operation := range []string{"get-job", "list-jobs"} {
		if counts[operation] > 1 {
			counts[operation] = 1
		}
	}
	return counts
}

var (
	// jobLUID matches job IDs, which the sandbox assigns in order of arrival. That order is random for refreshes that start at the
	// same time.
	jobLUID      = regexp.MustCompile(`7e57ab1e\\?-0000\\?-4000\\?-8000\\?-[0-9a-f]{12}`)
	stopToken    = regexp.MustCompile(`::(stop-commands::)?[0-9a-f]{32}`)
	debugLines   = regexp.MustCompile(`(?m)(^::debug::.*\n)+`)
	randomMarker = regexp.MustCompile(`(\[dtr [^\]]* )[0-9a-f]{8}\]`)
)

// normalize replaces the random parts, including the order of requests that are sent at the same time.
func normalize(text string) string {
	text = debugLines.ReplaceAllStringFunc(text, func(block string) string {
		return strings.Join(slices.Sorted(strings.Lines(block)), "")
	})
	text = jobLUID.ReplaceAllString(text, "7e57ab1e-JOB")
	text = stopToken.ReplaceAllString(text, "::${1}TOKEN")
	return randomMarker.ReplaceAllString(text, "${1}RANDOM]")
}

func formatPairs[V any](values map[string]V) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&b, "%s=%v\n", name, values[name])
	}
	return b.String()
}
