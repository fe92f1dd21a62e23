package action_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

const (
	resultsPath  = "target/run_results.json"
	manifestPath = "target/manifest.json"
)

// replaceInFile replaces texts, given in pairs, in a file of the workspace.
func replaceInFile(name string, pairs ...string) func(*testing.T, string) {
	return func(t *testing.T, folder string) {
		t.Helper()
		before := readFile(t, filepath.Join(folder, name))
		after := strings.NewReplacer(pairs...).Replace(before)
		if before == after {
			t.Fatalf("%s does not contain %q", name, pairs)
		}
		writeFile(t, filepath.Join(folder, name), after)
	}
}

// inFolder returns a change of the workspace by functions of package os, whose paths are relative to it.
func inFolder(change func(path func(string) string) error) func(*testing.T, string) {
	return func(t *testing.T, folder string) {
		t.Helper()
		if err := change(func(name string) string { return filepath.Join(folder, name) }); err != nil {
			t.Fatal(err)
		}
	}
}

// insteadOf deletes a file of the workspace, and calls create with its path.
func insteadOf(name string, create func(path string) error) func(*testing.T, string) {
	return inFolder(func(path func(string) string) error {
		if err := os.Remove(path(name)); err != nil {
			return err
		}
		return create(path(name))
	})
}

func content(name, text string) func(*testing.T, string) {
	return insteadOf(name, func(path string) error { return os.WriteFile(path, []byte(text), 0o600) })
}

func linkTo(target string) func(string) error {
	return func(path string) error { return os.Symlink(target, path) }
}

