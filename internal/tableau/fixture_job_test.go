package tableau_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/content"
	"dbt-tableau-refresh/internal/tableau"
)

func TestFixtures_refresh(t *testing.T) {
	t.Parallel()

	cases := []struct {
		file    string
		kind    content.Type
		id      string
		created tableau.Time
	}{
		{"workbook_refresh.xml", content.Workbook, "7c3d599e-949f-44c3-94a1-f30ba85757e4", utc(2020, 3, 5, 22, 5, 32)},
		{"datasource_refresh.xml", content.Datasource, "7c3d599e-949f-44c3-94a1-f30ba85757e4", utc(2020, 3, 5, 22, 5, 32)},
		{"tasks_run_now_response.xml", content.Workbook, "7b6b59a8-ac3c-4d1d-2e9e-0b5b4ba8a7b6", tableau.Time{}},
	}
	for _, tc := range cases {
		t.Run(tc.file, func(t *testing.T) {
			t.Parallel()
			body := fixture(t, tc.file)
			synctest.Test(t, func(t *testing.T) {
				s := &fakeSite{handler: respond(http.StatusAccepted, body)}
				job, err := signedIn(t, s).Start(t.Context(), tableau.Target{Type: tc.kind, ID: luid})
				if err != nil {
					t.Fatal(err)
				}
				if job.ID != tc.id || !job.CreatedAt.Equal(tc.created.Time) || job.State() != tableau.JobPending {
					t.Errorf("Start() = %+v, want job %s of %s, pending", job, tc.id, tc.created)
				}
				_, requests := s.recorded()
				if diff := cmp.Diff([]string{"POST /api/3.25/sites/site-luid/" + string(tc.kind) + "s/" + luid + "/refresh"}, requests); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestFixtures_job(t *testing.T) {
	t.Parallel()

	cases := []struct {
		file    string
		state   tableau.JobState
		reason  string
		started tableau.Time
		ended   tableau.Time
	}{
		{file: "job_get_by_id.xml", state: tableau.JobSucceeded, ended: utc(2020, 5, 13, 20, 25, 18)},
		{file: "job_get_by_id_completed.xml", state: tableau.JobSucceeded, ended: utc(2020, 5, 13, 20, 25, 18)},
		{file: "job_get_by_id_inprogress.xml", state: tableau.JobInProgress, started: utc(2021, 10, 5, 18, 53, 34)},
		{
			file: "job_get_by_id_failed.xml", state: tableau.JobFailed, reason: "Tableau returned no reason",
			started: utc(2021, 10, 5, 18, 53, 34), ended: utc(2021, 10, 5, 18, 53, 35),
		},
		{
			file: "job_get_by_id_failed_workbook.xml", state: tableau.JobFailed,
			reason:  `[Microsoft][ODBC Driver 17 for SQL Server][SQL Server]Login failed for user.\nIntegrated authentication failed.`,
			started: utc(2021, 10, 5, 18, 53, 34), ended: utc(2021, 10, 5, 18, 53, 35),
		},
	}
	for _, tc := range cases {
		t.Run(tc.file, func(t *testing.T) {
			t.Parallel()
			body := fixture(t, tc.file)
			synctest.Test(t, func(t *testing.T) {
				job, err := signedIn(t, &fakeSite{handler: respond(http.StatusOK, body)}).Job(t.Context(), "j", time.Time{})
				if err != nil {
					t.Fatal(err)
				}
				if job.State() != tc.state {
					t.Errorf("State() = %v, want %v", job.State(), tc.state)
				}
				if diff := cmp.Diff([]tableau.Time{tc.started, tc.ended}, []tableau.Time{job.StartedAt, job.CompletedAt}); diff != "" {
					t.Errorf("times (-want +got):\n%s", diff)
				}
				if tc.state != tableau.JobFailed {
					return
				}
				if diff := cmp.Diff(tc.reason, job.FailureReason()); diff != "" {
					t.Errorf("FailureReason() (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestFixtures_jobList checks that listed jobs that are not refreshes are not queried.
func TestFixtures_jobList(t *testing.T) {
	t.Parallel()
	body := fixture(t, "job_get.xml")
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSite{handler: respond(http.StatusOK, body)}
		job, err := signedIn(t, s).ActiveJob(t.Context(), tableau.Target{Type: content.Workbook, ID: luid})
		if err != nil || job.ID != "" {
			t.Errorf("ActiveJob() = %+v, %v, want none", job, err)
		}
		_, requests := s.recorded()
		want := []string{"GET /api/3.25/sites/site-luid/jobs?filter=status%3Ain%3A%5BPending%2CInProgress%5D&pageSize=1000&sort=createdAt%3Adesc"}
		if diff := cmp.Diff(want, requests); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}
