package runresult

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/artifact"
	"dbt-tableau-refresh/internal/sandbox"

	"github.com/google/go-cmp/cmp"
)

// TestWriteFile writes everything, or returns an error that states the limit.
func TestWriteFile(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	cases := []struct {
		name string
		size int
		want string // the error
	}{
		{name: "empty"},
		{name: "one_byte", size: 1},
		{name: "limit", size: limit},
		{name: "one_byte_over_the_limit", size: limit + 1, want: "it is larger than 1 MiB, the maximum for a saved artifact"},
		{name: "far_over_the_limit", size: 5 * limit, want: "it is larger than 1 MiB, the maximum for a saved artifact"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root, err := os.OpenRoot(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			text, got := strings.Repeat("x", tc.size), ""
			if err := writeFile(root, "artifact", strings.NewReader(text), limit); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			written, err := root.ReadFile("artifact")
			if err != nil || tc.want == "" && string(written) != text || len(written) > limit+1 {
				t.Errorf("%d bytes were written of %d: %v", len(written), tc.size, err)
			}
		})
	}
}

// TestReader_Save writes complete artifacts of the right step, and nothing outside the workspace.
func TestReader_Save(t *testing.T) {
	t.Parallel()

	const results, manifest = "run_results.json", "manifest.json"
	cases := []struct {
		name      string
		scenario  string // default: success
		folder    string // default: target
		artifacts []string
		fault     sandbox.FaultKind
		late      time.Duration
		// prepare changes the workspace before.
		prepare func(t *testing.T, workspace, outside string)
		// files are in the workspace afterwards.
		files    []string
		warnings []string // how they begin
	}{
		{name: "none"},
		{name: "two", artifacts: []string{results, manifest}, files: []string{"target/manifest.json", "target/run_results.json"}},
		{name: "failed_run", scenario: "dbt-fails", artifacts: []string{results}, files: []string{"target/run_results.json"}},
		{name: "nested_folder", folder: "out/of dbt", artifacts: []string{manifest}, files: []string{"out/of dbt/manifest.json"}},
		{name: "late", late: 12 * time.Second, artifacts: []string{results}, files: []string{"target/run_results.json"}},
		{
			name: "missing", artifacts: []string{"partial_parse.msgpack", manifest}, files: []string{"target/manifest.json"},
			warnings: []string{"failed to save the dbt artifact partial_parse.msgpack: failed to get partial_parse.msgpack of dbt run "},
		},
		{
			name: "replaces_a_file", artifacts: []string{manifest}, files: []string{"target/manifest.json"},
			prepare: func(t *testing.T, workspace, _ string) {
				writeTestFile(t, filepath.Join(workspace, "target/manifest.json"), "old")
			},
		},
		{name: "truncated", artifacts: []string{manifest}, fault: sandbox.CutBody, warnings: []string{"failed to save the dbt artifact manifest.json: "}},
		{
			name: "name_leads_outside", folder: "..", artifacts: []string{manifest},
			warnings: []string{"failed to save the dbt artifact manifest.json: mkdirat ..: path escapes from parent"},
		},
		{
			name: "folder_is_a_link_outside", artifacts: []string{manifest}, files: []string{"target"},
			prepare:  func(t *testing.T, workspace, outside string) { symlink(t, outside, filepath.Join(workspace, "target")) },
			warnings: []string{"failed to save the dbt artifact manifest.json: mkdirat target: "},
		},
		{
			name: "file_is_a_link_outside", artifacts: []string{manifest}, files: []string{"target/other"},
			prepare: func(t *testing.T, workspace, outside string) {
				writeTestFile(t, filepath.Join(workspace, "target/other"), "")
				symlink(t, filepath.Join(outside, "passwd"), filepath.Join(workspace, "target/manifest.json.part"))
			},
			warnings: []string{"failed to save the dbt artifact manifest.json: failed to get manifest.json of dbt run "},
		},
		{
			name: "link_inside_the_workspace", artifacts: []string{manifest}, files: []string{"build/manifest.json", "target"},
			prepare: func(t *testing.T, workspace, _ string) {
				if err := os.Mkdir(filepath.Join(workspace, "build"), 0o755); err != nil {
					t.Fatal(err)
				}
				symlink(t, "build", filepath.Join(workspace, "target"))
			},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.scenario == "" {
				tc.scenario = "success"
			}
			if tc.folder == "" {
				tc.folder = "target"
			}
			workspace, outside := t.TempDir(), t.TempDir()
			if tc.prepare != nil {
				tc.prepare(t, workspace, outside)
			}
			synctest.Test(t, func(t *testing.T) {
				box, client := newSandbox(t, tc.scenario, artifactsAfter(tc.late))
				reader := &Reader{Client: client, Run: runJob(t, client, 0)}
				if tc.fault != "" {
					box.AddFault(sandbox.Fault{Service: "dbt", Operation: "get-artifact", Kind: tc.fault})
				}
				warnings := reader.Save(t.Context(), workspace, tc.folder, tc.artifacts)
				if !slices.EqualFunc(warnings, tc.warnings, strings.HasPrefix) {
					t.Errorf("warnings %q, want %q", warnings, tc.warnings)
				}
			})
			if diff := cmp.Diff(tc.files, testFiles(t, workspace)); diff != "" {
				t.Errorf("files in the workspace (-want +got):\n%s", diff)
			}
			if files := testFiles(t, outside); len(files) > 0 {
				t.Errorf("files outside the workspace: %q", files)
			}
			for _, file := range tc.files {
				checkArtifact(t, filepath.Join(workspace, file))
			}
		})
	}
}

// checkArtifact checks that a file is a complete artifact and, if it has results, that they are not those of dbt docs.
func checkArtifact(t *testing.T, file string) {
	t.Helper()
	if filepath.Ext(file) != ".json" {
		return
	}
	body, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if filepath.Base(file) == resultsFile {
		results, err := artifact.ReadResults(body)
		if err != nil || results.BuildsNothing() || len(results.All) == 0 {
			t.Errorf("%s has %d results: %v", file, len(results.All), err)
		}
	} else if _, err := artifact.ReadManifest(body); err != nil {
		t.Errorf("%s: %v", file, err)
	}
}

func writeTestFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

// testFiles returns the names of all files and links below a folder.
func testFiles(t *testing.T, folder string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(folder, path)
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
