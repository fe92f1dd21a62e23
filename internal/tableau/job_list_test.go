package tableau_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/tableau"
)

// TestJobsSince_rows is what can be told from a row of the list.
func TestJobsSince_rows(t *testing.T) {
	t.Parallel()

	const times = ` createdAt="2021-10-05T18:53:33Z" startedAt="2021-10-05T18:53:34Z"`
	cases := []struct {
		name, row string
		state     tableau.JobState
		sure      bool
	}{
		{"queued", `status="Pending" jobType="refresh_extracts"`, tableau.JobPending, true},
		{"running", `status="InProgress"` + times, tableau.JobInProgress, true},
		{"success", `status="Success" endedAt="2021-10-05T18:53:35Z"` + times, tableau.JobSucceeded, true},
		{"success_without_an_end", `status="Success"` + times, tableau.JobSucceeded, false},
		{"success_of_bridge", `status="Success" jobType="refresh_extracts_via_bridge" endedAt="2021-10-05T18:53:35Z"` + times, tableau.JobSucceeded, false},
		{"failed", `status="Failed" endedAt="2021-10-05T18:53:35Z"` + times, tableau.JobFailed, false},
		{"cancelled", `status="Cancelled" endedAt="2021-10-05T18:53:35Z"` + times, tableau.JobCancelled, false},
		{"unknown", `status="Suspended"` + times, tableau.JobInProgress, false},
		{"nothing", "", tableau.JobPending, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &site{handler: answer(`<backgroundJobs><backgroundJob id="ABC" %s/></backgroundJobs>`, tc.row)}
				jobs, err := signedIn(t, s).JobsSince(t.Context(), time.Now())
				if err != nil {
					t.Fatal(err)
				}
				got, ok := jobs["abc"]
				if !ok || len(jobs) != 1 {
					t.Fatalf("got jobs %v, want abc", jobs)
				}
				if got.Job.State() != tc.state || got.Conclusive != tc.sure {
					t.Errorf("state %v, sure %t, want %v, %t", got.Job.State(), got.Conclusive, tc.state, tc.sure)
				}
			})
		})
	}
}

// TestJobsSince_pages: all pages are read, and only those jobs are asked for that can be ours.
func TestJobsSince_pages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{handler: func(w http.ResponseWriter, r *http.Request) {
			var rows strings.Builder
			page := r.URL.Query().Get("pageNumber")
			for i := range map[string]int{"1": 1000, "2": 200}[page] {
				fmt.Fprintf(&rows, `<backgroundJob id="%s-%d"/>`, page, i)
			}
			answer(`<pagination totalAvailable="1200"/><backgroundJobs>%s</backgroundJobs>`, rows.String())(w, r)
		}}
		jobs, err := signedIn(t, s).JobsSince(t.Context(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		if err != nil || len(jobs) != 1200 {
			t.Errorf("got %d jobs and error %v, want 1200 jobs", len(jobs), err)
		}
		_, requests := s.seen()
		var got []string
		for _, request := range requests {
			text, _ := url.QueryUnescape(request)
			got = append(got, text)
		}
		const list = "GET /api/3.25/sites/site-luid/jobs?filter=createdAt:gte:2026-01-02T03:03:05Z&pageNumber=%d&pageSize=1000&sort=createdAt:asc"
		if diff := cmp.Diff([]string{fmt.Sprintf(list, 1), fmt.Sprintf(list, 2)}, got); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}

// TestJobsSince_errors: a refusal is told from trouble, and trouble is not ridden out for long.
func TestJobsSince_errors(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		handler http.HandlerFunc
		refused bool
	}{
		{"forbidden", forbidden, true},
		{"filter_not_known", refuse(400, "400000", "Bad Request", ""), true},
		{"away", respond(http.StatusBadGateway, ""), false},
		{"something_else", respond(http.StatusOK, "<html>"), false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				_, err := signedIn(t, &site{handler: tc.handler}).JobsSince(t.Context(), begin)
				if err == nil || errors.Is(err, tableau.ErrJobListDenied) != tc.refused {
					t.Errorf("got error %v, refused should be %t", err, tc.refused)
				}
				if took := time.Since(begin); took > time.Minute {
					t.Errorf("took %s, want at most a minute", took)
				}
			})
		})
	}
}
