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

// TestJob_finishCodeWithoutEnd checks that the list of jobs decides whether a job with a finish code but without an end time
// has ended, so that it is not polled forever.
func TestJob_finishCodeWithoutEnd(t *testing.T) {
	t.Parallel()
	const notes = `<extractRefreshJob><notes>Login failed</notes></extractRefreshJob>`
	cases := []struct {
		code, status string
		want         tableau.JobState
	}{
		{"1", "InProgress", tableau.JobInProgress},
		{"1", "Failed", tableau.JobFailed},
		{"1", "Success", tableau.JobSucceeded},
		{"2", "Cancelled", tableau.JobCancelled},
		{"7", "Success", tableau.JobSucceeded},
	}
	for _, tc := range cases {
		t.Run(tc.code+"_"+tc.status, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := signedIn(t, &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
					if strings.HasSuffix(r.URL.Path, "/jobs") {
						respondXML(`<backgroundJobs><backgroundJob id="J" status="%s" endedAt="1999-12-31T23:59:00Z"/></backgroundJobs>`, tc.status)(w, r)
						return
					}
					respondXML(`<job id="j" startedAt="1999-12-31T23:58:00Z" finishCode="%s">%s</job>`, tc.code, notes)(w, r)
				}})
				job, err := client.Job(t.Context(), "j", time.Now())
				if err != nil || job.State() != tc.want {
					t.Errorf("Job() = %v, %v, want %v", job.State(), err, tc.want)
				}
				if tc.want == tableau.JobFailed && job.FailureReason() != "Login failed" {
					t.Errorf("reason is %q", job.FailureReason())
				}
			})
		})
	}
}

// TestConfirmBridgeJob covers jobs that were handed to Tableau Bridge: only the list of jobs shows their result.
func TestConfirmBridgeJob(t *testing.T) {
	t.Parallel()
	rowWith := func(status string) http.HandlerFunc {
		return respondXML(`<pagination pageNumber="1" pageSize="1000" totalAvailable="1"/><backgroundJobs><backgroundJob id="J" status="%s" endedAt="1999-12-31T23:59:00Z"/></backgroundJobs>`, status)
	}
	emptyList := respondXML(`<pagination pageNumber="1" pageSize="1000" totalAvailable="0"/><backgroundJobs/>`)
	cases := []struct {
		name     string
		list     http.HandlerFunc
		endedAgo time.Duration
		code     string
		want     tableau.JobState
		wantErr  string // a part of the error
	}{
		{name: "success", list: rowWith("Success"), code: "0", want: tableau.JobSucceeded},
		{name: "failure", list: rowWith("Failed"), code: "0", want: tableau.JobFailed},
		{name: "in_progress", list: rowWith("InProgress"), code: "0", want: tableau.JobPending},
		{name: "not_listed_yet", list: emptyList, code: "0", endedAgo: 4 * time.Minute, want: tableau.JobPending},
		{name: "never_listed", list: emptyList, code: "0", endedAgo: 6 * time.Minute, want: tableau.JobSucceeded, wantErr: "the job is not in the list of jobs"},
		{name: "list_denied", list: respondForbidden, code: "0", want: tableau.JobSucceeded, wantErr: "the signed-in user can't list jobs"},
		{name: "finished_by_bridge", list: respondForbidden, code: "3", want: tableau.JobSucceeded},
		{name: "failed", list: rowWith("Success"), code: "1", want: tableau.JobFailed},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				created := tableau.Time{Time: time.Now().Add(-time.Hour)}
				ended := tableau.Time{Time: time.Now().Add(-tc.endedAgo)}
				s := &fakeSite{handler: tc.list}
				got, err := signedIn(t, s).ConfirmBridgeJob(t.Context(), tableau.Job{ID: "j", FinishCode: tc.code, CreatedAt: created, CompletedAt: ended})
				if got.State() != tc.want || !strings.Contains(errorText(err), tc.wantErr) || (err == nil) != (tc.wantErr == "") {
					t.Errorf("ConfirmBridgeJob() = %v, %v, want %v, %q", got.State(), err, tc.want, tc.wantErr)
				}
			})
		})
	}
}

// TestJob_listUnavailable checks that a job that can't be queried is found in the list after an outage of some minutes.
func TestJob_listUnavailable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/jobs/j"):
				respondError(400, "400031", "Bad Request", "There was a problem querying job")(w, r)
			case time.Since(start) < 10*time.Minute:
				respond(http.StatusServiceUnavailable, "")(w, r)
			default:
				respondXML(`<pagination totalAvailable="1"/><backgroundJobs><backgroundJob id="j" status="InProgress" startedAt="2000-01-01T00:00:00Z"/></backgroundJobs>`)(w, r)
			}
		}}
		job, err := signedIn(t, s).Job(t.Context(), "j", start)
		if err != nil || job.State() != tableau.JobInProgress {
			t.Errorf("Job() = %v, %v after %s, want the listed job", job.State(), err, time.Since(start))
		}
	})
}

// TestConfirmBridgeJob_manyNewerJobs checks that a job is found by its creation time, however many jobs are newer.
func TestConfirmBridgeJob_manyNewerJobs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const newerJobs = 1500
		s := &fakeSite{handler: func(w http.ResponseWriter, r *http.Request) {
			query := r.URL.Query()
			if query.Get("filter") != "createdAt:gte:1999-12-31T22:59:00Z" {
				respondError(http.StatusBadRequest, "400000", "Bad Request", "unexpected filter")(w, r)
				return
			}
			var rows strings.Builder
			rows.WriteString(`<backgroundJob id="j" status="InProgress" startedAt="1999-12-31T23:10:00Z"/>`)
			for i := range newerJobs {
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
			respondXML(`<pagination totalAvailable="%d"/><backgroundJobs>%s</backgroundJobs>`, newerJobs+1, strings.Join(first, ""))(w, r)
		}}
		created, ended := tableau.Time{Time: time.Now().Add(-time.Hour)}, tableau.Time{Time: time.Now().Add(-50 * time.Minute)}
		got, err := signedIn(t, s).ConfirmBridgeJob(t.Context(), tableau.Job{ID: "j", FinishCode: "0", CreatedAt: created, CompletedAt: ended})
		if err != nil || got.State() != tableau.JobInProgress {
			t.Errorf("ConfirmBridgeJob() = %v, %v, want a job in progress", got.State(), err)
		}
	})
}
