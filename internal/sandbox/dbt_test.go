package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDBT_StatusCodes(t *testing.T) {
	t.Parallel()

	success := successScenario()
	account := fmt.Sprintf("/api/v2/accounts/%d/", success.DBT.ID)
	job := fmt.Sprintf("%sjobs/%d/", account, success.DBT.Jobs[0].ID)
	cases := []struct {
		name     string
		auth     string
		method   string
		path     string
		status   int
		body     string
		location string
	}{
		{name: "bearer", auth: "Bearer sandbox-dbt-token", path: account, status: 200, body: `"is_success":true`},
		{name: "token", auth: "Token sandbox-dbt-token", path: account, status: 200, body: `"is_success":true`},
		{name: "no_token", path: account, status: 401, body: `"user_message":"Unauthorized`},
		{name: "no_scheme", auth: "sandbox-dbt-token", path: account, status: 401, body: `"is_success":false`},
		{name: "wrong_token", auth: "Bearer nonsense", path: account, status: 401, body: `"data":null`},
		{name: "other_account", auth: "Bearer sandbox-dbt-token", path: "/api/v2/accounts/1/", status: 404, body: "proper permissions"},
		{name: "other_job", auth: "Bearer sandbox-dbt-token", path: account + "jobs/1/", status: 404, body: "proper permissions"},
		{name: "other_run", auth: "Bearer sandbox-dbt-token", path: account + "runs/1/", status: 404, body: "proper permissions"},
		{name: "start_of_other_job", auth: "Bearer sandbox-dbt-token", method: "POST", path: account + "jobs/1/run/", status: 404, body: "proper permissions"},
		{name: "unknown_address", auth: "Bearer sandbox-dbt-token", path: "/api/v3/nothing/", status: 404, body: "<h1>Not Found</h1>"},
		{name: "no_slash", auth: "Bearer sandbox-dbt-token", method: "POST", path: job + "run?a=b", status: 301, location: job + "run/?a=b"},
		{name: "no_slash_no_token", method: "POST", path: job + "run", status: 301, location: job + "run/"},
		{name: "get_of_a_start", auth: "Bearer sandbox-dbt-token", path: job + "run/", status: 405, body: `{"detail":"Method \"GET\" not allowed."}`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			s := New(success)
			c := client{t: t, handler: s.DBT(), header: http.Header{"Authorization": {tc.auth}}}
			got := c.do(tc.method, tc.path, `{"cause":"test"}`)
			if got.Status != tc.status || !strings.Contains(got.Body, tc.body) || got.Header.Get("Location") != tc.location {
				t.Errorf("got %+v, want %+v", got, tc)
			}
			if len(s.Runs()) > 0 {
				t.Error("a run was started")
			}
		})
	}
}

func TestDBT_Account(t *testing.T) {
	t.Parallel()

	got := decodeDBT[map[string]any](t, newDBTClient(t, New(successScenario())).get(""))
	want := map[string]any{"id": float64(successScenario().DBT.ID), "name": "Nordlys", "state": 1.0, "locked": false}
	for name := range got {
		if _, named := want[name]; !named {
			delete(got, name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
}

func TestDBT_ListJobs(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name  string
		query string
		want  []string
	}{
		{name: "all", want: []string{"Nightly build", "Hourly source freshness"}},
		{name: "by_name", query: "?name__icontains=NIGHTLY", want: []string{"Nightly build"}},
		{name: "by_project", query: fmt.Sprintf("?project_id=%d", successScenario().DBT.ProjectID), want: []string{"Nightly build", "Hourly source freshness"}},
		{name: "other_project", query: "?project_id=1"},
		{name: "deleted", query: "?state=2"},
		{name: "second_page", query: "?limit=1&offset=1", want: []string{"Hourly source freshness"}},
		{name: "beyond_the_end", query: "?offset=7"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			var got []string
			for _, job := range decodeDBT[[]struct{ Name string }](t, newDBTClient(t, New(successScenario())).get("jobs/"+tc.query)) {
				got = append(got, job.Name)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("jobs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDBT_Job(t *testing.T) {
	t.Parallel()

	type job struct {
		Name         string
		State        int
		JobType      string   `json:"job_type"`
		ExecuteSteps []string `json:"execute_steps"`
		GenerateDocs bool     `json:"generate_docs"`
		CreatedAt    string   `json:"created_at"`
	}
	s := New(successScenario())
	got := decodeDBT[job](t, newDBTClient(t, s).get(jobPath(s)))
	if !strings.Contains(got.CreatedAt, "T") || !strings.HasSuffix(got.CreatedAt, "Z") {
		t.Errorf("created_at is %q, jobs have their times with T and Z", got.CreatedAt)
	}
	got.CreatedAt = ""
	want := job{Name: "Nightly build", State: 1, JobType: "other", GenerateDocs: true, ExecuteSteps: []string{"dbt seed", "dbt source freshness", "dbt build"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("job (-want +got):\n%s", diff)
	}
}
