package sandbox

import (
	"maps"
	"slices"
	"time"
)

// Scenario is the world before the action starts, and how it will behave. It is plain data: take one by [Find], change
// what a test is about, pass it to [New]. Durations run on the sandbox's own clock, which starts with New.
type Scenario struct {
	// Name is stable and in lower case, for a command line. Description is one sentence for a person.
	Name, Description string
	// DBT is the dbt account. Its first job is the one that [Sandbox.Inputs] names.
	DBT Account
	// Core are commands of dbt Core that have run before the action, which makes no request to DBT then; see
	// [Sandbox.WriteTargets].
	Core []CoreCommand
	// Tableau is the site. The zero value stands for a step that uses dbt alone.
	Tableau Site
	// Inputs are the action's inputs that the scenario is about, by name; see [Sandbox.FullInputs]. An empty one takes
	// away what [Sandbox.Inputs] has, and {tableau-url} stands for the base URL.
	Inputs map[string]string
}

// Scenarios returns all scenarios, the most telling first. Their names do not change.
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

// Find returns the scenario of that name, or false if there is none.
func Find(name string) (Scenario, bool) {
	for _, scenario := range scenarios() {
		if s := scenario(); s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

// Faster returns a deep copy of s with every duration divided by factor. The demo uses it to end within seconds; a
// factor of 1 is a plain copy.
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
