// Package sandbox simulates the dbt platform and Tableau as two http.Handlers that follow the rules of the real services.
//
// It takes a [Scenario] and returns, through the handlers, what the real services would return at that time, and a
// record of all requests. The services are hard to use because of how they behave over time: runs are queued and
// executed, refreshes wait for one of ten slots, sessions end each other, and values are unexpectedly null. The
// sandbox simulates all of that, so the same action runs against it in tests under virtual time, in the demo, and in the
// container end to end.
//
// A [Scenario] is plain data. [New] starts it; everything that happens is computed from the time of each request. The
// package must never start a goroutine or a timer, so that it works in a testing/synctest bubble as well as on a socket;
// only [Sandbox.Serve] and [Sandbox.ServeTLS] start servers. It must never be linked into the action.
package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Sandbox is a running scenario. It is safe for concurrent use.
type Sandbox struct {
	scenario Scenario
	recorder recorder
	faults   faultList
	dbt      *dbtCloud
	tableau  *tableauServer
}

// New starts a copy of the scenario now.
func New(s Scenario) *Sandbox {
	s = s.Faster(1)
	now := time.Now()
	return &Sandbox{scenario: s, dbt: newDBTCloud(s.DBT, now), tableau: newTableauServer(s.Tableau, now.Add(s.Tableau.ClockOffset))}
}

// DBT returns the handler of the dbt Administrative API v2, for the root of a host.
func (s *Sandbox) DBT() http.Handler { return s.dbt.handler(&s.recorder, &s.faults) }

// Tableau returns the handler of the Tableau REST API and the Metadata API, for the root of a host.
func (s *Sandbox) Tableau() http.Handler { return s.tableau.handler(&s.recorder, &s.faults) }

// Inputs returns the action's inputs, by name, for the scenario at the two base URLs. They select items by LUID. Without
// a Tableau site, there are no inputs of Tableau.
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

// ScenarioInputs returns the inputs of the scenario: names, tasks, a connected app, and so on.
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
