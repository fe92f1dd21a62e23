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

// TestArtifacts is what is saved into the workspace, and what becomes of the step when it can't be.
func TestArtifacts(t *testing.T) {
	t.Parallel()
	broken := func(kind sandbox.FaultKind) []sandbox.Fault {
		return []sandbox.Fault{{Service: "dbt", Operation: "get-artifact", Kind: kind}}
	}
	const two = "run_results.json\nmanifest.json"
	cases := []struct {
		name, scenario string
		late           time.Duration
		faults         []sandbox.Fault
		inputs         map[string]string
		// prepare makes the workspace what it is.
		prepare func(t *testing.T, workspace, outside string)
		want    string
		// files are what is in the workspace afterwards.
		files []string
		says  []string
		most  time.Duration // that the step may take
	}{
		{name: "saved", scenario: "success", inputs: map[string]string{"dbt-artifacts": two}, want: "success", files: []string{"target/manifest.json", "target/run_results.json"}},
		{name: "of_a_failed_run", scenario: "dbt-fails", inputs: map[string]string{"dbt-artifacts": two}, want: "dbt-failed", files: []string{"target/manifest.json", "target/run_results.json"}},
		{
			name: "elsewhere", scenario: "success", inputs: map[string]string{"dbt-artifacts": "manifest.json", "dbt-artifacts-path": "out/of dbt"}, want: "success",
			files: []string{"out/of dbt/manifest.json"},
		},
		{name: "late", scenario: "success", late: 12 * time.Second, inputs: map[string]string{"dbt-artifacts": two}, want: "success", files: []string{"target/manifest.json", "target/run_results.json"}},
		{name: "too_late", scenario: "success", late: time.Hour, inputs: map[string]string{"dbt-artifacts": two}, want: "success", says: []string{"warning: failed to save the dbt artifact run_results.json", "warning: failed to save the dbt artifact manifest.json"}},
		{
			name: "one_is_missing", scenario: "success", inputs: map[string]string{"dbt-artifacts": "partial_parse.msgpack\nmanifest.json"}, want: "success",
			files: []string{"target/manifest.json"}, says: []string{"warning: failed to save the dbt artifact partial_parse.msgpack"},
		},
		{
			name: "written_anew", scenario: "success", inputs: map[string]string{"dbt-artifacts": "manifest.json"}, want: "success", files: []string{"target/manifest.json"},
			prepare: func(t *testing.T, workspace, _ string) {
				put(t, filepath.Join(workspace, "target/manifest.json"), "of yesterday")
			},
		},
		{
			name: "a_link_out_of_the_workspace", scenario: "success", inputs: map[string]string{"dbt-artifacts": "manifest.json"}, want: "success",
			prepare: func(t *testing.T, workspace, outside string) { link(t, outside, filepath.Join(workspace, "target")) },
			files:   []string{"target"}, says: []string{"warning: failed to save the dbt artifact manifest.json"},
		},
		{
			name: "a_link_to_a_file_outside", scenario: "success", inputs: map[string]string{"dbt-artifacts": "manifest.json"}, want: "success",
			prepare: func(t *testing.T, workspace, outside string) {
				put(t, filepath.Join(workspace, "target/other"), "")
				link(t, filepath.Join(outside, "passwd"), filepath.Join(workspace, "target/manifest.json.part"))
			},
			files: []string{"target/other"}, says: []string{"warning: failed to save the dbt artifact manifest.json"},
		},
		{name: "a_name_that_leads_out", scenario: "success", inputs: map[string]string{"dbt-artifacts": "../manifest.json"}, want: "invalid-input"},
		{name: "a_folder_that_leads_out", scenario: "success", inputs: map[string]string{"dbt-artifacts": "manifest.json", "dbt-artifacts-path": "a/../../b"}, want: "invalid-input"},
		{name: "cut", scenario: "success", inputs: map[string]string{"dbt-artifacts": "manifest.json"}, faults: broken(sandbox.CutBody), want: "success", says: []string{"failed to save"}},
		{name: "gone", scenario: "dbt-fails", inputs: map[string]string{"dbt-artifacts": two}, faults: broken(sandbox.NotFound), want: "dbt-failed", says: []string{"failed to save"}},
		{name: "throttled", scenario: "dbt-fails", faults: broken(sandbox.Throttled), want: "dbt-failed", most: 8 * time.Minute},
		{name: "throttled_and_saved", scenario: "success", inputs: map[string]string{"dbt-artifacts": two}, faults: broken(sandbox.ThrottledFor), want: "success", says: []string{"failed to save"}, most: 10 * time.Minute},
		{name: "hangs", scenario: "success", inputs: map[string]string{"dbt-artifacts": two}, faults: broken(sandbox.Hang), want: "success", says: []string{"failed to save"}, most: 10 * time.Minute},
		{name: "endless_and_saved", scenario: "success", inputs: map[string]string{"dbt-artifacts": two}, faults: broken(sandbox.Endless), want: "success", says: []string{"failed to save"}, most: 10 * time.Minute},
		{
			name: "endless_until_the_time_is_up", scenario: "success", inputs: map[string]string{"dbt-artifacts": two, "timeout": "5m"}, faults: broken(sandbox.Endless), want: "success",
			says: []string{"failed to save"}, most: 5*time.Minute + 2*time.Second,
		},
		{name: "garbage_of_a_failed_run", scenario: "dbt-fails", faults: broken(sandbox.Malformed), want: "dbt-failed"},
		{name: "endless_of_a_failed_run", scenario: "dbt-fails", faults: broken(sandbox.Endless), want: "dbt-failed"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, _ := sandbox.Find(tc.scenario)
			scenario.DBT.ArtifactsDelay = tc.late
			workspace, outside := t.TempDir(), t.TempDir()
			if tc.prepare != nil {
				tc.prepare(t, workspace, outside)
			}
			synctest.Test(t, func(t *testing.T) {
				box := sandbox.New(scenario)
				for _, fault := range tc.faults {
					box.AddFault(fault)
				}
				done := play{box: box, inputs: tc.inputs, env: map[string]string{"GITHUB_WORKSPACE": workspace}}.run(t)
				tale{want: tc.want, says: tc.says}.verify(t, done)
				if diff := cmp.Diff(strings.Join(tc.files, "\n"), strings.Join(files(t, workspace), "\n")); diff != "" {
					t.Errorf("files in the workspace (-want +got):\n%s", diff)
				}
				if got := files(t, outside); len(got) > 0 {
					t.Errorf("files outside of the workspace: %v", got)
				}
				if tc.most > 0 && done.took > tc.most {
					t.Errorf("the step took %s, want at most %s", done.took, tc.most)
				}
				checkDocuments(t, done, workspace)
				checkRefreshesBegin(t, done)
			})
		})
	}
}

