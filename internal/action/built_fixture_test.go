package action_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// platformRunID is the ID of the first run of a job without earlier runs.
const platformRunID = "70471801200113"

// recordedStep is a step of a job whose artifacts dbt Core wrote, decoded independently of the action.
type recordedStep struct {
	command   string
	exitCode  int
	artifacts map[string][]byte
	results   struct {
		Metadata struct{ Env map[string]string }
		Args     struct{ Which string }
		Results  []recordedResult
	}
	manifest struct {
		Nodes     map[string]recordedNode
		Exposures map[string]recordedNode
		ParentMap map[string][]string `json:"parent_map"`
		ChildMap  map[string][]string `json:"child_map"`
	}
}

type recordedResult struct {
	UniqueID     string `json:"unique_id"`
	Status       string
	Message      string
	RelationName string `json:"relation_name"`
}

type recordedNode struct {
	RelationName string `json:"relation_name"`
	Config       struct{ Materialized string }
	Meta         struct{ Tableau struct{ Workbook string } }
}

// effect returns how the contract classifies a result: "built", "unchanged", or "".
func (r recordedResult) effect() string {
	kind, _, _ := strings.Cut(r.UniqueID, ".")
	message, _, _ := strings.Cut(strings.ToLower(r.Message), "(")
	switch {
	case kind == "test" && r.RelationName != "" && slices.Contains([]string{"pass", "warn", "fail"}, r.Status):
		return "built"
	case kind != "model" && kind != "seed" && kind != "snapshot", slices.Contains([]string{"error", "fail", "runtime error", "partial success", "skipped"}, r.Status):
		return ""
	case r.Status == "no-op", r.Status == "success" && strings.TrimSpace(message) == "no-op", r.Status == "reused" && !strings.HasPrefix(message, "cloned"):
		return "unchanged"
	}
	return "built"
}

// readRecordedStep reads what dbt Core wrote in a recorded situation, as if dbt had run on the platform.
func readRecordedStep(t *testing.T, folder, name string, s situation) recordedStep {
	t.Helper()
	step := recordedStep{command: s.Command, exitCode: s.ExitCode, artifacts: map[string][]byte{}}
	for file, content := range map[string]any{"run_results.json": &step.results, "manifest.json": &step.manifest} {
		if written := s.Written[file]; written == nil || !*written {
			continue
		}
		text := strings.ReplaceAll(readFile(t, filepath.Join(folder, name, file)), `"DBT_CLOUD_RUN_ID": "200"`, `"DBT_CLOUD_RUN_ID": "`+platformRunID+`"`)
		step.artifacts[file] = []byte(text)
		if err := json.Unmarshal(notJSON.ReplaceAll([]byte(text), []byte("${1}null")), content); err != nil {
			t.Fatal(err)
		}
	}
	return step
}

// buildsNothing reports whether the results are of a command that only compiles.
func (s recordedStep) buildsNothing() bool {
	return slices.Contains([]string{"compile", "generate", "show", "list", "parse"}, s.results.Args.Which)
}

// downstream returns the nodes that the given one reaches through nodes for which follow is true.
func (s recordedStep) downstream(id string, follow func(recordedNode) bool) []string {
	var found []string
	for _, child := range s.manifest.ChildMap[id] {
		if node, ok := s.manifest.Nodes[child]; ok && follow(node) {
			found = append(append(found, child), s.downstream(child, follow)...)
		}
	}
	return found
}

// upstream returns everything that a node depends on.
func (s recordedStep) upstream(id string) []string {
	var found []string
	for _, parent := range s.manifest.ParentMap[id] {
		found = append(append(found, parent), s.upstream(parent)...)
	}
	return found
}

// recordedJob are the steps of a job.
type recordedJob struct {
	steps []recordedStep
	// retry is the step that retries the last one; nil if it is not retried.
	retry     *recordedStep
	unchanged bool
}

func (j recordedJob) all() []recordedStep {
	if j.retry != nil {
		return append(slices.Clone(j.steps), *j.retry)
	}
	return j.steps
}

