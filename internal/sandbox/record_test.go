package sandbox

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(successScenario())
		dbt := client{t: t, handler: s.DBT(), header: http.Header{"Authorization": {"Bearer sandbox-dbt-token"}}}
		dbt.do(http.MethodPost, "/api/v2/accounts/70471823456101/jobs/70471823457404/run/", `{"cause":"test"}`)
		time.Sleep(time.Second)
		dbt.do(http.MethodGet, "/api/v2/accounts/70471823456101/runs/?limit=1", "")
		dbt.do(http.MethodGet, "/api/v2/accounts/70471823456101/runs", "")
		tableau := client{t: t, handler: s.Tableau()}
		tableau.do(http.MethodDelete, "/api/3.26/auth/signin", "")
		tableau.do(http.MethodGet, "/", "")

		start := time.Now().Add(-time.Second)
		header := http.Header{"Authorization": {"Bearer sandbox-dbt-token"}}
		want := []Request{
			{"dbt", "trigger-run", "POST", "/api/v2/accounts/70471823456101/jobs/70471823457404/run/", header, `{"cause":"test"}`, 200, start},
			{"dbt", "list-runs", "GET", "/api/v2/accounts/70471823456101/runs/?limit=1", header, "", 200, start.Add(time.Second)},
			{"dbt", "append-slash", "GET", "/api/v2/accounts/70471823456101/runs", header, "", 301, start.Add(time.Second)},
			{"tableau", "method-not-allowed", "DELETE", "/api/3.26/auth/signin", nil, "", 405, start.Add(time.Second)},
			{"tableau", "unknown", "GET", "/", nil, "", 404, start.Add(time.Second)},
		}
		got := s.Requests()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		got[0].Header.Set("Authorization", "changed")
		if diff := cmp.Diff(want, s.Requests()); diff != "" {
			t.Errorf("requests after a change to the copy (-want +got):\n%s", diff)
		}
	})
}

// TestSandbox_Concurrent runs many clients at a time, for the race detector.
func TestSandbox_Concurrent(t *testing.T) {
	t.Parallel()

	s := New(successScenario())
	dbt, tableau := newDBTClient(t, s), newTableauClient(t, s)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			id := dbt.trigger(s).ID
			dbt.run(id, `?include_related=["run_steps"]`)
			tableau.get("/workbooks")
			tableau.refresh(kindWorkbook, s.scenario.Tableau.Workbooks[0], "<tsRequest/>")
			s.Requests()
			s.Runs()
			s.Jobs()
		})
	}
	wg.Wait()
	// Four requests each, and one sign-in.
	if got, want := []int{len(s.Runs()), len(s.Jobs()), len(s.Requests())}, []int{20, 1, 81}; !cmp.Equal(want, got) {
		t.Errorf("got %v runs, jobs, requests, want %v", got, want)
	}
}
