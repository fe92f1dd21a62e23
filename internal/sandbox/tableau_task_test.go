package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// scenarioWithTasks is a Tableau Server, or a site of Tableau Cloud, with all kinds of tasks.
func scenarioWithTasks(cloud bool) Scenario {
	s := successScenario()
	s.Tableau.Cloud = cloud
	s.Tableau.Schedules = []Schedule{
		{LUID: "5c4edu1e-1", Name: "Weekday mornings", Frequency: "Weekly", Start: "06:00:00", WeekDays: []string{"Monday", "Friday"}},
		{LUID: "5c4edu1e-2", Name: "Hourly", Frequency: "Hourly", Start: "00:30:00", End: "23:30:00", Hours: 2, Suspended: true},
		{LUID: "5c4edu1e-3", Name: "Unused", Type: "Subscription", Frequency: "Daily", Start: "18:20:00"},
	}
	s.Tableau.Tasks = []Task{
		{LUID: "full", Target: s.Tableau.Workbooks[0].LUID, Schedule: "5c4edu1e-1"},
		{LUID: "592", Target: s.Tableau.DataSources[0].LUID, Schedule: "5c4edu1e-1", Incremental: true, Failures: 4},
		{LUID: "targetless", Target: s.Tableau.Workbooks[1].LUID, Schedule: "5c4edu1e-2", TargetOmitted: true},
		{LUID: "unscheduled", Target: s.Tableau.Workbooks[2].LUID, Type: "RefreshExtractTask", Incremental: true},
		{LUID: "live", Target: s.Tableau.Workbooks[4].LUID},
		{LUID: "of another user", Target: s.Tableau.Workbooks[3].LUID, Schedule: "5c4edu1e-1", Hidden: true},
	}
	return s
}

// taskRow is a summary of a task.
type taskRow struct {
	ID, Type, Incremental, Schedule, Target string
	Failures                                int
}

func newTaskRow(task xmlTaskRefresh) taskRow {
	row := taskRow{ID: task.ID, Type: task.Type, Failures: task.Failures}
	if task.Incremental != nil {
		row.Incremental = strconv.FormatBool(*task.Incremental)
	}
	if s := task.Schedule; s != nil {
		row.Schedule = s.Name
		if s.Details != nil {
			row.Schedule += fmt.Sprint(s.Details.Start, s.Details.Intervals)
		}
	}
	switch {
	case task.Workbook != nil:
		row.Target = "workbook " + task.Workbook.ID
	case task.DataSource != nil:
		row.Target = "datasource " + task.DataSource.ID
	}
	return row
}