// locations returns the tables and views with the effects, each with the IDs of its nodes.
func (j recordedJob) locations(effects ...string) map[string][]string {
	found := map[string][]string{}
	add := func(relation, id string) {
		if relation = plainRelation(relation); relation != "" {
			found[relation] = append(found[relation], id)
		}
	}
	all := j.all()
	last := all[len(all)-1]
	for _, step := range all {
		if step.manifest.Nodes == nil {
			step.manifest = last.manifest
		}
		for _, r := range step.results.Results {
			if step.buildsNothing() || !slices.Contains(effects, r.effect()) {
				continue
			}
			relation := r.RelationName
			if relation == "" {
				relation = step.manifest.Nodes[r.UniqueID].RelationName
			}
			add(relation, r.UniqueID)
			for _, id := range step.downstream(r.UniqueID, func(n recordedNode) bool {
				return n.Config.Materialized == "view" || n.Config.Materialized == "ephemeral"
			}) {
				if node := step.manifest.Nodes[id]; node.Config.Materialized == "view" {
					add(node.RelationName, id)
				}
			}
		}
	}
	return found
}

// want returns the result of the action, the workbooks that it has to refresh, and the tables that have to be in the summary.
func (j recordedJob) want() (result string, workbooks map[string]bool, tables []string) {
	for _, step := range j.all() {
		run := step.results.Metadata.Env["DBT_CLOUD_RUN_ID"]
		switch {
		case step.exitCode != 0 && j.retry == nil:
			return "dbt-failed", nil, nil
		case step.artifacts["run_results.json"] == nil && step.builds(), run != "" && run != platformRunID:
			return "error", nil, nil
		}
	}
	effects := []string{"built"}
	if j.unchanged {
		effects = append(effects, "unchanged")
	}
	locations := j.locations(effects...)
	workbooks = map[string]bool{}
	built := map[string]bool{}
	for relation, ids := range locations {
		workbooks[relation] = true
		for _, id := range ids {
			built[id] = true
		}
	}
	for _, step := range j.all() {
		for id, exposure := range step.manifest.Exposures {
			if exposure.Meta.Tableau.Workbook != "" && slices.ContainsFunc(step.upstream(id), func(id string) bool { return built[id] }) {
				workbooks["Revenue"] = true
			}
		}
	}
	return "success", workbooks, slices.Collect(maps.Keys(locations))
}

// builds reports whether the command builds something, so that it has to have results.
func (s recordedStep) builds() bool {
	words := strings.Fields(s.command)
	return slices.ContainsFunc(words, func(word string) bool {
		return slices.Contains([]string{"build", "run", "seed", "snapshot", "clone", "retry"}, word)
	})
}

// scenario returns the job in the sandbox, with a workbook for each table and view, and one for the exposure.
func (j recordedJob) scenario() sandbox.Scenario {
	scenario, _ := sandbox.Find("lineage")
	s := scenario.Faster(1)
	job := &s.DBT.Jobs[0]
	job.QueueTime, job.PrepareTime, job.Setup, job.Steps, job.UnselectedNodes, job.OtherRuns = 0, 0, nil, nil, nil, nil
	for _, step := range j.steps {
		job.Steps = append(job.Steps, sandbox.Step{Command: step.command, Duration: time.Second, Artifacts: step.artifacts})
	}
	last := j.steps[len(j.steps)-1]
	if last.exitCode != 0 {
		// The sandbox retries only a run with results. These are not served, because there are recorded ones.
		nodes := []sandbox.Node{{UniqueID: "model.shop.orders", Status: "error"}}
		job.Outcomes = []sandbox.Outcome{{FailedCommand: last.command, Nodes: nodes, Artifacts: last.artifacts}, {}}
	}
	if j.retry != nil {
		job.Steps[len(job.Steps)-1].Artifacts = j.retry.artifacts
	}
	s.Tableau.DataSources, s.Tableau.Workbooks = nil, []sandbox.Item{{
		LUID: "6b7179ba-b82b-4f0f-91ed-000000000000", Name: "Revenue", Number: 4711, Project: s.Tableau.Projects[1].LUID, Duration: time.Second,
	}}
	relations := map[string]bool{}
	for _, step := range j.all() {
		for _, r := range step.results.Results {
			relations[plainRelation(r.RelationName)] = true
		}
		for _, n := range step.manifest.Nodes {
			relations[plainRelation(n.RelationName)] = true
		}
	}
	for i, relation := range slices.Sorted(maps.Keys(relations)) {
		if parts := strings.Split(relation, "."); len(parts) == 3 {
			s.Tableau.Workbooks = append(s.Tableau.Workbooks, sandbox.Item{
				LUID: fmt.Sprintf("6b7179ba-b82b-4f0f-91ed-%012d", i+1), Name: relation, Number: 5000 + i, Project: s.Tableau.Projects[0].LUID, Duration: time.Second,
				Tables: []sandbox.Table{{Database: parts[0], Schema: parts[1], Name: parts[2]}},
			})
		}
	}
	return s
}

