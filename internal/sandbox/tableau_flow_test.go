package sandbox

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const flowLUID = "f1070000-0000-4000-8000-000000000001"

func scenarioWithFlows() Scenario {
	s := successScenario()
	s.Tableau.Flows = []Item{
		{
			LUID: flowLUID, Name: "Clean orders", Number: 71, Project: projectCertified, Tags: []string{"after-dbt"}, QueueTime: time.Second, Duration: 9 * time.Second,
			Refreshes: []Refresh{{}, {Finish: FinishFailed, Notes: "Unable to connect to the output."}},
		},
		{LUID: "f1070000-0000-4000-8000-000000000002", Name: "Clean orders", Number: 72, Project: projectSales},
		{LUID: "f1070000-0000-4000-8000-000000000003", Name: "Secret", Number: 73, Project: projectSales, Hidden: true},
	}
	return s
}

func TestFlows(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, query string
		want        []string
		code        int
	}{
		{name: "all", want: []string{"71", "72"}},
		{name: "name", query: "?filter=name:eq:Clean%20orders", want: []string{"71", "72"}},
		{name: "project", query: "?filter=name:in:[Clean%20orders],projectName:eq:Certified%20data", want: []string{"71"}},
		{name: "project_id", query: "?filter=projectId:eq:" + projectSales, want: []string{"72"}},
		{name: "page", query: "?pageSize=1&pageNumber=2", want: []string{"72"}},
		{name: "tags", query: "?filter=tags:eq:after-dbt", code: 400000},
		{name: "has_extracts", query: "?filter=hasExtracts:eq:true", code: 400000},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			a := newTableauClient(t, New(scenarioWithFlows())).get("/flows" + tc.query)
			if tc.code != 0 {
				if got := errorCode(t, a); got != tc.code {
					t.Errorf("got code %d, want %d", got, tc.code)
				}
				return
			}
			var got []string
			for _, flow := range decodeTableau(t, a).Flows.Flows {
				got = append(got, flow.WebpageURL[len("http://example.com/#/site/nordlys/flows/"):])
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("flows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRunFlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(scenarioWithFlows())
		c := newTableauClient(t, s)
		run := func(luid, body string) httpResponse { return c.do(http.MethodPost, "/flows/"+luid+"/run", body) }
		want := &xmlJob{
			ID: "7e57ab1e-0000-4000-8000-000000000001", Mode: "Asynchronous", Type: "RunFlow", CreatedAt: "2000-01-01T00:00:00Z",
			Flow: &xmlFlowJob{RunID: "f10e7e57-0000-4000-8000-000000000001", Flow: xmlReference{ID: flowLUID, Name: "Clean orders"}},
		}
		if diff := cmp.Diff(want, decodeTableau(t, run(flowLUID, "<tsRequest/>")).Job); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
		got := []int{
			errorCode(t, run(flowLUID, "<tsRequest/>")), errorCode(t, run("f1070000-0000-4000-8000-000000000003", "<tsRequest/>")),
			errorCode(t, run(flowLUID, "{}")), errorCode(t, run(flowLUID, "<tsRequest><extractRefresh/></tsRequest>")), errorCode(t, c.get("/flows/"+flowLUID+"/run")),
		}
		if diff := cmp.Diff([]int{409093, 404000, 400000, 400000, 405000}, got); diff != "" {
			t.Errorf("again, hidden, json, refresh, get (-want +got):\n%s", diff)
		}

		flowRun := func(id string) *xmlFlowRun { return decodeTableau(t, c.get("/flows/runs/"+id)).FlowRun }
		time.Sleep(4 * time.Second)
		running := &xmlFlowRun{
			ID: want.Flow.RunID, FlowID: flowLUID, Status: "InProgress", StartedAt: "2000-01-01T00:00:01Z", Progress: 33, BackgroundJobID: want.ID,
		}
		if diff := cmp.Diff(running, flowRun(want.Flow.RunID)); diff != "" {
			t.Errorf("flow run (-want +got):\n%s", diff)
		}
		time.Sleep(6 * time.Second)
		second := decodeTableau(t, run(flowLUID, `<tsRequest><flowRunSpec runMode="incremental"/></tsRequest>`)).Job
		time.Sleep(time.Minute)

		job := decodeTableau(t, c.get("/jobs/"+second.ID)).Job
		if job.Extract != nil || *job.FinishCode != FinishFailed || *job.Flow.Notes != "Unable to connect to the output." {
			t.Errorf("got job %+v, want a failed flow with its notes", job)
		}
		var ends []string
		list := decodeTableau(t, c.get("/flows/runs?filter=flowId:eq:"+flowLUID))
		for _, r := range list.FlowRuns.Runs {
			ends = append(ends, r.Status+" "+r.CompletedAt)
		}
		if diff := cmp.Diff([]string{"Success 2000-01-01T00:00:10Z", "Failed 2000-01-01T00:00:20Z"}, ends); diff != "" || list.Pagination != nil {
			t.Errorf("flow runs, with pages: %t (-want +got):\n%s", list.Pagination != nil, diff)
		}
		jobs := decodeTableau(t, c.get("/jobs?filter=jobType:eq:run_flow")).BackgroundJobs.Jobs
		if len(jobs) != 2 || jobs[1].Status != "Failed" || jobs[1].Subtitle != "Flow" {
			t.Errorf("got jobs %+v, want two of flows", jobs)
		}
		if record := s.Jobs()[1]; record.Type != "flow" || !record.Incremental {
			t.Errorf("got record %+v, want an incremental run of a flow", record)
		}
	})
}

func TestFlowRun_Unknown(t *testing.T) {
	t.Parallel()

	c := newTableauClient(t, New(scenarioWithFlows()))
	got := []int{errorCode(t, c.get("/flows/runs/unknown")), errorCode(t, c.get("/flows/other/f10e7e57-0000-4000-8000-000000000001")), errorCode(t, c.get("/flows/unknown"))}
	if diff := cmp.Diff([]int{404000, 404000, 404000}, got); diff != "" {
		t.Errorf("run, run elsewhere, flow (-want +got):\n%s", diff)
	}
}
