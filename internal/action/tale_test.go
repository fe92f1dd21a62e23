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

// tale is a run of the whole action with one thing to see.
type tale struct {
	name     string
	scenario string
	change   func(*sandbox.Scenario)
	faults   []sandbox.Fault
	// mend is when the faults are over; 0 is never.
	mend time.Duration
	// inputs come on top of those that a person would give for the scenario.
	inputs map[string]string
	want   string // the result
	// rows are the targets, as "TYPE NAME: STATUS".
	rows []string
	// says is what the log must hold, and never what it must not.
	says, never []string
	// requests are those of the operations named that are counted.
	requests map[string]int
	// check looks at what is left.
	check func(*testing.T, played)
}

// pages is where the pages of the company's site are.
const pages = "http://127.0.0.1:8002/#/site/nordlys/"

func tell(t *testing.T, tales []tale) {
	t.Helper()
	for _, tc := range tales {
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
				inputs := asked(scenario)
				maps.Copy(inputs, tc.inputs)
				box := sandbox.New(scenario)
				for _, fault := range tc.faults {
					box.AddFault(fault)
				}
				if tc.mend > 0 {
					defer time.AfterFunc(tc.mend, box.ClearFaults).Stop()
				}
				tc.verify(t, play{box: box, inputs: inputs}.run(t))
			})
		})
	}
}

// asked are the inputs by which a person asks for what the scenario is about.
func asked(s sandbox.Scenario) map[string]string {
	inputs := map[string]string{}
	for name, value := range s.Inputs {
		inputs[name] = strings.ReplaceAll(value, "{tableau-url}", "http://127.0.0.1:8002")
	}
	return inputs
}

func (tc tale) verify(t *testing.T, done played) {
	t.Helper()
	if got := done.outputs["result"]; got != tc.want {
		t.Errorf("result is %s, want %s", got, tc.want)
	}
	if tc.rows != nil {
		if diff := cmp.Diff(tc.rows, rows(t, done)); diff != "" {
			t.Errorf("targets (-want +got):\n%s", diff)
		}
	}
	for _, text := range tc.says {
		if !strings.Contains(done.log, text) {
			t.Errorf("the log does not hold %q", text)
		}
	}
	for _, text := range tc.never {
		if strings.Contains(done.log, text) {
			t.Errorf("the log holds %q", text)
		}
	}
	counts := done.operations()
	for operation, want := range tc.requests {
		if got := counts[operation]; got != want {
			t.Errorf("%d times %s, want %d", got, operation, want)
		}
	}
	if (tc.want == "preflight-failed" || tc.want == "checked") && (len(done.box.Runs()) > 0 || len(done.box.Jobs()) > 0) {
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

type row struct{ Type, ID, Name, Status, Error string }

func targets(t *testing.T, done played) []row {
	t.Helper()
	var all []row
	if err := json.Unmarshal([]byte(done.outputs["refreshes"]), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func rows(t *testing.T, done played) []string {
	t.Helper()
	all := []string{}
	for _, r := range targets(t, done) {
		all = append(all, fmt.Sprintf("%s %s: %s", r.Type, r.Name, r.Status))
	}
	return all
}

// only is a selection of these workbooks, and nothing else.
func only(workbooks ...string) map[string]string {
	return map[string]string{"tableau-workbooks": strings.Join(workbooks, "\n"), "tableau-datasources": ""}
}

// with adds an input to others.
func with(inputs map[string]string, pairs ...string) map[string]string {
	all := maps.Clone(inputs)
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return all
}

// The LUIDs of the company's items.
const (
	weeklyRevenue  = "6b7179ba-b82b-4f0f-91ed-812074ac5da6"
	margin         = "1f3a9c58-27d4-4be0-8a6e-5d90c7e1b243"
	salesWeekly    = "84e5d7a1-3c60-4f29-a8b7-d16c20f9e354"
	storeScorecard = "a7b01c9e-52f8-4e36-9d14-7c3f8e60b2d5"
	churnIdeas     = "39d6f2e4-71ab-4c05-b8e3-94a0c57d1f68"
	orders         = "9dbd2263-16b5-46e1-9c43-a76bb8ab65fb"
	customers      = "e4a6b8c0-d2f4-4617-a839-5b7c9d1e3f50"
)
