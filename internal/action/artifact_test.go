package action_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestArtifacts tests which artifacts are saved into the workspace, and how the step ends when they can't be.
func TestArtifacts(t *testing.T) {
	t.Parallel()
	artifactFault := func(kind sandbox.FaultKind) []sandbox.Fault {
		return []sandbox.Fault{{Service: "dbt", Operation: "get-artifact", Kind: kind}}
	}
	const twoArtifacts = "run_results.json\nmanifest.json"
	cases := []struct {
		name, scenario string
		delay          time.Duration
		faults         []sandbox.Fault
		inputs         map[string]string
		// prepare changes the workspace before the step.
		prepare func(t *testing.T, workspace, outside string)
		want    string
		// files are in the workspace after the step.
		files       []string
		wantLog     []string
		maxDuration time.Duration // the longest time that the step may take
	}{
		{name: "saved", scenario: "success", inputs: map[string]string{"dbt-artifacts": twoArtifacts}, want: "success", files: []string{"target/manifest.json", "target/run_results.json"}},
		{name: "of_a_failed_run", scenario: "dbt-fails", inputs: map[string]string{"dbt-artifacts": twoArtifacts}, want: "dbt-failed", files: []string{"target/manifest.json", "target/run_results.json"}},
		{
			name: "other_folder", scenario: "success", inputs: map[string]string{"dbt-artifacts": "manifest.json", "dbt-artifacts-path": "out/of dbt"}, want: "success",
			files: []string{"out/of dbt/manifest.json"},
		},
		{name: "late", scenario: "success", delay: 12 * time.Second, inputs: map[string]string{"dbt-artifacts": twoArtifacts}, want: "success", files: []string{"target/manifest.json", "target/run_results.json"}},
		{name: "too_late", scenario: "success", delay: time.Hour, inputs: map[string]string{"dbt-artifacts": twoArtifacts}, want: "success", wantLog: []string{"::warning::Failed to save the dbt artifact run_results.json", "::warning::Failed to save the dbt artifact manifest.json"}},
		{
			name: "one_is_missing", scenario: "success", inputs: map[string]string{"dbt-artifacts": "partial_parse.msgpack\nmanifest.json"}, want: "success",
			files: []string{"target/manifest.json"}, wantLog: []string{"::warning::Failed to save the dbt artifact partial_parse.msgpack"},
		},
		{
			name: "overwritten", scenario: "success", inputs: map[string]string{"dbt-artifacts": "manifest.json"}, want: "success", files: []string{"target/manifest.json"},
			prepare: func(t *testing.T, workspace, _ string) {
				writeFile(t, filepath.Join(workspace, "target/manifest.json"), "of yesterday")
			},
		},
		{
			name: "a_link_out_of_the_workspace", scenario: "success", inputs: map[string]string{"dbt-artifacts": "manifest.json"}, want: "success",
			prepare: func(t *testing.T, workspace, outside string) { symlink(t, outside, filepath.Join(workspace, "target")) },
			files:   []string{"target"}, wantLog: []string{"::warning::Failed to save the dbt artifact manifest.json"},
		},
		{
			name: "a_link_to_a_file_outside", scenario: "success", inputs: map[string]string{"dbt-artifacts": "manifest.json"}, want: "success",
			prepare: func(t *testing.T, workspace, outside string) {
				writeFile(t, filepath.Join(workspace, "target/other"), "")
				symlink(t, filepath.Join(outside, "passwd"), filepath.Join(workspace, "target/manifest.json.part"))
			},
			files: []string{"target/other"}, wantLog: []string{"::warning::Failed to save the dbt artifact manifest.json"},
		},
		{name: "a_name_outside_the_workspace", scenario: "success", inputs: map[string]string{"dbt-artifacts": "../manifest.json"}, want: "invalid-input"},
		{name: "a_folder_outside_the_workspace", scenario: "success", inputs: map[string]string{"dbt-artifacts": "manifest.json", "dbt-artifacts-path": "a/../../b"}, want: "invalid-input"},
		{name: "cut_body", scenario: "success", inputs: map[string]string{"dbt-artifacts": "manifest.json"}, faults: artifactFault(sandbox.CutBody), want: "success", wantLog: []string{"Failed to save"}},
		{name: "not_found", scenario: "dbt-fails", inputs: map[string]string{"dbt-artifacts": twoArtifacts}, faults: artifactFault(sandbox.NotFound), want: "dbt-failed", wantLog: []string{"Failed to save"}},
		{name: "throttled", scenario: "dbt-fails", faults: artifactFault(sandbox.Throttled), want: "dbt-failed", maxDuration: 8 * time.Minute},
		{name: "throttled_and_saved", scenario: "success", inputs: map[string]string{"dbt-artifacts": twoArtifacts}, faults: artifactFault(sandbox.ThrottledFor), want: "success", wantLog: []string{"Failed to save"}, maxDuration: 10 * time.Minute},
		{name: "hangs", scenario: "success", inputs: map[string]string{"dbt-artifacts": twoArtifacts}, faults: artifactFault(sandbox.Hang), want: "success", wantLog: []string{"Failed to save"}, maxDuration: 10 * time.Minute},
		{name: "endless_and_saved", scenario: "success", inputs: map[string]string{"dbt-artifacts": twoArtifacts}, faults: artifactFault(sandbox.Endless), want: "success", wantLog: []string{"Failed to save"}, maxDuration: 10 * time.Minute},
		{
			name: "endless_until_the_timeout", scenario: "success", inputs: map[string]string{"dbt-artifacts": twoArtifacts, "timeout": "5m"}, faults: artifactFault(sandbox.Endless), want: "success",
			wantLog: []string{"Failed to save"}, maxDuration: 5*time.Minute + 2*time.Second,
		},
		{name: "malformed_of_a_failed_run", scenario: "dbt-fails", faults: artifactFault(sandbox.Malformed), want: "dbt-failed"},
		{name: "endless_of_a_failed_run", scenario: "dbt-fails", faults: artifactFault(sandbox.Endless), want: "dbt-failed"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, _ := sandbox.Find(tc.scenario)
			scenario.DBT.ArtifactsDelay = tc.delay
			workspace, outside := t.TempDir(), t.TempDir()
			if tc.prepare != nil {
				tc.prepare(t, workspace, outside)
			}
			synctest.Test(t, func(t *testing.T) {
				services := sandbox.New(scenario)
				for _, fault := range tc.faults {
					services.AddFault(fault)
				}
				step := execution{services: services, inputs: tc.inputs, env: map[string]string{"GITHUB_WORKSPACE": workspace}}.run(t)
				scenarioTest{want: tc.want, wantLog: tc.wantLog}.verify(t, step)
				if diff := cmp.Diff(strings.Join(tc.files, "\n"), strings.Join(listFiles(t, workspace), "\n")); diff != "" {
					t.Errorf("files in the workspace (-want +got):\n%s", diff)
				}
				if got := listFiles(t, outside); len(got) > 0 {
					t.Errorf("files outside of the workspace: %v", got)
				}
				if tc.maxDuration > 0 && step.duration > tc.maxDuration {
					t.Errorf("the step took %s, want at most %s", step.duration, tc.maxDuration)
				}
				checkArtifacts(t, step, workspace)
				checkRefreshesNotDelayed(t, step)
			})
		})
	}
}

