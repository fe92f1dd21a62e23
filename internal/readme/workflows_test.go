package main

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// workflow is the part of a workflow that the tests check.
type workflow struct {
	Permissions yaml.Node      `yaml:"permissions"`
	Concurrency yaml.Node      `yaml:"concurrency"`
	Jobs        map[string]job `yaml:"jobs"`
}

type job struct {
	Needs       yaml.Node `yaml:"needs"`
	Permissions yaml.Node `yaml:"permissions"`
	Timeout     int       `yaml:"timeout-minutes"`
	Uses        string    `yaml:"uses"`
	Steps       []struct {
		Uses string            `yaml:"uses"`
		Run  string            `yaml:"run"`
		With map[string]string `yaml:"with"`
	} `yaml:"steps"`
}

// TestWorkflows checks what actionlint does not: no permissions by default, a timeout for each job, and pinned actions.
func TestWorkflows(t *testing.T) {
	t.Parallel()

	repository := os.DirFS("../..")
	files, err := fs.Glob(repository, ".github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()

			text := readFile(t, repository, file)
			var w workflow
			if err := yaml.Unmarshal([]byte(text), &w); err != nil {
				t.Fatal(err)
			}
			if w.Permissions.Kind != yaml.MappingNode || len(w.Permissions.Content) != 0 {
				t.Error("permissions: must be {} at the top, so that each job asks for its own")
			}
			if w.Concurrency.IsZero() || strings.Contains(text, "${{ github.workflow }}") {
				t.Error("concurrency: must be there, by a name of its own: a called workflow would share that of its caller")
			}
			for name, j := range w.Jobs {
				checkJob(t, name, j)
			}
			checkPins(t, text)
		})
	}
}

func checkJob(t *testing.T, name string, j job) {
	t.Helper()
	if j.Permissions.Kind != yaml.MappingNode {
		t.Errorf("job %s: permissions are missing", name)
	}
	if j.Timeout == 0 && j.Uses == "" {
		t.Errorf("job %s: timeout-minutes is missing", name)
	}
	for _, s := range j.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("job %s: an expression in run: is open to injection; pass it through env:\n%s", name, s.Run)
		}
		if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != "false" {
			t.Errorf("job %s: checkout must not leave a credential behind: persist-credentials: false", name)
		}
	}
}

var (
	usesPattern   = regexp.MustCompile(`(?m)^ *(?:- )?uses: (.*)$`)
	pinnedPattern = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
)

// checkPins checks that each action of another repository is pinned to a full SHA, followed by its version for Dependabot.
func checkPins(t *testing.T, text string) {
	t.Helper()
	for _, found := range usesPattern.FindAllStringSubmatch(text, -1) {
		if action := found[1]; !strings.HasPrefix(action, "./") && !pinnedPattern.MatchString(action) {
			t.Errorf("uses: %s: must be SHA # vX.Y.Z", action)
		}
	}
}

// TestWorkflows_required_job: the job e2e, which branches require, waits for all other jobs.
func TestWorkflows_required_job(t *testing.T) {
	t.Parallel()

	var w workflow
	if err := yaml.Unmarshal([]byte(readFile(t, os.DirFS("../.."), ".github/workflows/e2e.yml")), &w); err != nil {
		t.Fatal(err)
	}
	var needs []string
	required := w.Jobs["e2e"]
	if err := required.Needs.Decode(&needs); err != nil {
		t.Fatal(err)
	}
	for name := range w.Jobs {
		if name != "e2e" && !slices.Contains(needs, name) {
			t.Errorf("the job e2e does not wait for %s", name)
		}
	}
	if got, want := strings.Count(required.Steps[0].Run, "success"), len(needs); got != want {
		t.Errorf("the job e2e checks %d results, want %d", got, want)
	}
}