// TestTargetPath_unusable_files asserts that an unusable file ends the step before any request, and that the error contains its name
// and the fix.
func TestTargetPath_unusable_files(t *testing.T) {
	t.Parallel()
	folder := func(path string) error { return os.Mkdir(path, 0o700) }
	pipe := func(path string) error { return syscall.Mkfifo(path, 0o600) }
	const again, before, keep = `dbt-target-path: run \"dbt build\" again`, `run \"dbt build\" before this step`, `keep manifest.json, which tableau-discover requires (results of \"dbt build\" from 1m10s ago)`
	cases := []struct {
		name      string
		workspace func(*testing.T, string)
		inputs    map[string]string
		want      []string
	}{
		{name: "no_folder", inputs: map[string]string{"dbt-target-path": "transform/target"}, want: []string{before, `\"transform/target/run_results.json\" can't be opened inside the workspace: no such file`}},
		{name: "no_results", workspace: insteadOf(resultsPath, func(string) error { return nil }), want: []string{before, `\"target/run_results.json\" can't be opened inside the workspace: no such file`}},
		{name: "no_manifest", workspace: insteadOf(manifestPath, func(string) error { return nil }), want: []string{again, keep, `\"target/manifest.json\" can't be opened inside the workspace: no such file`}},
		{name: "file_as_a_folder", inputs: map[string]string{"dbt-target-path": manifestPath}, want: []string{`\"target/manifest.json/run_results.json\" can't be opened inside the workspace: `}},
		{name: "folder_as_results", workspace: insteadOf(resultsPath, folder), want: []string{`\"target/run_results.json\" is not a regular file`}},
		{name: "folder_as_a_manifest", workspace: insteadOf(manifestPath, folder), want: []string{keep, `\"target/manifest.json\" is not a regular file`}},
		{name: "pipe", workspace: insteadOf(resultsPath, pipe), want: []string{`\"target/run_results.json\" is not a regular file`}},
		{name: "pipe_as_a_manifest", workspace: insteadOf(manifestPath, pipe), want: []string{`\"target/manifest.json\" is not a regular file`}},
		{name: "link_to_a_device", workspace: insteadOf(resultsPath, linkTo("/dev/zero")), want: []string{`\"target/run_results.json\" can't be opened inside the workspace: path escapes`}},
		{name: "link_out_of_the_workspace", workspace: insteadOf(resultsPath, linkTo("../../other/run_results.json")), want: []string{`\"target/run_results.json\" can't be opened inside the workspace: path escapes`}},
		{name: "manifest_outside_the_workspace_by_a_link", workspace: insteadOf(manifestPath, linkTo("/etc/passwd")), want: []string{`\"target/manifest.json\" can't be opened inside the workspace: path escapes`}},
		{
			name: "folder_outside_the_workspace_by_a_link", inputs: map[string]string{"dbt-target-path": "link"}, want: []string{`\"link/run_results.json\" can't be opened inside the workspace: path escapes`},
			workspace: inFolder(func(path func(string) string) error { return os.Symlink("/tmp", path("link")) }),
		},
		{
			name: "matched_folder_outside_the_workspace_by_a_link", inputs: map[string]string{"dbt-target-path": "t*"}, want: []string{`\"tmp/run_results.json\" can't be opened inside the workspace: path escapes`},
			workspace: inFolder(func(path func(string) string) error { return os.Symlink("/tmp", path("tmp")) }),
		},
		{name: "dangling_link", workspace: insteadOf(resultsPath, linkTo("nowhere")), want: []string{`\"target/run_results.json\" can't be opened inside the workspace: no such file`}},
		{name: "link_to_itself", workspace: insteadOf(resultsPath, linkTo("run_results.json")), want: []string{`\"target/run_results.json\" can't be opened inside the workspace: `}},
		{name: "pattern_without_a_match", inputs: map[string]string{"dbt-target-path": "target/*"}, want: []string{before, "correct the pattern", `No folder that matches \"target/*\" contains run_results.json`}},
		{name: "empty", workspace: content(resultsPath, ""), want: []string{`\"target/run_results.json\" can't be used: it is empty`}},
		{name: "cut_off", workspace: content(resultsPath, `{"metadata": {`), want: []string{`\"target/run_results.json\" can't be used`}},
		{name: "web_page", workspace: content(resultsPath, "<html>"), want: []string{`\"target/run_results.json\" can't be used`}},
		{name: "manifest_as_results", workspace: content(resultsPath, `{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"}, "results": []}`), want: []string{`\"target/run_results.json\" can't be used`, "it has the schema of another artifact"}},
		{name: "cut_off_manifest", workspace: content(manifestPath, `{"metadata": {`), want: []string{again, keep, `\"target/manifest.json\" can't be used`}},
		{name: "no_time", workspace: replaceInFile(resultsPath, `"generated_at"`, `"generated"`), want: []string{again, `\"target/run_results.json\" has no metadata.generated_at, so its age is unknown (results of \"dbt build\")`}},
		{name: "not_a_time", workspace: replaceInFile(resultsPath, `"generated_at":"`, `"generated_at":"x`), want: []string{again, "its age is unknown"}},
		{name: "too_old", inputs: map[string]string{"dbt-max-age": "1m"}, want: []string{again, "or raise dbt-max-age (1m)", `\"target/run_results.json\" is older (results of \"dbt build\" from 1m10s ago)`}},
	}
	var tests []scenarioTest
	for _, tc := range cases {
		want := []string{"dbt-target-path: "}
		for _, text := range tc.want {
			want = append(want, strings.ReplaceAll(text, `\"`, `"`))
		}
		tests = append(tests, scenarioTest{name: tc.name, scenario: "dbt-core", want: "preflight-failed", workspace: tc.workspace, inputs: tc.inputs, wantLog: want, check: checkNoRequest})
	}
	runTests(t, tests)
}