// checkArtifacts asserts that what is saved is complete, and belongs to this run.
func checkArtifacts(t *testing.T, step outcome, workspace string) {
	t.Helper()
	for _, name := range listFiles(t, workspace) {
		text, err := os.ReadFile(filepath.Join(workspace, name))
		if err != nil || filepath.Ext(name) != ".json" {
			continue
		}
		var artifact struct {
			Metadata struct{ Env map[string]string }
			Results  []json.RawMessage
		}
		if err := json.Unmarshal(text, &artifact); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := artifact.Metadata.Env["DBT_CLOUD_RUN_ID"]; got != step.outputs["run-id"] {
			t.Errorf("%s is of run %q, want %s", name, got, step.outputs["run-id"])
		}
		if strings.HasSuffix(name, "run_results.json") && len(artifact.Results) == 0 {
			t.Errorf("%s is of a step that built nothing", name)
		}
	}
}

// checkRefreshesNotDelayed asserts that the refreshes do not wait for the artifacts.
func checkRefreshesNotDelayed(t *testing.T, step outcome) {
	t.Helper()
	for _, job := range step.services.Jobs() {
		if delay := job.Created.Sub(step.services.Runs()[0].Finished); delay > 15*time.Second {
			t.Errorf("a refresh was started %s after the end of the run", delay)
		}
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

// listFiles returns the names of all files and links below a folder.
func listFiles(t *testing.T, folder string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(folder, path)
			all = append(all, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// TestArtifacts_owner asserts that files written by root get the owner of the workspace, so that later steps can change
// them.
func TestArtifacts_owner(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can change the owner of a file")
	}
	workspace := t.TempDir()
	if err := os.Chown(workspace, 1001, 127); err != nil {
		t.Fatal(err)
	}
	scenario := successScenario(t)
	synctest.Test(t, func(t *testing.T) {
		execution{scenario: scenario, inputs: map[string]string{"dbt-artifacts": "manifest.json", "dbt-artifacts-path": "a/b"}, env: map[string]string{"GITHUB_WORKSPACE": workspace}}.run(t)
		for _, name := range []string{"a", "a/b", "a/b/manifest.json"} {
			info, err := os.Stat(filepath.Join(workspace, name))
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprintf("%+v", info.Sys()); !strings.Contains(got, "Uid:1001") || !strings.Contains(got, "Gid:127") {
				t.Errorf("%s is %s, want user 1001 and group 127", name, got)
			}
		}
	})
}
