package action_test

import (
	"fmt"
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

// taskLUID returns the LUID of a task.
func taskLUID(n int) string { return fmt.Sprintf("7a5c0000-0000-4000-8000-%012d", n) }

// onlyTasks selects only tasks and schedules.
func onlyTasks(tasks, schedules string) map[string]string {
	return map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-tasks": tasks, "tableau-schedules": schedules}
}

// TestTasks tests extract refresh tasks, selected by their IDs and by their schedules.
func TestTasks(t *testing.T) {
	t.Parallel()
	const schedule = "5c4ed01e-0000-4000-8000-00000000000"
	runTests(t, []scenarioTest{
		{
			name: "by_id_and_by_schedule", scenario: "tasks", want: "success",
			wantTargets: []string{
				"task Kundenstammdaten – täglich: success", "task task " + taskLUID(5) + ": success",
				"task Weekly revenue: success", "task Margin | P&L <EMEA>: success", "task Orders: success",
			},
			wantLog:      []string{`schedule "Weekday mornings" has 3 extract refresh tasks`},
			wantRequests: map[string]int{"get-task": 2, "list-tasks": 0, "list-schedules": 1, "list-schedule-extracts": 1, "run-task": 5, "refresh-workbook": 0, "refresh-datasource": 0},
			check: func(t *testing.T, step outcome) {
				for _, job := range step.services.Jobs() {
					if job.Task == "" {
						t.Errorf("%s was refreshed without its task", job.Target)
					}
				}
			},
		},
		{
			name: "many_ids_share_a_list", scenario: "tasks", want: "success", change: addTasks(30), inputs: onlyTasks(taskIDs(100, 30), ""),
			wantRequests: map[string]int{"get-task": 0, "list-tasks": 1, "get-workbook": 0, "list-workbooks": 1, "run-task": 30},
		},
		{
			name: "a_schedule_of_many", scenario: "tasks", want: "success", change: addTasks(1200), inputs: onlyTasks("", "Every two hours"),
			wantLog:      []string{`schedule "Every two hours" has 1201 extract refresh tasks`},
			wantRequests: map[string]int{"get-task": 0, "list-schedule-extracts": 2, "get-workbook": 0, "list-workbooks": 2, "run-task": 1201},
		},
		{
			name: "an_id_that_is_not_a_luid", scenario: "tasks", want: "success", inputs: onlyTasks("4711", ""), wantTargets: []string{"task Weekly revenue: success"},
			change: func(s *sandbox.Scenario) { s.Tableau.Tasks[0].LUID = "4711" },
		},
		{
			name: "a_task_replaces_its_item", scenario: "tasks", want: "success", inputs: withInputs(onlyTasks(taskLUID(1), ""), "tableau-workbooks", "Margin | P&L <EMEA>\ntag:after-dbt"),
			wantTargets:  []string{"workbook Margin | P&L <EMEA>: success", "task Weekly revenue: success", "workbook 売上ダッシュボード: success"},
			wantRequests: map[string]int{"run-task": 1, "refresh-workbook": 2},
		},
		{
			name: "the_same_tasks_selected_repeatedly", scenario: "tasks", want: "success", inputs: onlyTasks(taskLUID(1)+", "+taskLUID(6)+"\n"+taskLUID(1), "Weekday mornings\n"+schedule+"1"),
			change: func(s *sandbox.Scenario) {
				// The second one is for the same workbook.
				s.Tableau.Tasks[5] = sandbox.Task{LUID: taskLUID(6), Target: weeklyRevenueLUID, Schedule: schedule + "1", Incremental: true}
			},
			wantTargets: []string{"task Weekly revenue: success", "task Weekly revenue: success", "task Margin | P&L <EMEA>: success", "task Orders: success"},
		},
		{name: "schedule_by_luid", scenario: "tasks", want: "success", inputs: onlyTasks("", strings.ToUpper(schedule+"2")), wantTargets: []string{"task Kundenstammdaten – täglich: success"}},
		{
			name: "schedule_without_tasks", scenario: "tasks", want: "preflight-failed", inputs: onlyTasks("", "Mails"), wantTargets: []string{"task Mails: not-started"},
			wantLog: []string{`tableau-schedules: schedule "Mails" has no extract refresh task on this site (or no permission to view it)`},
		},
		{
			name: "unknown_ids", scenario: "tasks", want: "preflight-failed", inputs: onlyTasks("nowhere", "Weekends"), wantTargets: []string{"task nowhere: not-started", "task Weekends: not-started"},
			wantLog: []string{"tableau-tasks: failed to get extract refresh task nowhere: Tableau returned 404", `"Weekends" matches 0 schedules.`, `Use one of these names or LUIDs: "Weekday mornings" (`},
		},
		{
			name: "one_unknown_id_among_many", scenario: "tasks", want: "preflight-failed", change: addTasks(12), inputs: onlyTasks(taskIDs(100, 12)+"\nnowhere", ""),
			wantLog: []string{"tableau-tasks: extract refresh task nowhere not found (or no permission to view it)"},
		},
		{name: "hidden", scenario: "tasks", want: "preflight-failed", inputs: onlyTasks(taskLUID(6), "")},
		{name: "on_cloud", scenario: "cloud", want: "success", change: func(s *sandbox.Scenario) { s.Tableau.SignInHost = "" }, inputs: onlyTasks(taskLUID(1)+"\n"+taskLUID(3), ""), wantTargets: []string{"task Weekly revenue: success", "task Orders: success"}},
		{
			name: "schedule_on_cloud", scenario: "cloud", want: "preflight-failed", change: func(s *sandbox.Scenario) { s.Tableau.SignInHost = "" }, inputs: onlyTasks(taskLUID(1), "Nightly"),
			wantTargets: []string{"task Weekly revenue: not-started", "task Nightly: not-started"}, wantLog: []string{"tableau-schedules: ", "schedules on Tableau Cloud have no names"},
		},
		{
			name: "only_the_schedule_fails_on_cloud", scenario: "cloud", want: "refresh-failed", change: func(s *sandbox.Scenario) { s.Tableau.SignInHost = "" },
			inputs: withInputs(onlyTasks(taskLUID(1), "Nightly"), "tableau-preflight", "warn"), wantTargets: []string{"task Weekly revenue: success", "task Nightly: failed"},
		},
	})
}

// addTasks adds workbooks, each with a task in the schedule "Every two hours".
func addTasks(n int) func(*sandbox.Scenario) {
	return func(s *sandbox.Scenario) {
		s.Tableau.MaxRefreshes = n
		for i := range n {
			luid := bookID(i)
			s.Tableau.Workbooks = append(s.Tableau.Workbooks, sandbox.Item{LUID: luid, Name: fmt.Sprint("Book ", i), Project: s.Tableau.Projects[0].LUID})
			s.Tableau.Tasks = append(s.Tableau.Tasks, sandbox.Task{LUID: taskLUID(100 + i), Target: luid, Schedule: "5c4ed01e-0000-4000-8000-000000000002"})
		}
	}
}

func taskIDs(from, n int) string {
	var ids []string
	for i := range n {
		ids = append(ids, taskLUID(from+i))
	}
	return strings.Join(ids, "\n")
}

// TestFlows asserts that a flow is run and waited for like a refresh.
func TestFlows(t *testing.T) {
	t.Parallel()
	runTests(t, []scenarioTest{
		{
			name: "success_and_failure", scenario: "flows", want: "refresh-failed",
			inputs:       map[string]string{"tableau-workbooks": "", "tableau-datasources": ""},
			wantTargets:  []string{"flow Clean orders: success", "flow Customers → CRM: failed"},
			wantLog:      []string{"The output could not be written: permission denied for schema CRM."},
			wantRequests: map[string]int{"run-flow": 2, "list-flows": 1, "get-flow": 2},
		},
		{
			name: "by_luid_and_url", scenario: "flows", want: "success",
			inputs:      map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-flows": "f10e0000-0000-4000-8000-000000000003\n" + siteURL + "flows/7101"},
			wantTargets: []string{"flow Clean orders: success", "flow Clean orders: success"},
		},
		{
			name: "not_waited_for", scenario: "flows", want: "started", inputs: map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-wait": "false"},
			wantTargets: []string{"flow Clean orders: started", "flow Customers → CRM: started"}, wantRequests: map[string]int{"get-job": 1},
		},
		{
			name: "lost_response", scenario: "flows", want: "success", faults: []sandbox.Fault{{Service: "tableau", Operation: "run-flow", Kind: sandbox.Reset, Times: 1, Processed: true}},
			inputs:      map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-flows": siteURL + "flows/7101"},
			wantTargets: []string{"flow Clean orders: success"}, wantRequests: map[string]int{"run-flow": 1},
		},
		{name: "unknown", scenario: "flows", want: "preflight-failed", inputs: map[string]string{"tableau-flows": "Clean order"}, wantLog: []string{"Did you mean: /Certified data/Clean orders ("}},
	})
}

// TestIncremental asserts that an incremental refresh is requested directly where the API supports it, and otherwise by
// the item's incremental task.
func TestIncremental(t *testing.T) {
	t.Parallel()
	allKinds := map[string]string{
		"tableau-workbooks": weeklyRevenueLUID, "tableau-datasources": ordersLUID, "tableau-flows": "f10e0000-0000-4000-8000-000000000001",
		"tableau-tasks": taskLUID(5), "tableau-incremental": "true",
	}
	// prepare makes a site with the tasks of one scenario and the flows of another.
	prepare := func(version string, tasks ...sandbox.Task) func(*sandbox.Scenario) {
		return func(s *sandbox.Scenario) {
			flows, _ := sandbox.Find("flows")
			s.Inputs, s.Tableau.ContentURL, s.Tableau.APIVersion, s.Tableau.Flows = nil, "nordlys", version, flows.Tableau.Flows
			s.Tableau.Tasks = append(s.Tableau.Tasks, tasks...)
		}
	}
	incrementalTasks := []sandbox.Task{{LUID: taskLUID(7), Target: weeklyRevenueLUID, Incremental: true}}
	wantTargets := []string{
		"workbook Weekly revenue: success", "datasource Orders: success", "flow Clean orders: success", "task task " + taskLUID(5) + ": success",
	}
	checkIncremental := func(want string) func(*testing.T, outcome) {
		return func(t *testing.T, step outcome) {
			var got []string
			for _, job := range step.services.Jobs() {
				if job.Incremental {
					got = append(got, job.Type)
				}
			}
			if len(got) != 2 || strings.Join(got, " ") != want && got[1]+" "+got[0] != want {
				t.Errorf("incremental refreshes: %v, want %s", got, want)
			}
		}
	}
	runTests(t, []scenarioTest{
		{
			name: "in_the_request", scenario: "tasks", change: prepare("3.25"), inputs: allKinds, want: "success", wantTargets: wantTargets,
			wantRequests: map[string]int{"run-task": 1, "refresh-workbook": 1, "refresh-datasource": 1}, check: checkIncremental("workbook datasource"),
		},
		{
			name: "by_the_task", scenario: "tasks", change: prepare("3.24", incrementalTasks...), inputs: allKinds, want: "success", wantTargets: wantTargets,
			wantRequests: map[string]int{"list-tasks": 1, "run-task": 3, "refresh-workbook": 0, "refresh-datasource": 0}, check: checkIncremental("workbook datasource"),
		},
		{
			name: "by_the_task_of_an_older_api_version", scenario: "tasks", change: prepare("3.28", incrementalTasks...), inputs: withInputs(allKinds, "tableau-api-version", "3.24"), want: "success", wantTargets: wantTargets,
			wantRequests: map[string]int{"list-tasks": 1, "run-task": 3}, check: func(t *testing.T, step outcome) {
				for _, request := range step.services.Requests() {
					if request.Service == "tableau" && request.Operation != "server-info" && !strings.HasPrefix(request.Path, "/api/3.24/") {
						t.Errorf("request for %s, want version 3.24", request.Path)
					}
				}
			},
		},
		{
			name: "without_a_task", scenario: "tasks", change: prepare("3.24"), inputs: allKinds, want: "preflight-failed", wantRequests: map[string]int{"list-tasks": 1},
			wantLog: []string{`tableau-incremental: create an incremental extract refresh task for "Weekly revenue" in Tableau, upgrade to Tableau 2025.1`},
		},
		{
			name: "without_any_task", scenario: "tasks", inputs: withInputs(allKinds, "tableau-tasks", "", "tableau-workbooks", weeklyRevenueLUID+"\n"+marginLUID), want: "preflight-failed",
			change:       func(s *sandbox.Scenario) { prepare("3.24")(s); s.Tableau.Tasks = nil },
			wantRequests: map[string]int{"list-tasks": 1},
		},
		{name: "unsupported_api_version", scenario: "success", inputs: map[string]string{"tableau-api-version": "3.27"}, want: "preflight-failed", wantLog: []string{"Remove tableau-api-version to use the server's own version"}},
	})
}
