package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRefresh_Body(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name, version, body string
		code                int
		incremental         bool
	}{
		{name: "full", version: "3.26", body: `<tsRequest/>`, code: 202},
		{name: "full_of_old", version: "3.6", body: `<tsRequest></tsRequest>`, code: 202},
		{name: "full_by_element", version: "3.25", body: `<tsRequest><extractRefresh/></tsRequest>`, code: 202},
		{name: "incremental", version: "3.25", body: `<tsRequest><extractRefresh incremental="true"/></tsRequest>`, code: 202, incremental: true},
		{name: "not_incremental", version: "3.26", body: `<tsRequest><extractRefresh incremental="false"/></tsRequest>`, code: 202},
		{name: "element_before_its_time", version: "3.24", body: `<tsRequest><extractRefresh/></tsRequest>`, code: 400000},
		{name: "no_boolean", version: "3.26", body: `<tsRequest><extractRefresh incremental="yes"/></tsRequest>`, code: 400000},
		{name: "other_element", version: "3.26", body: `<tsRequest><workbook/></tsRequest>`, code: 400000},
		{name: "empty", version: "3.26", body: ``, code: 400000},
		{name: "json", version: "3.26", body: `{}`, code: 400000},
		{name: "cut_off", version: "3.26", body: `<tsRequest>`, code: 400000},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			s := New(successScenario())
			c := newTableauClient(t, s)
			c.basePath = strings.Replace(c.basePath, "3.26", tc.version, 1)
			got := errorCode(t, c.refresh(kindWorkbook, s.scenario.Tableau.Workbooks[0], tc.body))
			if got != tc.code {
				t.Errorf("got code %d, want %d", got, tc.code)
			}
			jobs := s.Jobs()
			if want := tc.code == 202; (len(jobs) == 1) != want || want && jobs[0].Incremental != tc.incremental {
				t.Errorf("got jobs %+v, want one: %t, incremental: %t", jobs, want, tc.incremental)
			}
		})
	}
}

func (c client) refresh(kind itemKind, item Item, body string) httpResponse {
	c.t.Helper()
	return c.do(http.MethodPost, fmt.Sprintf("/%ss/%s/refresh", kind, item.LUID), body)
}

func (c client) start(kind itemKind, item Item) string {
	c.t.Helper()
	return decodeTableau(c.t, c.refresh(kind, item, "<tsRequest/>")).Job.ID
}

func TestRefresh_Response(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(successScenario())
		c := newTableauClient(t, s)
		got := map[itemKind]*xmlJob{
			kindWorkbook:   decodeTableau(t, c.refresh(kindWorkbook, s.scenario.Tableau.Workbooks[0], "<tsRequest/>")).Job,
			kindDataSource: decodeTableau(t, c.refresh(kindDataSource, s.scenario.Tableau.DataSources[0], "<tsRequest/>")).Job,
		}
		want := map[itemKind]*xmlJob{
			kindWorkbook: {
				ID: "7e57ab1e-0000-4000-8000-000000000001", Mode: "Asynchronous", Type: "RefreshExtract", CreatedAt: "2000-01-01T00:00:00Z",
				Extract: &xmlExtract{Workbook: &xmlReference{ID: "6b7179ba-b82b-4f0f-91ed-812074ac5da6", Name: "Weekly revenue"}},
			},
			kindDataSource: {
				ID: "7e57ab1e-0000-4000-8000-000000000002", Mode: "Asynchronous", Type: "RefreshExtract", CreatedAt: "2000-01-01T00:00:00Z",
				Extract: &xmlExtract{DataSource: &xmlReference{ID: "9dbd2263-16b5-46e1-9c43-a76bb8ab65fb", Name: "Orders"}},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("jobs (-want +got):\n%s", diff)
		}
	})
}

// TestRefresh_Conflict asserts that a second refresh of an item is refused while the first is queued or running.
func TestRefresh_Conflict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(successScenario())
		c := newTableauClient(t, s)
		item := s.scenario.Tableau.Workbooks[0]
		var got []int
		for _, wait := range []time.Duration{0, time.Second, 46 * time.Second, 3 * time.Second} {
			time.Sleep(wait)
			got = append(got, errorCode(t, c.refresh(kindWorkbook, item, "<tsRequest/>")))
		}
		if diff := cmp.Diff([]int{202, 409093, 409093, 202}, got); diff != "" {
			t.Errorf("first, queued, running, ended (-want +got):\n%s", diff)
		}
		if got, want := len(s.Jobs()), 2; got != want {
			t.Errorf("got %d jobs, want %d", got, want)
		}
	})
}

