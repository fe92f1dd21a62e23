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

// TestJobsSince_rows covers the state of a job by its row in the list, and whether it is conclusive.
func TestJobsSince_rows(t *testing.T) {
	t.Parallel()

	const times = ` createdAt="2021-10-05T18:53:33Z" startedAt="2021-10-05T18:53:34Z"`
	cases := []struct {
		name, row  string
		state      tableau.JobState
		conclusive bool
	}{
		{"queued", `status="Pending" jobType="refresh_extracts"`, tableau.JobPending, true},
		{"running", `status="InProgress"` + times, tableau.JobInProgress, true},
		{"success", `status="Success" endedAt="2021-10-05T18:53:35Z"` + times, tableau.JobSucceeded, true},
		{"success_without_end_time", `status="Success"` + times, tableau.JobSucceeded, false},
		{"success_of_bridge", `status="Success" jobType="refresh_extracts_via_bridge" endedAt="2021-10-05T18:53:35Z"` + times, tableau.JobSucceeded, false},
		{"failed", `status="Failed" endedAt="2021-10-05T18:53:35Z"` + times, tableau.JobFailed, false},
		{"cancelled", `status="Cancelled" endedAt="2021-10-05T18:53:35Z"` + times, tableau.JobCancelled, false},
		{"unknown", `status="Suspended"` + times, tableau.JobInProgress, false},
		{"empty", "", tableau.JobPending, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &fakeSite{handler: respondXML(`<backgroundJobs><backgroundJob id="ABC" %s/></backgroundJobs>`, tc.row)}
				jobs, err := signedIn(t, s).JobsSince(t.Context(), time.Now())
				if err != nil {
					t.Fatal(err)
				}
				got, ok := jobs["abc"]
				if !ok || len(jobs) != 1 {
					t.Fatalf("got jobs %v, want abc", jobs)
				}
				if got.Job.State() != tc.state || got.Conclusive != tc.conclusive {
					t.Errorf("state %v, conclusive %t, want %v, %t", got.Job.State(), got.Conclusive, tc.state, tc.conclusive)
				}
			})
		})
	}
}

// TestJobsSince_pages checks that all pages are read, and that the filter selects jobs by their creation time.
func TestJobsSince_pages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
			var rows strings.Builder
			page := r.URL.Query().Get("pageNumber")
			for i := range map[string]int{"1": 1000, "2": 200}[page] {
				fmt.Fprintf(&rows, `<backgroundJob id="%s-%d"/>`, page, i)
			}
			respondXML(`<pagination totalAvailable="1200"/><backgroundJobs>%s</backgroundJobs>`, rows.String())(w, r)
		}}
		jobs, err := signedIn(t, s).JobsSince(t.Context(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		if err != nil || len(jobs) != 1200 {
			t.Errorf("got %d jobs and error %v, want 1200 jobs", len(jobs), err)
		}
		_, requests := s.recorded()
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

// TestJobsSince_errors checks that a rejection is an ErrJobListDenied, and that failures are retried for at most a minute.
func TestJobsSince_errors(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		handler http.HandlerFunc
		denied  bool
	}{
		{"forbidden", respondForbidden, true},
		{"unknown_filter", respondError(400, "400000", "Bad Request", ""), true},
		{"unavailable", respond(http.StatusBadGateway, ""), false},
		{"web_page", respond(http.StatusOK, "<html>"), false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := signedIn(t, &fakeSite{handler: tc.handler}).JobsSince(t.Context(), start)
				if err == nil || errors.Is(err, tableau.ErrJobListDenied) != tc.denied {
					t.Errorf("got error %v, want ErrJobListDenied: %t", err, tc.denied)
				}
				if took := time.Since(start); took > time.Minute {
					t.Errorf("took %s, want at most a minute", took)
				}
			})
		})
	}
}
