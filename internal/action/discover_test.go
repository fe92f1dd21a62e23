package action_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestDiscover_dry_run tests which run a dry run uses, and what it does without one.
func TestDiscover_dry_run(t *testing.T) {
	t.Parallel()
	dryRun := map[string]string{"dry-run": "true"}
	runTests(t, []scenarioTest{
		{name: "last_success", scenario: "lineage", want: "checked", inputs: dryRun, check: checkReadOnly, wantLog: []string{"based on the last successful run, dbt run "}},
		{
			name: "no_run_yet", scenario: "lineage", want: "checked", inputs: dryRun, wantTargets: []string{}, wantLog: []string{"no run of the job has succeeded yet"},
			change: func(s *sandbox.Scenario) { s.DBT.Jobs[0].OtherRuns = nil },
		},
		{name: "metadata_off", scenario: "lineage", want: "preflight-failed", inputs: dryRun, change: disableMetadata, check: checkReadOnly},
		{
			name: "no_artifacts", scenario: "lineage", want: "error", inputs: dryRun, check: checkReadOnly,
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsRunID = 4711 },
		},
	})
}

// TestDiscover_existing_run asserts that discovery after a retry includes what the earlier runs built, and that a dry run uses
// dbt-run-id.
func TestDiscover_existing_run(t *testing.T) {
	t.Parallel()
	scenario, _ := sandbox.Find("lineage")
	scenario = scenario.Faster(1)
	scenario.DBT.Jobs[0].Outcomes = []sandbox.Outcome{{FailedCommand: "dbt build", Nodes: nodesWithFailedLast(&scenario)}, {}}
	for _, dry := range []string{"true", "false"} {
		t.Run("dry_run_"+dry, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				services := sandbox.New(scenario)
				first := execution{services: services, inputs: map[string]string{"dbt-retries": "1"}}.run(t)
				before := len(services.Jobs())
				inputs := scenarioInputs(scenario)
				inputs["dbt-run-id"], inputs["dry-run"] = first.outputs["run-id"], dry
				second := execution{services: services, inputs: inputs}.run(t)
				if second.exitCode != 0 || !strings.Contains(second.log, "built 10 relations, and feeds 8 items") {
					t.Errorf("exit code %d\n%s", second.exitCode, second.log)
				}
				if got, want := len(services.Jobs())-before, map[string]int{"true": 0, "false": 6}[dry]; got != want {
					t.Errorf("%d refreshes, want %d", got, want)
				}
			})
		})
	}
}

// TestDiscover_faults asserts that a fault during discovery is either temporary, or ends the step with an error after the listed
// items were refreshed. Streamed artifacts are tested with all kinds of faults, other responses with one kind for each
// class; see TestFaults.
func TestDiscover_faults(t *testing.T) {
	t.Parallel()
	firstOfClass := []sandbox.FaultKind{}
	for _, class := range faultClasses {
		firstOfClass = append(firstOfClass, class[0])
	}
	cases := []struct {
		call  apiCall
		kinds []sandbox.FaultKind
	}{
		{apiCall{"dbt", "get-artifact"}, sandbox.FaultKinds()},
		{apiCall{"tableau", "query-metadata"}, append(slices.Clone(firstOfClass), sandbox.QueryFailure)},
		{apiCall{"tableau", "get-datasource"}, firstOfClass},
	}
	for _, tc := range cases {
		for _, kind := range tc.kinds {
			for _, times := range []int{1, 0} {
				t.Run(fmt.Sprintf("%s/%s_%d", tc.call.operation, kind, times), func(t *testing.T) {
					t.Parallel()
					checkDiscovery(t, sandbox.Fault{Service: tc.call.service, Operation: tc.call.operation, Kind: kind, Times: times})
				})
			}
		}
	}
}

func checkDiscovery(t *testing.T, fault sandbox.Fault) {
	scenario, _ := sandbox.Find("lineage")
	synctest.Test(t, func(t *testing.T) {
		services := sandbox.New(scenario)
		defer time.AfterFunc(time.Minute, func() { services.AddFault(fault) }).Stop() // while dbt is running
		inputs := scenarioInputs(scenario)
		inputs["tableau-workbooks"], inputs["timeout"] = weeklyRevenueLUID, "2h"
		step := execution{services: services, inputs: inputs}.run(t)
		refreshed := map[string]int{}
		for _, job := range services.Jobs() {
			if refreshed[job.Target]++; refreshed[job.Target] > 1 {
				t.Errorf("%s was refreshed twice", job.Target)
			}
		}
		result := step.outputs["result"]
		switch {
		case result == "success" && refreshed[weeklyRevenueLUID] == 1:
		case result == "error" && refreshed[weeklyRevenueLUID] == 1 && strings.Contains(step.outputs["message"], "discover"):
		case result == "timed-out" && fault.Times == 0:
		default:
			t.Errorf("result is %s, refreshed were %v\n%s", result, refreshed, step.log)
		}
		if fault.Times == 1 && !fault.Kind.IsRefusal() && (result != "success" || len(refreshed) != 6) {
			t.Errorf("result is %s with %d refreshes after a single fault\n%s", result, len(refreshed), step.log)
		}
		if fault.Times == 0 && len(refreshed) == 6 && fault.Operation != "get-datasource" && fault.Kind != sandbox.ForbiddenCharacters {
			t.Errorf("the fault had no effect:\n%s", step.log)
		}
		checkSecrets(t, step)
	})
}
