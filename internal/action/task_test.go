package action_test

import (
	"fmt"
	"strings"
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

// task is the LUID of a task of the company's.
func task(n int) string { return fmt.Sprintf("7a5c0000-0000-4000-8000-%012d", n) }

// tasksOnly is a selection of tasks and schedules, and nothing else.
func tasksOnly(tasks, schedules string) map[string]string {
	return map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-tasks": tasks, "tableau-schedules": schedules}
}

// TestTasks is extract refresh tasks by their IDs and by their schedules.
func TestTasks(t *testing.T) {
	t.Parallel()
	const schedule = "5c4ed01e-0000-4000-8000-00000000000"
	tell(t, []tale{
		{
			name: "by_id_and_by_schedule", scenario: "tasks", want: "success",
			rows: []string{
				"task Kundenstammdaten – täglich: success", "task task " + task(5) + ": success",
				"task Weekly revenue: success", "task Margin | P&L <EMEA>: success", "task Orders: success",
			},
			says:     []string{`schedule "Weekday mornings" has 3 extract refresh tasks`},
			requests: map[string]int{"get-task": 2, "list-tasks": 0, "list-schedules": 1, "list-schedule-extracts": 1, "run-task": 5, "refresh-workbook": 0, "refresh-datasource": 0},
			check: func(t *testing.T, done played) {
				for _, job := range done.box.Jobs() {
					if job.Task == "" {
						t.Errorf("%s was refreshed without its task", job.Target)
					}
				}
			},
		},
		{
			name: "many_ids_share_a_list", scenario: "tasks", want: "success", change: manyTasks(30), inputs: tasksOnly(taskIDs(100, 30), ""),
			requests: map[string]int{"get-task": 0, "list-tasks": 1, "get-workbook": 0, "list-workbooks": 1, "run-task": 30},
		},
		{
			name: "a_schedule_of_many", scenario: "tasks", want: "success", change: manyTasks(1200), inputs: tasksOnly("", "Every two hours"),
			says:     []string{`schedule "Every two hours" has 1201 extract refresh tasks`},
			requests: map[string]int{"get-task": 0, "list-schedule-extracts": 2, "get-workbook": 0, "list-workbooks": 2, "run-task": 1201},
		},
		{
			name: "an_id_that_is_no_luid", scenario: "tasks", want: "success", inputs: tasksOnly("4711", ""), rows: []string{"task Weekly revenue: success"},
			change: func(s *sandbox.Scenario) { s.Tableau.Tasks[0].LUID = "4711" },
		},
		{
			name: "a_task_takes_the_place_of_its_item", scenario: "tasks", want: "success", inputs: with(tasksOnly(task(1), ""), "tableau-workbooks", "Margin | P&L <EMEA>\ntag:after-dbt"),
			rows:     []string{"workbook Margin | P&L <EMEA>: success", "task Weekly revenue: success", "workbook 売上ダッシュボード: success"},
			requests: map[string]int{"run-task": 1, "refresh-workbook": 2},
		},
		{
			name: "the_same_tasks_in_many_ways", scenario: "tasks", want: "success", inputs: tasksOnly(task(1)+", "+task(6)+"\n"+task(1), "Weekday mornings\n"+schedule+"1"),
			change: func(s *sandbox.Scenario) {
				// The second one is of the same workbook.
				s.Tableau.Tasks[5] = sandbox.Task{LUID: task(6), Target: weeklyRevenue, Schedule: schedule + "1", Incremental: true}
			},
			rows: []string{"task Weekly revenue: success", "task Weekly revenue: success", "task Margin | P&L <EMEA>: success", "task Orders: success"},
		},
		{name: "schedule_by_luid", scenario: "tasks", want: "success", inputs: tasksOnly("", strings.ToUpper(schedule+"2")), rows: []string{"task Kundenstammdaten – täglich: success"}},
		{
			name: "schedule_without_tasks", scenario: "tasks", want: "preflight-failed", inputs: tasksOnly("", "Mails"), rows: []string{"task Mails: not-started"},
			says: []string{`tableau-schedules: schedule "Mails" has no extract refresh task on this site that the signed-in user may see`},
		},
		{
			name: "mistakes", scenario: "tasks", want: "preflight-failed", inputs: tasksOnly("nowhere", "Weekends"), rows: []string{"task nowhere: not-started", "task Weekends: not-started"},
			says: []string{"tableau-tasks: failed to get extract refresh task nowhere: Tableau answered 404", `"Weekends" means 0 schedules; there are "Weekday mornings" (`},
		},
		{
			name: "a_mistake_among_many", scenario: "tasks", want: "preflight-failed", change: manyTasks(12), inputs: tasksOnly(taskIDs(100, 12)+"\nnowhere", ""),
			says: []string{"tableau-tasks: no such extract refresh task that the signed-in user may see: nowhere"},
		},
		{name: "hidden", scenario: "tasks", want: "preflight-failed", inputs: tasksOnly(task(6), "")},
		{name: "on_cloud", scenario: "cloud", want: "success", change: func(s *sandbox.Scenario) { s.Tableau.SignInHost = "" }, inputs: tasksOnly(task(1)+"\n"+task(3), ""), rows: []string{"task Weekly revenue: success", "task Orders: success"}},
		{
			name: "schedule_on_cloud", scenario: "cloud", want: "preflight-failed", change: func(s *sandbox.Scenario) { s.Tableau.SignInHost = "" }, inputs: tasksOnly(task(1), "Nightly"),
			rows: []string{"task Weekly revenue: not-started", "task Nightly: not-started"}, says: []string{"tableau-schedules: ", "Tableau Cloud has no schedules with names"},
		},
		{
			name: "a_schedule_on_cloud_does_not_keep_the_rest", scenario: "cloud", want: "refresh-failed", change: func(s *sandbox.Scenario) { s.Tableau.SignInHost = "" },
			inputs: with(tasksOnly(task(1), "Nightly"), "tableau-preflight", "warn"), rows: []string{"task Weekly revenue: success", "task Nightly: failed"},
		},
	})
}

// manyTasks adds workbooks, each with a task by the schedule of every two hours.
func manyTasks(n int) func(*sandbox.Scenario) {
	return func(s *sandbox.Scenario) {
		s.Tableau.MaxRefreshes = n
		for i := range n {
			luid := bookID(i)
			s.Tableau.Workbooks = append(s.Tableau.Workbooks, sandbox.Item{LUID: luid, Name: fmt.Sprint("Book ", i), Project: s.Tableau.Projects[0].LUID})
			s.Tableau.Tasks = append(s.Tableau.Tasks, sandbox.Task{LUID: task(100 + i), Target: luid, Schedule: "5c4ed01e-0000-4000-8000-000000000002"})
		}
	}
}

func taskIDs(from, n int) string {
	var ids []string
	for i := range n {
		ids = append(ids, task(from+i))
	}
	return strings.Join(ids, "\n")
}

// TestFlows: a flow is run, and waited for, like a refresh.
func TestFlows(t *testing.T) {
	t.Parallel()
	tell(t, []tale{
		{
			name: "success_and_failure", scenario: "flows", want: "refresh-failed",
			inputs:   map[string]string{"tableau-workbooks": "", "tableau-datasources": ""},
			rows:     []string{"flow Clean orders: success", "flow Customers → CRM: failed"},
			says:     []string{"The output could not be written: permission denied for schema CRM."},
			requests: map[string]int{"run-flow": 2, "list-flows": 1, "get-flow": 0},
		},
		{
			name: "by_luid_and_address", scenario: "flows", want: "success",
			inputs: map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-flows": "f10e0000-0000-4000-8000-000000000003\n" + pages + "flows/7101"},
			rows:   []string{"flow Clean orders: success", "flow Clean orders: success"},
		},
		{
			name: "not_waited_for", scenario: "flows", want: "started", inputs: map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-wait": "false"},
			rows: []string{"flow Clean orders: started", "flow Customers → CRM: started"}, requests: map[string]int{"get-job": 1},
		},
		{
			name: "lost_and_found", scenario: "flows", want: "success", faults: []sandbox.Fault{{Service: "tableau", Operation: "run-flow", Kind: sandbox.Reset, Times: 1, Processed: true}},
			inputs: map[string]string{"tableau-workbooks": "", "tableau-datasources": "", "tableau-flows": pages + "flows/7101"},
			rows:   []string{"flow Clean orders: success"}, requests: map[string]int{"run-flow": 1},
		},
		{name: "unknown", scenario: "flows", want: "preflight-failed", inputs: map[string]string{"tableau-flows": "Clean order"}, says: []string{"the nearest: /Certified data/Clean orders ("}},
	})
}

// TestIncremental is asked for in the request where the API has that, and else by the item's incremental task.
func TestIncremental(t *testing.T) {
	t.Parallel()
	everything := map[string]string{
		"tableau-workbooks": weeklyRevenue, "tableau-datasources": orders, "tableau-flows": "f10e0000-0000-4000-8000-000000000001",
		"tableau-tasks": task(5), "tableau-incremental": "true",
	}
	// prepare makes a site with the tasks of one scenario and the flows of another.
	prepare := func(version string, tasks ...sandbox.Task) func(*sandbox.Scenario) {
		return func(s *sandbox.Scenario) {
			flows, _ := sandbox.Find("flows")
			s.Inputs, s.Tableau.ContentURL, s.Tableau.APIVersion, s.Tableau.Flows = nil, "nordlys", version, flows.Tableau.Flows
			s.Tableau.Tasks = append(s.Tableau.Tasks, tasks...)
		}
	}
	books := []sandbox.Task{{LUID: task(7), Target: weeklyRevenue, Incremental: true}}
	all := []string{
		"workbook Weekly revenue: success", "datasource Orders: success", "flow Clean orders: success", "task task " + task(5) + ": success",
	}
	kinds := func(want string) func(*testing.T, played) {
		return func(t *testing.T, done played) {
			var got []string
			for _, job := range done.box.Jobs() {
				if job.Incremental {
					got = append(got, job.Type)
				}
			}
			if len(got) != 2 || strings.Join(got, " ") != want && got[1]+" "+got[0] != want {
				t.Errorf("incremental were %v, want %s", got, want)
			}
		}
	}
	tell(t, []tale{
		{
			name: "in_the_request", scenario: "tasks", change: prepare("3.25"), inputs: everything, want: "success", rows: all,
			requests: map[string]int{"list-tasks": 0, "run-task": 1, "refresh-workbook": 1, "refresh-datasource": 1}, check: kinds("workbook datasource"),
		},
		{
			name: "by_the_task", scenario: "tasks", change: prepare("3.24", books...), inputs: everything, want: "success", rows: all,
			requests: map[string]int{"list-tasks": 1, "run-task": 3, "refresh-workbook": 0, "refresh-datasource": 0}, check: kinds("workbook datasource"),
		},
		{
			name: "by_the_task_of_an_older_api_version", scenario: "tasks", change: prepare("3.28", books...), inputs: with(everything, "tableau-api-version", "3.24"), want: "success", rows: all,
			requests: map[string]int{"list-tasks": 1, "run-task": 3}, check: func(t *testing.T, done played) {
				for _, request := range done.box.Requests() {
					if request.Service == "tableau" && request.Operation != "server-info" && !strings.HasPrefix(request.Path, "/api/3.24/") {
						t.Errorf("asked %s, want version 3.24", request.Path)
					}
				}
			},
		},
		{
			name: "without_a_task", scenario: "tasks", change: prepare("3.24"), inputs: everything, want: "preflight-failed", requests: map[string]int{"list-tasks": 1},
			says: []string{`tableau-incremental: REST API 3.24 can't refresh "Weekly revenue" incrementally, and it has no incremental extract refresh task: give it one in Tableau, upgrade to Tableau 2025.1`},
		},
		{
			name: "without_any_task", scenario: "tasks", inputs: with(everything, "tableau-tasks", "", "tableau-workbooks", weeklyRevenue+"\n"+margin), want: "preflight-failed",
			change:   func(s *sandbox.Scenario) { prepare("3.24")(s); s.Tableau.Tasks = nil },
			requests: map[string]int{"list-tasks": 1},
		},
		{name: "a_version_that_the_server_does_not_have", scenario: "success", inputs: map[string]string{"tableau-api-version": "3.27"}, want: "preflight-failed", says: []string{"leave tableau-api-version empty to use the server's own version"}},
	})
}
