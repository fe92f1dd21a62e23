package action_test

import (
	"encoding/json"
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

	"dbt-tableau-refresh/internal/sandbox"
)

// coreArtifacts are the artifacts of one target folder, decoded independently of the action.
type coreArtifacts struct {
	resultsFile, manifestFile string // "" if there is none
	results                   struct {
		Metadata struct {
			GeneratedAt time.Time `json:"generated_at"`
		}
		Results []struct {
			UniqueID     string `json:"unique_id"`
			Status       string
			Message      string
			RelationName string `json:"relation_name"`
		}
		Args struct{ Which string }
	}
	manifest struct {
		Nodes map[string]struct {
			RelationName string `json:"relation_name"`
			Config       struct{ Materialized string }
		}
	}
}

// notJSON matches what Python writes outside of strings.
var notJSON = regexp.MustCompile(`([:\[,] ?)(NaN|-?Infinity)`)

func readCoreArtifacts(t *testing.T, resultsFile, manifestFile string) coreArtifacts {
	t.Helper()
	a := coreArtifacts{resultsFile: resultsFile, manifestFile: manifestFile}
	for file, content := range map[string]any{resultsFile: &a.results, manifestFile: &a.manifest} {
		if file == "" {
			continue
		}
		if err := json.Unmarshal(notJSON.ReplaceAll([]byte(readFile(t, file)), []byte("${1}null")), content); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// wantResult returns the result of a step with lineage that does not wait, according to the contract.
func (a coreArtifacts) wantResult() string {
	if a.resultsFile == "" || a.manifestFile == "" {
		return "preflight-failed"
	}
	for _, r := range a.results.Results {
		if slices.Contains([]string{"error", "fail", "runtime error", "partial success"}, r.Status) || strings.HasPrefix(r.Message, "Skipping due to fail_fast") {
			return "dbt-failed"
		}
	}
	built := len(a.built()) > 0
	switch a.results.Args.Which {
	case "compile", "generate", "list", "show", "run-operation", "parse":
		return "preflight-failed"
	case "test":
		if !built {
			return "preflight-failed"
		}
	}
	if built {
		return "started"
	}
	return "success"
}

// built returns the tables and views that the command built, as the action spells them.
func (a coreArtifacts) built() map[string]bool {
	built := map[string]bool{}
	for _, r := range a.results.Results {
		kind, _, _ := strings.Cut(r.UniqueID, ".")
		isNode := slices.Contains([]string{"model", "seed", "snapshot"}, kind) && slices.Contains([]string{"success", "warn"}, r.Status) && !strings.EqualFold(r.Message, "no-op")
		storesFailures := kind == "test" && r.RelationName != ""
		relation := r.RelationName
		if relation == "" {
			relation = a.manifest.Nodes[r.UniqueID].RelationName
		}
		if (isNode || storesFailures) && relation != "" {
			built[plainRelation(relation)] = true
		}
	}
	return built
}

// locations returns all tables and views in the artifacts, and whether each is a view.
func (a coreArtifacts) locations() map[string]bool {
	isView := map[string]bool{}
	for _, r := range a.results.Results {
		if r.RelationName != "" {
			isView[plainRelation(r.RelationName)] = false
		}
	}
	for _, n := range a.manifest.Nodes {
		if n.RelationName != "" {
			isView[plainRelation(n.RelationName)] = n.Config.Materialized == "view"
		}
	}
	return isView
}

func plainRelation(quoted string) string {
	return strings.NewReplacer(`"`, "", "`", "").Replace(quoted)
}

// checkCoreArtifacts runs the step after commands of dbt Core. Each table or view has a workbook that uses it.
func checkCoreArtifacts(t *testing.T, want string, folders ...coreArtifacts) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		built, locations := map[string]bool{}, map[string]bool{}
		for _, a := range folders {
			maps.Copy(built, a.built())
			maps.Copy(locations, a.locations())
			time.Sleep(max(0, time.Until(a.results.Metadata.GeneratedAt.Add(time.Minute))))
		}
		scenario, _ := sandbox.Find("dbt-core")
		scenario.Core, scenario.Tableau.Workbooks, scenario.Tableau.DataSources = nil, nil, nil
		for i, relation := range slices.Sorted(maps.Keys(locations)) {
			parts := strings.Split(relation, ".")
			for len(parts) < 3 {
				parts = append([]string{""}, parts...)
			}
			scenario.Tableau.Workbooks = append(scenario.Tableau.Workbooks, sandbox.Item{
				LUID: fmt.Sprintf("6b7179ba-b82b-4f0f-91ed-%012d", i+1), Name: relation, Number: 1000 + i, Project: scenario.Tableau.Projects[0].LUID, Duration: time.Second,
				Tables: []sandbox.Table{{Database: parts[0], Schema: parts[1], Name: parts[2]}},
			})
		}
		inputs := scenarioInputs(scenario)
		maps.Copy(inputs, map[string]string{"dbt-target-path": "target/*", "tableau-discover": "lineage", "tableau-wait": "false"})
		step := execution{scenario: scenario, inputs: inputs, workspace: func(t *testing.T, folder string) {
			t.Helper()
			for i, a := range folders {
				for name, source := range map[string]string{"run_results.json": a.resultsFile, "manifest.json": a.manifestFile} {
					if source != "" {
						writeFile(t, filepath.Join(folder, "target", fmt.Sprint(i), name), readFile(t, source))
					}
				}
			}
		}}.run(t)
		if got := step.outputs["result"]; got != want {
			t.Errorf("result is %s, want %s", got, want)
		}
		got := map[string]bool{}
		for _, row := range parseTargets(t, step) {
			got[row.Name] = true
			if !built[row.Name] && !locations[row.Name] {
				t.Errorf("%s was refreshed, but is neither built nor a view", row.Name)
			}
		}
		for relation := range built {
			if want == "started" && !got[relation] {
				t.Errorf("%s was built, but not refreshed", relation)
			}
		}
		if t.Failed() {
			t.Log(step.log)
		}
	})
}

