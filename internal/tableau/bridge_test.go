package tableau_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dbt-tableau-refresh/internal/tableau"
)

// TestConfirm: Tableau Bridge was given the job, and what became of it only the list of jobs tells.
func TestConfirm(t *testing.T) {
	t.Parallel()
	row := func(status string) http.HandlerFunc {
		return answer(`<pagination pageNumber="1" pageSize="1000" totalAvailable="1"/><backgroundJobs><backgroundJob id="J" status="%s" endedAt="1999-12-31T23:59:00Z"/></backgroundJobs>`, status)
	}
	none := answer(`<pagination pageNumber="1" pageSize="1000" totalAvailable="0"/><backgroundJobs/>`)
	cases := []struct {
		name  string
		list  http.HandlerFunc
		ended time.Duration // before now
		code  string
		want  tableau.JobState
		why   string // a part of the error
	}{
		{name: "a_success", list: row("Success"), code: "0", want: tableau.JobSucceeded},
		{name: "a_failure", list: row("Failed"), code: "0", want: tableau.JobFailed},
		{name: "still_going", list: row("InProgress"), code: "0", want: tableau.JobPending},
		{name: "not_shown_yet", list: none, code: "0", ended: 4 * time.Minute, want: tableau.JobPending},
		{name: "never_shown", list: none, code: "0", ended: 6 * time.Minute, want: tableau.JobSucceeded, why: "the list of jobs does not show it"},
		{name: "no_right_to_list", list: forbidden, code: "0", want: tableau.JobSucceeded, why: "the signed-in user may not list jobs"},
		{name: "done_by_bridge", list: forbidden, code: "3", want: tableau.JobSucceeded},
		{name: "failed", list: row("Success"), code: "1", want: tableau.JobFailed},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				made := tableau.Time{Time: time.Now().Add(-time.Hour)}
				ended := tableau.Time{Time: time.Now().Add(-tc.ended)}
				s := &site{handler: tc.list}
				got, err := signedIn(t, s).ConfirmBridgeJob(t.Context(), tableau.Job{ID: "j", FinishCode: tc.code, CreatedAt: made, CompletedAt: ended})
				if got.State() != tc.want || !strings.Contains(errorText(err), tc.why) || (err == nil) != (tc.why == "") {
					t.Errorf("Confirm() = %v, %v, want %v, %q", got.State(), err, tc.want, tc.why)
				}
			})
		})
	}
}

// TestJob_listAway: a job that can't be asked for is not given up while the list is away for some minutes.
func TestJob_listAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		s := &site{handler: func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/jobs/j"):
				refuse(400, "400031", "Bad Request", "There was a problem querying job")(w, r)
			case time.Since(begin) < 10*time.Minute:
				respond(http.StatusServiceUnavailable, "")(w, r)
			default:
				answer(`<pagination totalAvailable="1"/><backgroundJobs><backgroundJob id="j" status="InProgress" startedAt="2000-01-01T00:00:00Z"/></backgroundJobs>`)(w, r)
			}
		}}
		job, err := signedIn(t, s).Job(t.Context(), "j", begin)
		if err != nil || job.State() != tableau.JobInProgress {
			t.Errorf("Job() = %v, %v after %s, want the one of the list", job.State(), err, time.Since(begin))
		}
	})
}

// TestConfirm_busy: however many jobs are newer, the one that is asked for is found by the time when it was made.
func TestConfirm_busy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const newer = 1500
		s := &site{handler: func(w http.ResponseWriter, r *http.Request) {
			query := r.URL.Query()
			if query.Get("filter") != "createdAt:gte:1999-12-31T22:59:00Z" {
				refuse(http.StatusBadRequest, "400000", "Bad Request", "another filter")(w, r)
				return
			}
			var rows strings.Builder
			rows.WriteString(`<backgroundJob id="j" status="InProgress" startedAt="1999-12-31T23:10:00Z"/>`)
			for i := range newer {
				rows.WriteString(fmt.Sprintf(`<backgroundJob id="n%d" status="Success"/>`, i))
			}
			all := strings.SplitAfter(rows.String(), "/>")
			first, last := all[:1000], all[1000:]
			if query.Get("sort") != "createdAt:asc" {
				first, last = last, first
			}
			if query.Get("pageNumber") == "2" {
				first = last
			}
			answer(`<pagination totalAvailable="%d"/><backgroundJobs>%s</backgroundJobs>`, newer+1, strings.Join(first, ""))(w, r)
		}}
		made, ended := tableau.Time{Time: time.Now().Add(-time.Hour)}, tableau.Time{Time: time.Now().Add(-50 * time.Minute)}
		got, err := signedIn(t, s).ConfirmBridgeJob(t.Context(), tableau.Job{ID: "j", FinishCode: "0", CreatedAt: made, CompletedAt: ended})
		if err != nil || got.State() != tableau.JobInProgress {
			t.Errorf("Confirm() = %v, %v, want a job that is going", got.State(), err)
		}
	})
}