// TestRefresh_ConflictWithOtherRefresh asserts that a refresh that no client started also conflicts, and is only in the
// job list.
func TestRefresh_ConflictWithOtherRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(findScenario(t, "conflict"))
		c := newTableauClient(t, s)
		item := s.scenario.Tableau.Workbooks[0]
		before := errorCode(t, c.refresh(kindWorkbook, item, "<tsRequest/>"))
		list := decodeTableau(t, c.get("/jobs?filter=status:eq:InProgress")).BackgroundJobs.Jobs
		want := []xmlBackground{{
			ID: "7e57ab1e-0000-4000-8000-000000000001", Status: "InProgress", CreatedAt: "1999-12-31T23:55:00Z", StartedAt: "1999-12-31T23:55:02Z",
			Priority: 50, JobType: "refresh_extracts", Title: "Weekly revenue", Subtitle: "Workbook",
		}}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("jobs (-want +got):\n%s", diff)
		}
		if jobs := s.Jobs(); len(jobs) != 0 {
			t.Errorf("got %v as jobs of clients, want none", jobs)
		}
		time.Sleep(6 * time.Minute)
		got := []int{before, errorCode(t, c.refresh(kindWorkbook, item, "<tsRequest/>"))}
		if diff := cmp.Diff([]int{409093, 202}, got); diff != "" {
			t.Errorf("before and after (-want +got):\n%s", diff)
		}
	})
}

// TestQueue_OtherRefreshes asserts that planned refreshes start at their times, but not while another one of the item is
// active.
func TestQueue_OtherRefreshes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := successScenario()
		item := &scenario.Tableau.Workbooks[0]
		item.OtherRefreshes = []OtherRefresh{{At: -time.Hour, Duration: time.Minute}, {At: time.Minute}, {At: 80 * time.Second}, {At: 10 * time.Minute}}
		c := newTableauClient(t, New(scenario))
		time.Sleep(time.Hour)
		var got []string
		for _, j := range decodeTableau(t, c.get("/jobs")).BackgroundJobs.Jobs {
			got = append(got, j.StartedAt+" "+j.EndedAt)
		}
		want := []string{
			"1999-12-31T23:00:02Z 1999-12-31T23:01:02Z",
			"2000-01-01T00:01:02Z 2000-01-01T00:01:49Z",
			"2000-01-01T00:10:02Z 2000-01-01T00:10:49Z",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("refreshes (-want +got):\n%s", diff)
		}
	})
}

// TestQueue_Slots asserts that ten refreshes run at a time while the others wait in order, and that a free slot is used
// by the next.
func TestQueue_Slots(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario := findScenario(t, "many")
		for i := range scenario.Tableau.Workbooks {
			scenario.Tableau.Workbooks[i].Duration = time.Minute
			scenario.Tableau.Workbooks[i].QueueTime = 0
		}
		s := New(scenario)
		c := newTableauClient(t, s)
		start := time.Now()
		var luids []string
		for _, item := range scenario.Tableau.Workbooks[:25] {
			luids = append(luids, c.start(kindWorkbook, item))
		}
		if diff := cmp.Diff(map[string]int{"InProgress": 10, "Pending": 15}, countStatuses(s)); diff != "" {
			t.Errorf("at once (-want +got):\n%s", diff)
		}
		time.Sleep(30 * time.Second)
		c.do(http.MethodPut, "/jobs/"+luids[0], "")
		c.do(http.MethodPut, "/jobs/"+luids[24], "")
		if diff := cmp.Diff(map[string]int{"InProgress": 10, "Pending": 13, "Cancelled": 2}, countStatuses(s)); diff != "" {
			t.Errorf("after cancelling (-want +got):\n%s", diff)
		}
		time.Sleep(time.Hour)

		var got []time.Duration
		for _, j := range s.Jobs() {
			if j.Started.IsZero() {
				got = append(got, -1)
				continue
			}
			got = append(got, j.Started.Sub(start))
		}
		want := []time.Duration{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 30e9, 60e9, 60e9, 60e9, 60e9, 60e9, 60e9, 60e9, 60e9, 60e9, 90e9, 120e9, 120e9, 120e9, -1}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("starts (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]int{"Success": 23, "Cancelled": 2}, countStatuses(s)); diff != "" {
			t.Errorf("in the end (-want +got):\n%s", diff)
		}
	})
}

func countStatuses(s *Sandbox) map[string]int {
	states := map[string]int{}
	for _, j := range s.Jobs() {
		states[j.Status]++
	}
	return states
}
