package action_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestDiscover_dry_run: which run it goes by, and what it does without one.
func TestDiscover_dry_run(t *testing.T) {
	t.Parallel()
	dry := map[string]string{"dry-run": "true"}
	tell(t, []tale{
		{name: "last_success", scenario: "lineage", want: "checked", inputs: dry, check: harmless, says: []string{"told by the job's last one that succeeded, dbt run "}},
		{
			name: "no_run_yet", scenario: "lineage", want: "checked", inputs: dry, rows: []string{}, says: []string{"no run of the job has succeeded yet"},
			change: func(s *sandbox.Scenario) { s.DBT.Jobs[0].OtherRuns = nil },
		},
		{name: "metadata_off", scenario: "lineage", want: "preflight-failed", inputs: dry, change: metadataOff, check: harmless},
		{
			name: "no_artifacts", scenario: "lineage", want: "error", inputs: dry, check: harmless,
			change: func(s *sandbox.Scenario) { s.DBT.ArtifactsRunID = 4711 },
		},
	})
}

// TestDiscover_a_run_made_in_dbt: a run that takes up another one in dbt has fed what both have built, and a dry run goes by
// the run that is named.
func TestDiscover_a_run_made_in_dbt(t *testing.T) {
	t.Parallel()
	scenario, _ := sandbox.Find("lineage")
	scenario = scenario.Faster(1)
	scenario.DBT.Jobs[0].Outcomes = []sandbox.Outcome{{FailedCommand: "dbt build", Nodes: halfBuilt(&scenario)}, {}}
	for _, dry := range []string{"true", "false"} {
		t.Run("dry_run_"+dry, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := sandbox.New(scenario)
				first := play{box: box, inputs: map[string]string{"dbt-retries": "1"}}.run(t)
				before := len(box.Jobs())
				inputs := asked(scenario)
				inputs["dbt-run-id"], inputs["dry-run"] = first.outputs["run-id"], dry
				second := play{box: box, inputs: inputs}.run(t)
				if second.code != 0 || !strings.Contains(second.log, "built 10 relations, and feeds 8 items") {
					t.Errorf("exit code %d\n%s", second.code, second.log)
				}
				if got, want := len(box.Jobs())-before, map[string]int{"true": 0, "false": 6}[dry]; got != want {
					t.Errorf("%d refreshes, want %d", got, want)
				}
			})
		})
	}
}

// TestDiscover_faults: what fails while it is looked for is survived, or ends as an error after what is named was refreshed.
func TestDiscover_faults(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"dbt/get-artifact", "tableau/query-metadata", "tableau/get-datasource"} {
		for _, kind := range sandbox.FaultKinds() {
			for _, times := range []int{1, 0} {
				t.Run(fmt.Sprintf("%s/%s_%d", operation, kind, times), func(t *testing.T) {
					t.Parallel()
					service, name, _ := strings.Cut(operation, "/")
					checkDiscovery(t, sandbox.Fault{Service: service, Operation: name, Kind: kind, Times: times})
				})
			}
		}
	}
}

func checkDiscovery(t *testing.T, fault sandbox.Fault) {
	scenario, _ := sandbox.Find("lineage")
	synctest.Test(t, func(t *testing.T) {
		box := sandbox.New(scenario)
		defer time.AfterFunc(time.Minute, func() { box.AddFault(fault) }).Stop() // dbt is running by then
		inputs := asked(scenario)
		inputs["tableau-workbooks"], inputs["timeout"] = weeklyRevenue, "2h"
		done := play{box: box, inputs: inputs}.run(t)
		refreshed := map[string]int{}
		for _, job := range box.Jobs() {
			if refreshed[job.Target]++; refreshed[job.Target] > 1 {
				t.Errorf("%s was refreshed twice", job.Target)
			}
		}
		result := done.outputs["result"]
		switch {
		case result == "success" && refreshed[weeklyRevenue] == 1:
		case result == "error" && refreshed[weeklyRevenue] == 1 && strings.Contains(done.outputs["message"], "discover"):
		case result == "timed-out" && fault.Times == 0:
		default:
			t.Errorf("result is %s, refreshed were %v\n%s", result, refreshed, done.log)
		}
		if fault.Times == 1 && !fault.Kind.IsRefusal() && (result != "success" || len(refreshed) != 6) {
			t.Errorf("result is %s with %d refreshes after a single fault\n%s", result, len(refreshed), done.log)
		}
		if fault.Times == 0 && len(refreshed) == 6 && fault.Operation != "get-datasource" {
			t.Errorf("the fault did not matter:\n%s", done.log)
		}
		checkSecrets(t, done)
	})
}
