package sandbox

import (
	"regexp"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// scenarioResult is the result of a run and refreshes of all selected items.
type scenarioResult struct {
	Run       string
	Refreshes map[string]int
}

func TestScenarios(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		want scenarioResult
	}{
		{"success", scenarioResult{"Success", map[string]int{"Success": 5}}},
		{"dbt-fails", scenarioResult{"Error", map[string]int{}}},
		{"refresh-fails", scenarioResult{"Success", map[string]int{"Success": 4, "Failed": 1}}},
		{"dbt-cancelled", scenarioResult{"Cancelled", map[string]int{}}},
		{"slow-queue", scenarioResult{"Success", map[string]int{"Success": 5}}},
		{"conflict", scenarioResult{"Success", map[string]int{"Success": 4, "409093": 1}}},
		{"no-extract", scenarioResult{"Success", map[string]int{"Success": 3, "409090": 1}}},
		{"bridge", scenarioResult{"Success", map[string]int{"Success": 5}}},
		{"many", scenarioResult{"Success", map[string]int{"Success": 60}}},
		{"dbt-only", scenarioResult{"Success", map[string]int{}}},
		{"dbt-schedule", scenarioResult{"Success", map[string]int{"Success": 5}}},
		{"by-name", scenarioResult{"Success", map[string]int{"Success": 6}}},
		{"tasks", scenarioResult{"Success", map[string]int{"Success": 5}}},
		{"flows", scenarioResult{"Success", map[string]int{"Success": 5}}},
		{"connected-app", scenarioResult{"Success", map[string]int{"Success": 5}}},
		{"data-sources-first", scenarioResult{"Success", map[string]int{"Success": 3}}},
		{"lineage", scenarioResult{"Success", map[string]int{"Success": 6}}},
		{"exposures", scenarioResult{"Success", map[string]int{"Success": 3}}},
		{"dbt-core", scenarioResult{"Success", map[string]int{"Success": 3}}},
		{"cloud", scenarioResult{"Success", map[string]int{"Success": 5}}},
		{"unqueryable", scenarioResult{"Success", map[string]int{"Success": 5}}},
		{"hostile", scenarioResult{"Success", map[string]int{"Success": 4, "Failed": 1}}},
		{"hostile-run", scenarioResult{"Error", map[string]int{}}},
	}
	var names []string
	for _, tc := range cases {
		names = append(names, tc.name)
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if diff := cmp.Diff(tc.want, runScenario(t, findScenario(t, tc.name))); diff != "" {
					t.Errorf("end (-want +got):\n%s", diff)
				}
			})
		})
	}
	var all []string
	for _, s := range Scenarios() {
		all = append(all, s.Name)
	}
	if diff := cmp.Diff(names, all); diff != "" {
		t.Errorf("scenarios (-want +got):\n%s", diff)
	}
}

func runScenario(t *testing.T, scenario Scenario) scenarioResult {
	t.Helper()
	s := New(scenario)
	c := newDBTClient(t, s)
	id := c.trigger(s).ID
	for c.run(id, "").InProgress {
		time.Sleep(time.Second)
	}
	got := scenarioResult{c.run(id, "").StatusHumanized, map[string]int{}}
	if got.Run != "Success" || scenario.Tableau.LUID == "" {
		return got
	}
	tableau := newTableauClient(t, s)
	for kind, items := range map[string][]Item{"workbooks": scenario.Tableau.Workbooks, "datasources": scenario.Tableau.DataSources} {
		for _, item := range items {
			if !item.Selected {
				continue
			}
			a := tableau.do("POST", "/"+kind+"/"+item.LUID+"/refresh", "<tsRequest/>")
			if code := errorCode(t, a); code != 202 {
				got.Refreshes[strconv.Itoa(code)]++
			}
		}
	}
	time.Sleep(time.Hour)
	for _, j := range s.Jobs() {
		got.Refreshes[j.Status]++
	}
	return got
}

func TestScenarios_Consistency(t *testing.T) {
	t.Parallel()

	luid := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	for _, s := range Scenarios() {
		if s.Description == "" || len(s.DBT.Jobs) == 0 {
			t.Errorf("%s lacks a description or a job", s.Name)
		}
		seen := map[string]bool{}
		luids := []string{}
		for kind, items := range map[string][]Item{"workbook": s.Tableau.Workbooks, "data source": s.Tableau.DataSources} {
			for _, item := range items {
				if url := kind + " " + item.contentURL(); seen[url] {
					t.Errorf("%s: there are two of %s", s.Name, url)
				} else {
					seen[url] = true
				}
			}
		}
		for _, item := range slices.Concat(s.Tableau.Workbooks, s.Tableau.DataSources, s.Tableau.Flows) {
			luids = append(luids, item.LUID)
			for _, source := range item.Reads {
				if !slices.ContainsFunc(s.Tableau.DataSources, func(i Item) bool { return i.LUID == source }) {
					t.Errorf("%s: %s reads %s, which is not a data source", s.Name, item.LUID, source)
				}
			}
		}
		for _, p := range s.Tableau.Projects {
			luids = append(luids, p.LUID)
		}
		for _, task := range s.Tableau.Tasks {
			if !slices.Contains(luids, task.Target) {
				t.Errorf("%s: task %s refreshes %s, which does not exist", s.Name, task.LUID, task.Target)
			}
		}
		for _, id := range luids {
			if !luid.MatchString(id) || seen[id] {
				t.Errorf("%s: %q is not a LUID, or a duplicate", s.Name, id)
			}
			seen[id] = true
		}
	}
}

func TestFaster(t *testing.T) {
	t.Parallel()

	slow := successScenario()
	fast := slow.Faster(10)
	if got, want := fast.DBT.Jobs[0].QueueTime, time.Second; got != want {
		t.Errorf("the queue takes %s, want %s", got, want)
	}
	if got, want := fast.Tableau.Workbooks[0].Duration, 4700*time.Millisecond; got != want {
		t.Errorf("the refresh takes %s, want %s", got, want)
	}
	if diff := cmp.Diff(successScenario(), slow); diff != "" {
		t.Errorf("the original was changed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(slow, slow.Faster(1)); diff != "" {
		t.Errorf("a copy (-want +got):\n%s", diff)
	}
}
