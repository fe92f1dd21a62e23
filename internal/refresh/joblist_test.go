package refresh

import (
	"testing"

	"dbt-tableau-refresh/internal/sandbox"
)

func TestRun_bridge(t *testing.T) {
	bridge := func(s *sandbox.Site) { s.DataSources[0].Bridge = true }
	runTests(t, []refreshTest{
		{name: "success", targets: []Target{bridgeSource(0)}, site: bridge, want: []string{"Source 0: success"}, wantJobs: 1},
		{
			name: "confirmed_by_the_list", targets: []Target{bridgeSource(0)}, want: []string{"Source 0: success"}, wantJobs: 1,
			check: func(t *testing.T, box *sandbox.Sandbox) {
				if n := requestCount(box, "list-jobs"); n != 1 {
					t.Errorf("%d lists, want 1", n)
				}
			},
		},
		{
			name: "unconfirmed", targets: []Target{bridgeSource(0)}, site: noList, want: []string{"Source 0: success"}, wantJobs: 1,
			wantText: `"Source 0": Tableau Bridge has the refresh, and Tableau calls it a success; whether Bridge has done it can't be told: the signed-in user can't list jobs`,
		},
	})
}

func TestRun_joblist(t *testing.T) {
	want := []string{"Book 0: success", "Book 1: success", "Book 2: success", "Book 3: success", "Book 4: success", "Book 5: success"}
	counts := func(lists, queries int) func(*testing.T, *sandbox.Sandbox) {
		return func(t *testing.T, box *sandbox.Sandbox) {
			if l, q := requestCount(box, "list-jobs"), requestCount(box, "get-job"); l != lists || q != queries {
				t.Errorf("%d lists and %d queries of single jobs, want %d and %d", l, q, lists, queries)
			}
		}
	}
	runTests(t, []refreshTest{
		{name: "listed", targets: workbooks(6), want: want, wantJobs: 6, check: counts(19, 0)},
		{name: "refused", targets: workbooks(6), site: noList, want: want, wantJobs: 6, check: counts(1, 19*6)},
		{
			name: "failed", targets: workbooks(6), fault: sandbox.Fault{Operation: "list-jobs", Kind: sandbox.NotFound, Times: 1},
			want: want, wantJobs: 6, check: counts(1, 19*6),
		},
		{
			name: "session_lost", targets: workbooks(6), fault: sandbox.Fault{Operation: "list-jobs", Kind: sandbox.Unauthorized}, wantErr: "401", wantJobs: 6,
			want: []string{"Book 0: started", "Book 1: started", "Book 2: started", "Book 3: started", "Book 4: started", "Book 5: started"},
		},
		{
			name: "failures_are_queried", targets: workbooks(6), wantErr: "6 of 6", wantText: "the warehouse is closed", wantJobs: 6, check: counts(19, 6),
			site: func(s *sandbox.Site) {
				for i := range s.Workbooks {
					s.Workbooks[i].Refreshes = []sandbox.Refresh{failed}
				}
			},
			want: []string{"Book 0: failed", "Book 1: failed", "Book 2: failed", "Book 3: failed", "Book 4: failed", "Book 5: failed"},
		},
	})
}
