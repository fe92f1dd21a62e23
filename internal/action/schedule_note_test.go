package action_test

import (
	"slices"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestScheduleNote tests the line about items that Tableau also refreshes on its own schedule.
func TestScheduleNote(t *testing.T) {
	t.Parallel()
	const schedule, suspended = "5c4ed01e-0000-4000-8000-0000000000a1", "5c4ed01e-0000-4000-8000-0000000000a2"
	scheduled := func(s *sandbox.Scenario) {
		s.Tableau.Schedules = []sandbox.Schedule{{LUID: schedule, Name: "Mornings"}, {LUID: suspended, Name: "Evenings", Suspended: true}}
		s.Tableau.Tasks = []sandbox.Task{
			{LUID: taskLUID(1), Target: marginLUID, Schedule: schedule},
			{LUID: taskLUID(2), Target: marginLUID, Schedule: schedule, Incremental: true},
			{LUID: taskLUID(3), Target: ordersLUID, Schedule: schedule, Incremental: true},
			{LUID: taskLUID(4), Target: weeklyRevenueLUID, Schedule: suspended},
			{LUID: taskLUID(5), Target: customersLUID},
			{LUID: taskLUID(6), Target: salesWeeklyLUID, Schedule: schedule}, // not selected
			{LUID: taskLUID(7), Target: weeklyRevenueLUID, Schedule: schedule, Hidden: true},
		}
	}
	onCloud := func(s *sandbox.Scenario) {
		s.Tableau.Cloud = true
		scheduled(s)
		s.Tableau.Tasks = slices.Delete(s.Tableau.Tasks, 3, 4) // Tableau Cloud does not return whether a schedule is suspended
	}
	const prefix = "Tableau also refreshes these items on its own schedule"
	note := []string{prefix + `, so they are refreshed twice: "Margin | P&L <EMEA>", "Orders"` + "\n"}
	fault := func(kind sandbox.FaultKind) []sandbox.Fault {
		return []sandbox.Fault{{Service: "tableau", Operation: "list-tasks", Kind: kind}}
	}
	once := map[string]int{"list-tasks": 1}
	tests := []scenarioTest{
		{name: "on_a_server", scenario: "success", change: scheduled, want: "success", wantLog: note, wantRequests: once},
		{name: "on_cloud", scenario: "success", change: onCloud, want: "success", wantLog: note, wantRequests: once},
		{name: "dry_run", scenario: "success", change: scheduled, inputs: map[string]string{"dry-run": "true"}, want: "checked", wantLog: note, wantRequests: once},
		{name: "by_tag", scenario: "success", change: scheduled, inputs: onlyWorkbooks("tag:finance"), want: "success", wantLog: []string{prefix + `, so they are refreshed twice: "Margin`}},
		{
			name: "incremental_by_tasks", scenario: "success", want: "success", inputs: withInputs(onlyWorkbooks(marginLUID), "tableau-incremental", "true"),
			change: func(s *sandbox.Scenario) { scheduled(s); s.Tableau.APIVersion = "3.24" }, wantLog: []string{prefix}, wantRequests: map[string]int{"list-tasks": 1, "run-task": 1},
		},
		{name: "no_schedules", scenario: "success", want: "success", wantNoLog: []string{prefix}, wantRequests: once},
		{name: "only_tasks", scenario: "tasks", want: "success", wantNoLog: []string{prefix}, wantRequests: map[string]int{"list-tasks": 0}},
		{
			name: "connected_app", scenario: "connected-app", change: scheduled, want: "success", wantNoLog: []string{prefix}, wantRequests: map[string]int{"list-tasks": 0, "sign-in": 1},
			check: checkTokens(1, "tableau:content:read", "tableau:tasks:run", "tableau:jobs:read"),
		},
		{
			name: "connected_app_with_the_scope", scenario: "connected-app", change: scheduled, want: "success", wantLog: []string{prefix},
			inputs: map[string]string{"tableau-tasks": taskLUID(6)}, wantRequests: once,
		},
		{
			name: "after_dbt_core", scenario: "dbt-core", change: scheduled, inputs: withInputs(onlyWorkbooks(marginLUID), "tableau-discover", ""), want: "success",
			wantLog: []string{prefix + `, so they are refreshed twice: "Margin`}, wantRequests: once,
		},
		{
			name: "checked_after_dbt", scenario: "success", change: scheduled, inputs: map[string]string{"tableau-preflight": "warn"}, want: "success",
			faults:           []sandbox.Fault{{Service: "tableau", Operation: "server-info", Kind: sandbox.Unavailable}},
			clearFaultsAfter: time.Minute, wantLog: note, wantRequests: once,
		},
		{name: "warned", scenario: "success", change: scheduled, inputs: map[string]string{"tableau-preflight": "warn"}, want: "success", wantLog: note, wantRequests: once},
	}
	for _, kind := range []sandbox.FaultKind{sandbox.Forbidden, sandbox.Unauthorized, sandbox.NotFound, sandbox.BadGateway, sandbox.Hang, sandbox.WebPage, sandbox.Endless, sandbox.Redirect} {
		tests = append(tests, scenarioTest{
			name: string(kind), scenario: "success", change: scheduled, faults: fault(kind), want: "success", wantNoLog: []string{"task", prefix},
			wantRequests: map[string]int{"list-tasks": 1, "sign-in": 1}, check: checkDBTStartedWithin(0),
		})
	}
	runTests(t, tests)
}