// check runs the job on the platform, with both ways of discovery.
func (j recordedJob) check(t *testing.T) {
	t.Helper()
	result, workbooks, tables := j.want()
	scenario := j.scenario()
	inputs := scenarioInputs(scenario)
	maps.Copy(inputs, map[string]string{"tableau-discover": "exposures, lineage", "dbt-retries": "1"})
	if j.retry == nil {
		inputs["dbt-retries"] = "0"
	}
	if j.unchanged {
		inputs["tableau-discover"] = "exposures, lineage, unchanged"
	}
	synctest.Test(t, func(t *testing.T) {
		step := execution{scenario: scenario, inputs: inputs}.run(t)
		if got := step.outputs["result"]; got != result {
			t.Errorf("result is %s, want %s", got, result)
		}
		refreshed := map[string]bool{}
		for _, r := range parseTargets(t, step) {
			refreshed[r.Name] = refreshed[r.Name] || r.Status == "success"
		}
		if !maps.Equal(refreshed, workbooks) {
			t.Errorf("refreshed %v, want %v", refreshed, workbooks)
		}
		summary := strings.ReplaceAll(step.summary, `\`, "")
		for _, table := range tables {
			if !strings.Contains(summary, table) {
				t.Errorf("the summary does not contain %s", table)
			}
		}
		if note := "are never refreshed: nothing_depends"; result == "success" && j.all()[0].builds() && !strings.Contains(step.log, note) {
			t.Errorf("the log does not contain %q", note)
		}
		if t.Failed() {
			t.Log(step.log, step.summary)
		}
	})
}

// TestBuilt_core_fixtures runs each situation in which dbt Core was recorded as a job on the platform.
func TestBuilt_core_fixtures(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1.7", "1.9", "1.11"} {
		folder := filepath.Join(fixtures(t), "core", version)
		var situations map[string]situation
		if err := json.Unmarshal([]byte(readFile(t, filepath.Join(folder, "situations.json"))), &situations); err != nil {
			t.Fatal(err)
		}
		job := func(t *testing.T, names ...string) (j recordedJob) {
			t.Helper()
			for _, name := range names {
				j.steps = append(j.steps, readRecordedStep(t, folder, name, situations[name]))
			}
			return j
		}
		for name := range situations {
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel()
				job(t, name).check(t)
			})
		}
		for name, steps := range map[string][]string{
			"other_target_afterwards": {"build_run_200_partial_parsing", "compile_other_target_run_200", "docs_other_target_run_200"},
			"two_clients":             {"run_client_acme", "run_client_globex"}, "seed_run_test": {"seed", "run_client_acme", "test_store_failures"}, "clone_to_another_target": {"seed", "clone"},
		} {
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel()
				job(t, steps...).check(t)
			})
		}
		for _, name := range []string{"clone", "clone_again"} {
			t.Run(version+"/"+name+"_with_unchanged", func(t *testing.T) {
				t.Parallel()
				j := job(t, name)
				j.unchanged = true
				j.check(t)
			})
		}
		t.Run(version+"/retried", func(t *testing.T) {
			t.Parallel()
			j := job(t, "build_failed")
			j.retry = new(readRecordedStep(t, folder, "retry", situations["retry"]))
			j.check(t)
		})
	}
}