func fixtures(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("FIXTURES")
	if folder == "" {
		t.Skip("FIXTURES is not set to a folder with recorded responses")
	}
	return filepath.Join(folder, "dbt")
}

// situation is a command of dbt Core that was recorded.
type situation struct {
	Command  string
	ExitCode int `json:"exit_code"`
	// Written is whether it wrote a file (true), left that of the previous command (false), or there is none (null).
	Written map[string]*bool
}

// TestTargetPath_core_fixtures runs the step after each recorded situation of dbt Core.
func TestTargetPath_core_fixtures(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1.7", "1.9", "1.11"} {
		folder := filepath.Join(fixtures(t), "core", version)
		var situations map[string]situation
		if err := json.Unmarshal([]byte(readFile(t, filepath.Join(folder, "situations.json"))), &situations); err != nil {
			t.Fatal(err)
		}
		if len(situations) != 31 {
			t.Errorf("%d situations of dbt %s, want 31", len(situations), version)
		}
		file := func(name, artifact string) string {
			switch written := situations[name].Written[artifact]; {
			case written == nil:
				return ""
			case !*written:
				name = "build" // the previous command in the same folder
			}
			return filepath.Join(folder, name, artifact)
		}
		artifacts := func(t *testing.T, name string) coreArtifacts {
			t.Helper()
			return readCoreArtifacts(t, file(name, "run_results.json"), file(name, "manifest.json"))
		}
		for name, s := range situations {
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel()
				a := artifacts(t, name)
				want := a.wantResult()
				written := s.Written["run_results.json"]
				traceless := written == nil || !*written || name == "interrupted" || name == "hook_failed" && version == "1.7"
				if (want == "dbt-failed") != (s.ExitCode != 0) && !traceless {
					t.Errorf("the contract requires %s, but dbt exited with %d", want, s.ExitCode)
				}
				if want == "preflight-failed" && a.resultsFile == "" {
					a.manifestFile = "" // a pattern matches only folders with results
				}
				checkCoreArtifacts(t, want, a)
			})
		}
		for name, commands := range map[string][]string{
			"retry_in_its_own_folder": {"build_failed", "retry"}, "two_clients": {"run_client_acme", "run_client_globex"}, "build_then_docs": {"build", "docs_generate"},
			"build_then_test": {"build", "test"}, "build_then_retry_with_nothing_left": {"build", "retry_nothing_left"},
		} {
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel()
				var folders []coreArtifacts
				for _, command := range commands {
					folders = append(folders, artifacts(t, command))
				}
				if strings.HasPrefix(commands[1], "docs") { // it builds nothing
					folders[1].results.Results = nil
				}
				checkCoreArtifacts(t, "started", folders...)
			})
		}
	}
}

// TestTargetPath_artifact_fixtures reads artifacts of several versions of dbt.
func TestTargetPath_artifact_fixtures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ results, manifest, want string }{
		"1.7": {"run_results_v5.json", "manifest_v11_1.7.json", "started"}, "1.9": {"run_results_v6.json", "manifest_v12_1.9.json", "started"},
		"1.12_docs": {"run_results_v6_1.12.json", "manifest_v12_1.12.json", "preflight-failed"}, "2.0": {"run_results_v6_fusion_2.0.0_synthetic.json", "manifest_v12_1.12.json", "started"},
		"2.0.4_without_args": {"run_results_v6_2.0.4_compat_synthetic.json", "manifest_v12_1.12.json", "started"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join(fixtures(t), "artifacts")
			checkCoreArtifacts(t, tc.want, readCoreArtifacts(t, filepath.Join(folder, tc.results), filepath.Join(folder, tc.manifest)))
		})
	}
}