// checkDocuments: what is saved is whole, and of this run.
func checkDocuments(t *testing.T, done played, workspace string) {
	t.Helper()
	for _, name := range files(t, workspace) {
		text, err := os.ReadFile(filepath.Join(workspace, name))
		if err != nil || filepath.Ext(name) != ".json" {
			continue
		}
		var document struct {
			Metadata struct{ Env map[string]string }
			Results  []json.RawMessage
		}
		if err := json.Unmarshal(text, &document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := document.Metadata.Env["DBT_CLOUD_RUN_ID"]; got != done.outputs["run-id"] {
			t.Errorf("%s is of run %q, want %s", name, got, done.outputs["run-id"])
		}
		if strings.HasSuffix(name, "run_results.json") && len(document.Results) == 0 {
			t.Errorf("%s is of a step that built nothing", name)
		}
	}
}

// checkRefreshesBegin: the refreshes do not wait for the artifacts.
func checkRefreshesBegin(t *testing.T, done played) {
	t.Helper()
	for _, job := range done.box.Jobs() {
		if late := job.Created.Sub(done.box.Runs()[0].Finished); late > 15*time.Second {
			t.Errorf("a refresh was started %s after the end of the run", late)
		}
	}
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

// files are the names of all files and links in a folder.
func files(t *testing.T, folder string) []string {
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

// TestArtifacts_owner: what root writes belongs to whom the workspace belongs to, for the steps that come after.
func TestArtifacts_owner(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	workspace := t.TempDir()
	if err := os.Chown(workspace, 1001, 127); err != nil {
		t.Fatal(err)
	}
	scenario := success(t)
	synctest.Test(t, func(t *testing.T) {
		play{scenario: scenario, inputs: map[string]string{"dbt-artifacts": "manifest.json", "dbt-artifacts-path": "a/b"}, env: map[string]string{"GITHUB_WORKSPACE": workspace}}.run(t)
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