// TestTargetPath_usable_files tests unusual files that are accepted.
func TestTargetPath_usable_files(t *testing.T) {
	t.Parallel()
	links := inFolder(func(path func(string) string) error {
		for name, target := range map[string]string{"current": "target", "results": "target/run_results.json", "a/latest": "../target"} {
			if err := os.MkdirAll(filepath.Dir(path(name)), 0o700); err != nil {
				return err
			}
			if err := os.Symlink(target, path(name)); err != nil {
				return err
			}
		}
		return os.Mkdir(path("empty"), 0o700)
	})
	runTests(t, []scenarioTest{
		{name: "linked_folder", scenario: "dbt-core", want: "success", workspace: links, inputs: map[string]string{"dbt-target-path": "a/latest"}, wantTargets: coreTargets},
		{
			name: "linked_file", scenario: "dbt-core", want: "success", wantTargets: coreTargets,
			workspace: inFolder(func(path func(string) string) error {
				if err := os.Rename(path(resultsPath), path("results.json")); err != nil {
					return err
				}
				return os.Symlink("../results.json", path(resultsPath))
			}),
		},
		{
			// A folder that several entries match is read once, and folders without results are skipped.
			name: "same_folder_by_several_entries", scenario: "dbt-core", want: "success", workspace: links, inputs: map[string]string{"dbt-target-path": "[et]*\ntarget/\n./t?rget"}, wantTargets: coreTargets,
			check: func(t *testing.T, step outcome) {
				t.Helper()
				if got := strings.Count(step.log, `"dbt build" (target "prod") in `); got != 1 {
					t.Errorf("the log has %d commands, want 1", got)
				}
			},
		},
		{
			name: "workspace_itself", scenario: "dbt-core", want: "success", inputs: map[string]string{"dbt-target-path": "."}, wantTargets: coreTargets,
			change: func(s *sandbox.Scenario) { s.Core[0].Folder = "." },
		},
		{name: "no_manifest_without_discovery", scenario: "dbt-core", want: "success", inputs: onlyRevenue(), workspace: insteadOf(manifestPath, func(string) error { return nil })},
		{name: "older_than_the_default", scenario: "dbt-core", want: "success", inputs: withInputs(onlyRevenue(), "dbt-max-age", "8h"), change: func(s *sandbox.Scenario) { s.Core[0].EndedAgo = 7 * time.Hour }},
		{name: "from_a_clock_that_is_ahead", scenario: "dbt-core", want: "success", inputs: onlyRevenue(), change: func(s *sandbox.Scenario) { s.Core[0].EndedAgo = -time.Minute }, wantLog: []string{`in "target", 0s ago`}},
	})
}

// TestTargetPath_precedence asserts that unusable files take precedence over failed results, and that all of them are reported.
func TestTargetPath_precedence(t *testing.T) {
	t.Parallel()
	failed := withStatus("model.nordlys.fct_orders", "error", "no such table")
	missing := map[string]string{"dbt-target-path": "missing\ntarget\nother/*"}
	want := []string{`"missing/run_results.json" can't be opened`, `No folder that matches "other/*"`, "2 checks failed", "what failed in dbt"}
	checkStatus := func(t *testing.T, step outcome) {
		t.Helper()
		checkNoRequest(t, step)
		if got, ok := step.outputs["run-status"]; ok {
			t.Errorf("run-status is %s, although results are missing", got)
		}
		if got := step.outputs["run-id"]; got == "" {
			t.Error("run-id is not set, although results were read")
		}
	}
	runTests(t, []scenarioTest{
		{name: "missing_and_failed", scenario: "dbt-core", want: "preflight-failed", change: failed, inputs: missing, wantLog: want, check: checkStatus},
		{name: "dry_run", scenario: "dbt-core", want: "preflight-failed", change: failed, inputs: withInputs(missing, "dry-run", "true"), wantLog: want, check: checkStatus},
		{
			name: "too_old_and_failed", scenario: "dbt-core", want: "preflight-failed", inputs: map[string]string{"dbt-max-age": "1m"}, change: failed, wantLog: []string{"is older"},
			check: func(t *testing.T, step outcome) {
				t.Helper()
				if got := step.outputs["run-status"]; got != "error" {
					t.Errorf("run-status is %s, want error", got)
				}
			},
		},
		{name: "failed_and_no_such_workbook", scenario: "dbt-core", want: "dbt-failed", change: failed, inputs: withInputs(onlyRevenue(), "tableau-workbooks", "No such workbook"), check: checkNoRequest},
	})
}
