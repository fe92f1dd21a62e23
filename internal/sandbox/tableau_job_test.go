package sandbox

import (
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// jobState is the state of a job at a time.
type jobState struct {
	After                 time.Duration
	Progress              int
	Finish                *Finish
	Started, Ended, Notes bool
}

func TestJob_LifeCycle(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, scenario string
		kind           itemKind
		item           int
		// cancel is when the job is canceled. Default: never.
		cancel time.Duration
		want   []jobState
	}{
		{
			name: "success", scenario: "success", kind: kindWorkbook, item: 0,
			want: []jobState{
				{After: time.Second},
				{After: 2 * time.Second, Started: true},
				{After: 25 * time.Second, Progress: 48, Started: true},
				{After: 49 * time.Second, Progress: 100, Finish: new(FinishSuccess), Started: true, Ended: true, Notes: true},
			},
		},
		{
			name: "failed", scenario: "refresh-fails", kind: kindWorkbook, item: 1,
			want: []jobState{
				{After: 10 * time.Second, Progress: 88, Started: true},
				{After: 11 * time.Second, Progress: 100, Finish: new(FinishFailed), Started: true, Ended: true, Notes: true},
			},
		},
		{
			name: "bridge_is_assigned_then_done", scenario: "bridge", kind: kindDataSource, item: 0,
			want: []jobState{
				{After: 0},
				{After: time.Second, Finish: new(FinishSuccess), Started: true},
				{After: 90 * time.Second, Progress: 98, Finish: new(FinishSuccess), Started: true},
				{After: 91 * time.Second, Progress: 100, Finish: new(FinishBridge), Started: true, Ended: true, Notes: true},
			},
		},
		{
			name: "cancelled_in_the_queue", scenario: "success", kind: kindWorkbook, item: 0, cancel: time.Second,
			want: []jobState{{After: time.Minute, Progress: 100, Finish: new(FinishCancelled), Ended: true}},
		},
		{
			name: "cancelled_while_running", scenario: "success", kind: kindWorkbook, item: 0, cancel: 20 * time.Second,
			want: []jobState{{After: time.Minute, Progress: 100, Finish: new(FinishCancelled), Started: true, Ended: true}},
		},
		{
			name: "cancelled_too_late", scenario: "success", kind: kindWorkbook, item: 0, cancel: time.Minute,
			want: []jobState{{After: time.Hour, Progress: 100, Finish: new(FinishSuccess), Started: true, Ended: true, Notes: true}},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				scenario := findScenario(t, tc.scenario)
				items := map[itemKind][]Item{kindWorkbook: scenario.Tableau.Workbooks, kindDataSource: scenario.Tableau.DataSources}
				c := newTableauClient(t, New(scenario))
				start := time.Now()
				path := "/jobs/" + c.start(tc.kind, items[tc.kind][tc.item])
				if tc.cancel > 0 {
					time.Sleep(tc.cancel)
					if got := c.do(http.MethodPut, path, "").Status; got != http.StatusNoContent {
						t.Errorf("got status %d for the cancelling, want 204", got)
					}
				}
				var got []jobState
				for _, p := range tc.want {
					time.Sleep(time.Until(start.Add(p.After)))
					j := decodeTableau(t, c.get(path)).Job
					got = append(got, jobState{p.After, *j.Progress, j.FinishCode, j.StartedAt != "", j.CompletedAt != "", j.Extract.Notes != nil})
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("job (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestJob_Outcomes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := successScenario()
		item := &scenario.Tableau.Workbooks[0]
		item.Refreshes = []Refresh{{Finish: FinishFailed, Notes: `first\n`}, {Finish: FinishCancelled, Notes: "quota"}, {}}
		s := New(scenario)
		c := newTableauClient(t, s)
		var got []string
		for range 4 {
			luid := c.start(kindWorkbook, *item)
			time.Sleep(time.Minute)
			got = append(got, s.Jobs()[len(got)].Status+" "+(*decodeTableau(t, c.get("/jobs/"+luid)).Job.Extract.Notes)[:5])
		}
		if diff := cmp.Diff([]string{"Failed first", "Cancelled quota", "Success Finis", "Success Finis"}, got); diff != "" {
			t.Errorf("refreshes (-want +got):\n%s", diff)
		}
	})
}

func TestJob_Unknown(t *testing.T) {
	t.Parallel()

	c := newTableauClient(t, New(successScenario()))
	path := "/jobs/00000000-0000-4000-8000-000000000000"
	got := []int{errorCode(t, c.get(path)), errorCode(t, c.do(http.MethodPut, path, ""))}
	if diff := cmp.Diff([]int{404009, 404009}, got); diff != "" {
		t.Errorf("get, cancel (-want +got):\n%s", diff)
	}
}

func TestListJobs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(findScenario(t, "bridge"))
		c := newTableauClient(t, s)
		site := s.scenario.Tableau
		luids := []string{c.start(kindWorkbook, site.Workbooks[2])}
		time.Sleep(time.Minute)
		luids = append(luids, c.start(kindDataSource, site.DataSources[0]))
		time.Sleep(30 * time.Second)
		luids = append(luids, c.start(kindWorkbook, site.Workbooks[0]))

		cases := []struct {
			filter string
			want   []string
		}{
			{"", luids},
			{"status:eq:Pending", luids[2:]},
			{"status:in:[Pending,InProgress]", luids[1:]},
			{"jobType:eq:refresh_extracts_via_bridge", luids[1:2]},
			{"jobType:in:[refresh_extracts,increment_extracts]", []string{luids[0], luids[2]}},
			{"createdAt:gte:2000-01-01T00:01:00Z", luids[1:]},
			{"createdAt:gt:2000-01-01T00:01:00Z", luids[2:]},
			{"completedAt:lt:2000-01-01T00:01:00Z", luids[:1]},
			{"title:has:WEEKLY", luids[2:]},
			{"priority:gte:100", nil},
		}
		for _, tc := range cases {
			var got []string
			for _, j := range decodeTableau(t, c.get("/jobs?filter="+url.QueryEscape(tc.filter))).BackgroundJobs.Jobs {
				got = append(got, j.ID)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", tc.filter, diff)
			}
		}
	})
}

func TestListJobs_NotAllowed(t *testing.T) {
	t.Parallel()

	scenario := successScenario()
	scenario.Tableau.MayListJobs = false
	c := newTableauClient(t, New(scenario))
	luid := c.start(kindWorkbook, scenario.Tableau.Workbooks[0])
	got := []int{errorCode(t, c.get("/jobs")), errorCode(t, c.get("/jobs/"+luid))}
	if diff := cmp.Diff([]int{403022, 200}, got); diff != "" {
		t.Errorf("list, get (-want +got):\n%s", diff)
	}
}

// TestJob_Unqueryable asserts that a job that can't be queried by ID is in the list.
func TestJob_Unqueryable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := successScenario()
		scenario.Tableau.Workbooks[0].Unqueryable = true
		s := New(scenario)
		c := newTableauClient(t, s)
		id := c.start(kindWorkbook, scenario.Tableau.Workbooks[0])
		if got := errorCode(t, c.get("/jobs/"+id)); got != 400031 {
			t.Errorf("got code %d, want 400031", got)
		}
		time.Sleep(time.Hour)
		jobs := decodeTableau(t, c.get("/jobs")).BackgroundJobs.Jobs
		if len(jobs) != 1 || jobs[0].ID != id || jobs[0].Status != "Success" {
			t.Errorf("got list %+v, want the job and its success", jobs)
		}
	})
}