func TestTasks(t *testing.T) {
	t.Parallel()

	const (
		book, source = "6b7179ba-b82b-4f0f-91ed-812074ac5da6", ordersLUID
		japan, live  = "d2c8e6b0-9f41-4d7a-b35c-0e8a6f1d7c92", "a7b01c9e-52f8-4e36-9d14-7c3f8e60b2d5"
	)
	cases := []struct {
		name  string
		cloud bool
		want  []taskRow
	}{
		{name: "server", want: []taskRow{
			{ID: "full", Type: "RefreshExtractTask", Schedule: "Weekday mornings", Target: "workbook " + book},
			{ID: "592", Type: "IncrementExtractTask", Schedule: "Weekday mornings", Target: "datasource " + source, Failures: 4},
			{ID: "targetless", Type: "RefreshExtractTask", Schedule: "Hourly"},
			{ID: "unscheduled", Type: "RefreshExtractTask", Incremental: "true", Target: "workbook " + japan},
			{ID: "live", Type: "RefreshExtractTask", Target: "workbook " + live},
		}},
		{name: "cloud", cloud: true, want: []taskRow{
			{ID: "full", Type: "RefreshExtractTask", Incremental: "false", Schedule: "06:00:00[{0 Monday} {0 Friday}]", Target: "workbook " + book},
			{ID: "592", Type: "IncrementalExtract", Incremental: "true", Schedule: "06:00:00[{0 Monday} {0 Friday}]", Target: "datasource " + source, Failures: 4},
			{ID: "targetless", Type: "RefreshExtractTask", Incremental: "false", Schedule: "00:30:00[{2 }]", Target: ""},
			{ID: "unscheduled", Type: "RefreshExtractTask", Incremental: "true", Target: "workbook " + japan},
			{ID: "live", Type: "RefreshExtractTask", Incremental: "false", Target: "workbook " + live},
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			c := newTableauClient(t, New(scenarioWithTasks(tc.cloud)))
			// Pages and filters are ignored: the response always contains all tasks.
			a := c.get("/tasks/extractRefreshes?pageSize=1&filter=type:eq:x")
			var got []taskRow
			for _, task := range decodeTableau(t, a).Tasks.Tasks {
				alone := decodeTableau(t, c.get("/tasks/extractRefreshes/"+task.Refresh.ID)).Task
				if diff := cmp.Diff(task, *alone); diff != "" {
					t.Errorf("task in list and alone (-list +alone):\n%s", diff)
				}
				got = append(got, newTaskRow(task.Refresh))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("tasks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRunTask(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(scenarioWithTasks(false))
		c := newTableauClient(t, s)
		run := func(id, body string) httpResponse {
			return c.do(http.MethodPost, "/tasks/extractRefreshes/"+id+"/runNow", body)
		}
		first := run("592", "<tsRequest/>")
		if diff := cmp.Diff(&xmlJob{ID: "7e57ab1e-0000-4000-8000-000000000001", Mode: "Asynchronous", Type: "RefreshExtract"}, decodeTableau(t, first).Job); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
		got := map[string]int{
			"full":                 errorCode(t, run("full", "<tsRequest/>")),
			"again":                errorCode(t, run("full", "<tsRequest/>")),
			"item_of_running_task": errorCode(t, c.refresh(kindDataSource, s.scenario.Tableau.DataSources[0], "<tsRequest/>")),
			"targetless":           errorCode(t, run("targetless", "<tsRequest/>")),
			"live":                 errorCode(t, run("live", "<tsRequest/>")),
			"of_another_user":      errorCode(t, run("of%20another%20user", "<tsRequest/>")),
			"unknown":              errorCode(t, run("unknown", "<tsRequest/>")),
			"json":                 errorCode(t, run("unscheduled", "{}")),
			"credentials":          errorCode(t, run("unscheduled", "<tsRequest><credentials/></tsRequest>")),
		}
		want := map[string]int{
			"full": 200, "again": 409093, "item_of_running_task": 409093, "targetless": 200, "live": 409090,
			"of_another_user": 404000, "unknown": 404000, "json": 400000, "credentials": 400000,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("codes (-want +got):\n%s", diff)
		}
		time.Sleep(time.Hour)
		job := decodeTableau(t, c.get("/jobs/7e57ab1e-0000-4000-8000-000000000001")).Job
		if job.Extract.DataSource.Name != "Orders" || *job.FinishCode != FinishSuccess {
			t.Errorf("got job %+v, want a refresh of Orders that succeeded", job)
		}
		record := s.Jobs()[0]
		if record.Task != "592" || !record.Incremental || record.Target != ordersLUID || record.Status != "Success" {
			t.Errorf("got record %+v, want an incremental refresh of Orders by task 592", record)
		}
	})
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(scenarioWithTasks(false))
		c := newTableauClient(t, s)
		server := client{t: t, handler: c.handler, header: c.header, basePath: "/api/3.26"}
		list := decodeTableau(t, server.get("/schedules?pageSize=2"))
		want := &xmlSchedules{Schedules: []xmlSchedule{
			{
				ID: "5c4edu1e-1", Name: "Weekday mornings", State: "Active", Priority: 50, Type: "Extract", Frequency: "Weekly",
				CreatedAt: "1999-05-01T00:00:00Z", UpdatedAt: "1999-12-29T00:00:00Z", NextRunAt: "2000-01-02T06:00:00Z",
			},
			{
				ID: "5c4edu1e-2", Name: "Hourly", State: "Suspended", Priority: 50, Type: "Extract", Frequency: "Hourly",
				CreatedAt: "1999-05-01T00:00:00Z", UpdatedAt: "1999-12-29T00:00:00Z",
			},
		}}
		if diff := cmp.Diff(want, list.Schedules); diff != "" || list.Pagination.TotalAvailable != 3 {
			t.Errorf("%d schedules (-want +got):\n%s", list.Pagination.TotalAvailable, diff)
		}
		details := decodeTableau(t, server.get("/schedules/5c4edu1e-2")).Schedule.Details
		if diff := cmp.Diff(&xmlFrequency{Start: "00:30:00", End: "23:30:00", Intervals: []xmlInterval{{Hours: 2}}}, details); diff != "" {
			t.Errorf("details (-want +got):\n%s", diff)
		}
		page := decodeTableau(t, c.get("/schedules/5c4edu1e-1/extracts?pageSize=1&pageNumber=2"))
		wantPage := &xmlExtracts{Extracts: []xmlScheduled{{ID: "592", Priority: 50, Type: "IncrementalRefresh", DataSource: &xmlReference{ID: ordersLUID}}}}
		if diff := cmp.Diff(wantPage, page.Extracts); diff != "" || page.Pagination.TotalAvailable != 2 {
			t.Errorf("%d extracts (-want +got):\n%s", page.Pagination.TotalAvailable, diff)
		}
		if got := len(decodeTableau(t, c.get("/schedules/5c4edu1e-3/extracts")).Extracts.Extracts); got != 0 {
			t.Errorf("an unused schedule has %d extracts", got)
		}
		if got := errorCode(t, c.get("/schedules/unknown/extracts")); got != 404000 {
			t.Errorf("got code %d for an unknown schedule", got)
		}
	})
}

func TestSchedules_Cloud(t *testing.T) {
	t.Parallel()

	c := newTableauClient(t, New(scenarioWithTasks(true)))
	server := client{t: t, handler: c.handler, header: c.header, basePath: "/api/3.26"}
	got := []int{
		errorCode(t, server.get("/schedules")), errorCode(t, server.get("/schedules/5c4edu1e-1")), errorCode(t, c.get("/schedules/5c4edu1e-1/extracts")),
	}
	if diff := cmp.Diff([]int{403004, 403004, 403004}, got); diff != "" {
		t.Errorf("list, one, extracts (-want +got):\n%s", diff)
	}
}
