package action_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/sandbox"
)

// scenarioTest is an execution of the whole action, and what is expected of it.
type scenarioTest struct {
	name     string
	scenario string
	change   func(*sandbox.Scenario)
	faults   []sandbox.Fault
	// clearFaultsAfter is when the faults end. Default: never.
	clearFaultsAfter time.Duration
	// inputs are added to those of the scenario.
	inputs map[string]string
	// workspace changes the files that earlier steps have left. Default: no change.
	workspace func(t *testing.T, folder string)
	want      string // of the output result
	// wantTargets are "TYPE NAME: STATUS". Default: any.
	wantTargets []string
	// wantLog are texts that the log must contain, wantNoLog those that it must not.
	wantLog, wantNoLog []string
	// wantRequests are the numbers of requests by operation; other operations may be called any number of times.
	wantRequests map[string]int
	// check asserts the rest. Default: nothing.
	check func(*testing.T, outcome)
}

// siteURL is the URL of the pages of the sandbox's site.
const siteURL = "http://127.0.0.1:8002/#/site/nordlys/"

func runTests(t *testing.T, tests []scenarioTest) {
	t.Helper()
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, ok := sandbox.Find(tc.scenario)
			if !ok {
				t.Fatalf("no scenario %q", tc.scenario)
			}
			if tc.change != nil {
				scenario = scenario.Faster(1)
				tc.change(&scenario)
			}
			synctest.Test(t, func(t *testing.T) {
				inputs := scenarioInputs(scenario)
				maps.Copy(inputs, tc.inputs)
				services := sandbox.New(scenario)
				for _, fault := range tc.faults {
					services.AddFault(fault)
				}
				if tc.clearFaultsAfter > 0 {
					defer time.AfterFunc(tc.clearFaultsAfter, services.ClearFaults).Stop()
				}
				tc.verify(t, execution{services: services, inputs: inputs, workspace: tc.workspace}.run(t))
			})
		})
	}
}

// scenarioInputs returns the inputs that the scenario is about.
func scenarioInputs(s sandbox.Scenario) map[string]string {
	inputs := map[string]string{}
	for name, value := range s.Inputs {
		inputs[name] = strings.ReplaceAll(value, "{tableau-url}", "http://127.0.0.1:8002")
	}
	return inputs
}

func (tc scenarioTest) verify(t *testing.T, done outcome) {
	t.Helper()
	if got := done.outputs["result"]; got != tc.want {
		t.Errorf("result is %s, want %s", got, tc.want)
	}
	if tc.wantTargets != nil {
		if diff := cmp.Diff(tc.wantTargets, targetStatuses(t, done)); diff != "" {
			t.Errorf("targets (-want +got):\n%s", diff)
		}
	}
	for _, text := range tc.wantLog {
		if !strings.Contains(done.log, text) {
			t.Errorf("the log does not contain %q", text)
		}
	}
	for _, text := range tc.wantNoLog {
		if strings.Contains(done.log, text) {
			t.Errorf("the log contains %q", text)
		}
	}
	counts := done.requestCounts()
	for operation, want := range tc.wantRequests {
		if got := counts[operation]; got != want {
			t.Errorf("%d times %s, want %d", got, operation, want)
		}
	}
	if (tc.want == "preflight-failed" || tc.want == "checked") && (len(done.services.Runs()) > 0 || len(done.services.Jobs()) > 0) {
		t.Error("something was started")
	}
	if tc.check != nil {
		tc.check(t, done)
	}
	checkSecrets(t, done)
	if t.Failed() {
		t.Log(done.log, counts)
	}
}

type target struct{ Type, ID, Name, Status, Error string }

func parseTargets(t *testing.T, step outcome) []target {
	t.Helper()
	var all []target
	if err := json.Unmarshal([]byte(step.outputs["refreshes"]), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func targetStatuses(t *testing.T, step outcome) []string {
	t.Helper()
	all := []string{}
	for _, r := range parseTargets(t, step) {
		all = append(all, fmt.Sprintf("%s %s: %s", r.Type, r.Name, r.Status))
	}
	return all
}

// onlyWorkbooks selects only these workbooks.
func onlyWorkbooks(workbooks ...string) map[string]string {
	return map[string]string{"tableau-workbooks": strings.Join(workbooks, "\n"), "tableau-datasources": ""}
}

// withInputs returns a copy of inputs with the given names and values.
func withInputs(inputs map[string]string, pairs ...string) map[string]string {
	all := maps.Clone(inputs)
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return all
}

// The LUIDs of items in the sandbox's scenarios.
const (
	weeklyRevenueLUID  = "6b7179ba-b82b-4f0f-91ed-812074ac5da6"
	marginLUID         = "1f3a9c58-27d4-4be0-8a6e-5d90c7e1b243"
	salesWeeklyLUID    = "84e5d7a1-3c60-4f29-a8b7-d16c20f9e354"
	storeScorecardLUID = "a7b01c9e-52f8-4e36-9d14-7c3f8e60b2d5"
	churnIdeasLUID     = "39d6f2e4-71ab-4c05-b8e3-94a0c57d1f68"
	ordersLUID         = "9dbd2263-16b5-46e1-9c43-a76bb8ab65fb"
	customersLUID      = "e4a6b8c0-d2f4-4617-a839-5b7c9d1e3f50"
)
