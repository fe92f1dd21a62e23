package sandbox

import (
	"maps"
	"slices"
	"time"
)

// Scenario is the state of both services before the action starts, and their later behavior. It is plain data: get one
// from [Find], change it for a test, and pass it to [New]. Durations count from the time of New.
type Scenario struct {
	// Name is stable and lowercase, for a command line. Description is one sentence.
	Name, Description string
	// DBT is the dbt account. Its first job is the one in [Sandbox.Inputs].
	DBT Account
	// Core are dbt Core commands that ran before the action, which then makes no request to DBT; see
	// [Sandbox.WriteTargets].
	Core []CoreCommand
	// Tableau is the site. The zero value is for a step that only runs dbt.
	Tableau Site
	// Inputs are the action's inputs that are special in the scenario, by name; see [Sandbox.ScenarioInputs]. An empty one
	// removes an input of [Sandbox.Inputs]. {tableau-url} is replaced by the base URL.
	Inputs map[string]string
}

// Scenarios returns all scenarios, the most typical first. Their names do not change.
func Scenarios() []Scenario {
	var all []Scenario
	for _, scenario := range scenarios() {
		all = append(all, scenario())
	}
	return all
}

func scenarios() []func() Scenario {
	return []func() Scenario{
		successScenario,
		dbtFailsScenario,
		refreshFailsScenario,
		dbtCancelledScenario,
		slowQueueScenario,
		conflictScenario,
		noExtractScenario,
		bridgeScenario,
		manyScenario,
		dbtOnlyScenario,
		dbtScheduleScenario,
		byNameScenario,
		tasksScenario,
		flowsScenario,
		connectedAppScenario,
		dataSourcesFirstScenario,
		lineageScenario,
		exposuresScenario,
		coreScenario,
		cloudScenario,
		unqueryableScenario,
		hostileScenario,
		hostileRunScenario,
	}
}

// Find returns the scenario with the name, or false if there is none.
func Find(name string) (Scenario, bool) {
	for _, scenario := range scenarios() {
		if s := scenario(); s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

// Faster returns a deep copy of s with all durations divided by factor, so that the demo ends within seconds. A factor of
// 1 only copies.
func (s Scenario) Faster(factor int) Scenario {
	by := time.Duration(factor)
	s.DBT = s.DBT.faster(by)
	s.Tableau = s.Tableau.faster(by)
	s.Core = slices.Clone(s.Core)
	for i := range s.Core {
		s.Core[i].Nodes = slices.Clone(s.Core[i].Nodes)
	}
	s.Inputs = maps.Clone(s.Inputs)
	return s
}
