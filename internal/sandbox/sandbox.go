// Package sandbox is dbt Cloud and Tableau as two http.Handlers that keep the rules of the real ones.
//
// The action talks to two services that nobody can have on a laptop or in a test. What makes it hard is how they
// behave over time: runs queue and execute, refreshes wait for one of ten slots, sessions end each other, and an
// answer holds null where one expects a value. A mock knows none of that. The sandbox does, so the same real action
// runs against it in tests under virtual time, in the demo, and in the container end to end.
//
// A [Scenario] is the world as plain data. [New] starts it; everything that happens is computed from the times when
// it is asked for. There are no goroutines and no timers, so it works in a testing/synctest bubble as on a socket.
package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Sandbox is one world in motion. It is safe for concurrent use.
type Sandbox struct {
	scenario Scenario
	recorder recorder
	faults   faultList
	dbt      *dbtCloud
	tableau  *tableauServer
}

// New starts the world of s now. The scenario is copied.
func New(s Scenario) *Sandbox {
	s = s.Faster(1)
	now := time.Now()
	return &Sandbox{scenario: s, dbt: newDBTCloud(s.DBT, now), tableau: newTableauServer(s.Tableau, now)}
}

// DBT answers for the dbt Administrative API v2, mounted at the root of a host.
func (s *Sandbox) DBT() http.Handler { return s.dbt.handler(&s.recorder, &s.faults) }

// Tableau answers for the Tableau REST API, mounted at the root of a host.
func (s *Sandbox) Tableau() http.Handler { return s.tableau.handler(&s.recorder, &s.faults) }

// Inputs returns the plainest of the action's inputs, by name, that make the scenario run against the handlers served at the two base
// URLs. A scenario without a Tableau site has no input of Tableau's.
func (s *Sandbox) Inputs(dbtURL, tableauURL string) map[string]string {
	account, site := s.scenario.DBT, s.scenario.Tableau
	inputs := map[string]string{
		"dbt-url":        dbtURL,
		"dbt-token":      account.Token,
		"dbt-account-id": strconv.FormatInt(account.ID, 10),
		"dbt-job-id":     strconv.FormatInt(account.Jobs[0].ID, 10),
	}
	if site.LUID == "" {
		return inputs
	}
	inputs["tableau-url"] = tableauURL
	inputs["tableau-site"] = site.ContentURL
	inputs["tableau-token-name"] = site.TokenName
	inputs["tableau-token-value"] = site.TokenValue
	inputs["tableau-workbooks"] = selectedLUIDs(site.Workbooks)
	inputs["tableau-datasources"] = selectedLUIDs(site.DataSources)
	return inputs
}

// FullInputs returns the inputs by which a person would get the same done: names, tasks, a connected app, whatever the
// scenario is about.
func (s *Sandbox) ScenarioInputs(dbtURL, tableauURL string) map[string]string {
	inputs := s.Inputs(dbtURL, tableauURL)
	for name, value := range s.scenario.Inputs {
		inputs[name] = strings.ReplaceAll(value, "{tableau-url}", tableauURL)
		if value == "" {
			delete(inputs, name)
		}
	}
	return inputs
}

func selectedLUIDs(items []Item) string {
	var luids []string
	for _, item := range items {
		if item.Selected {
			luids = append(luids, item.LUID)
		}
	}
	return strings.Join(luids, "\n")
}
