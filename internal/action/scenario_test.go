package action_test

import (
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"os"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"dbt-tableau-refresh/internal/sandbox"
)

var update = flag.Bool("update", false, "rewrite what the scenarios in testdata expect")

// TestScenarios plays each file in testdata: who reads one sees what a user sees.
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
			got := playArchive(t, archive)
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

// playArchive plays a scenario file and gives it back with what really happened. Its comment holds the directives
// `scenario: NAME`, `cancel-after: DURATION` and `debug: 1`, its first file the inputs.
func playArchive(t *testing.T, archive *txtar.Archive) *txtar.Archive {
	t.Helper()
	var p play
	for line := range strings.Lines(string(archive.Comment)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "scenario":
			found, ok := sandbox.Find(value)
			if !ok {
				t.Fatalf("no scenario %q", value)
			}
			p.scenario = found
		case "cancel-after":
			d, err := time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
			p.cancelAfter = d
		case "debug":
			p.env = debugging()
		}
	}
	p.inputs = asked(p.scenario)
	for line := range strings.Lines(string(archive.Files[0].Data)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		p.inputs[name] = value
	}
	var done played
	synctest.Test(t, func(t *testing.T) { done = p.run(t) })
	return &txtar.Archive{Comment: archive.Comment, Files: []txtar.File{
		archive.Files[0],
		{Name: "log", Data: []byte(steady(done.log))},
		{Name: "outputs", Data: []byte(steady(pairs(done.outputs)))},
		{Name: "summary", Data: []byte(steady(done.summary))},
		{Name: "requests", Data: []byte(pairs(withoutLooks(done.operations())) + fmt.Sprintf("exit=%d\n", done.code))},
	}}
}

// withoutLooks leaves out how often the run and the jobs were looked at: two things at the same instant come in any order.
func withoutLooks(counts map[string]int) map[string]int {
	delete(counts, "get-run")
	for _, operation := range []string{"get-job", "list-jobs"} {
		if counts[operation] > 1 {
			counts[operation] = 1
		}
	}
	return counts
}

var (
	// jobLUID: which of several refreshes arrives first is chance, and the sandbox numbers its jobs.
	jobLUID      = regexp.MustCompile(`7e57ab1e-0000-4000-8000-[0-9a-f]{12}`)
	stopToken    = regexp.MustCompile(`::(stop-commands::)?[0-9a-f]{32}`)
	debugLines   = regexp.MustCompile(`(?m)(^::debug::.*\n)+`)
	randomMarker = regexp.MustCompile(`(\[dtr [^\]]* )[0-9a-f]{8}\]`)
)

// steady takes the random parts out, among them the order of requests that are sent together.
func steady(text string) string {
	text = debugLines.ReplaceAllStringFunc(text, func(block string) string {
		return strings.Join(slices.Sorted(strings.Lines(block)), "")
	})
	text = jobLUID.ReplaceAllString(text, "7e57ab1e-JOB")
	text = stopToken.ReplaceAllString(text, "::${1}TOKEN")
	return randomMarker.ReplaceAllString(text, "${1}RANDOM]")
}

func pairs[V any](values map[string]V) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&b, "%s=%v\n", name, values[name])
	}
	return b.String()
}
