package sandbox

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTrigger_Body(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		body string
		// err is part of the message. Default: the run starts.
		err string
	}{
		{name: "cause_alone", body: `{"cause":"nightly"}`},
		{name: "longest_cause", body: `{"cause":"` + strings.Repeat("ü", 255) + `"}`},
		{name: "everything", body: `{"cause":"c","git_sha":"a","git_branch":"b","schema_override":"s","dbt_version_override":"v",
			"target_name_override":"t","threads_override":4,"timeout_seconds_override":60,"generate_docs_override":true,
			"steps_override":["dbt run"],"azure_pull_request_id":1,"github_pull_request_id":2,"gitlab_merge_request_id":3,
			"non_native_pull_request_id":4}`},
		{name: "nothing", body: ``, err: "unexpected end"},
		{name: "no_object", body: `[]`, err: "array"},
		{name: "no_cause", body: `{}`, err: "cause: this field may not be blank"},
		{name: "cause_too_long", body: `{"cause":"` + strings.Repeat("x", 256) + `"}`, err: "no more than 255 characters"},
		{name: "null", body: `{"cause":"c","git_sha":null}`, err: "git_sha: this field may not be null"},
		{name: "empty_text", body: `{"cause":"c","git_branch":""}`, err: "git_branch: this field may not be blank"},
		{name: "text_for_a_number", body: `{"cause":"c","threads_override":"4"}`, err: "threads_override: a valid int is required, not a string"},
		{name: "text_for_a_boolean", body: `{"cause":"c","generate_docs_override":"true"}`, err: "generate_docs_override: a valid bool"},
		{name: "text_for_a_list", body: `{"cause":"c","steps_override":"dbt run"}`, err: "steps_override: a valid []string"},
		{name: "empty_step", body: `{"cause":"c","steps_override":["dbt run"," "]}`, err: "steps_override: this field may not be blank"},
		{name: "unknown_field", body: `{"cause":"c","schema_overide":"s"}`, err: "schema_overide"},
		{name: "two_objects", body: `{"cause":"c"}{"cause":"d"}`, err: "after top-level value"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			s := New(successScenario())
			got := newDBTClient(t, s).do(http.MethodPost, jobPath(s)+"run/", tc.body)
			wantStatus, wantRuns := http.StatusOK, 1
			if tc.err != "" {
				wantStatus, wantRuns = http.StatusBadRequest, 0
			}
			if got.Status != wantStatus || !strings.Contains(got.Body, tc.err) {
				t.Errorf("got %d %s, want %d with %q", got.Status, got.Body, wantStatus, tc.err)
			}
			if runs := len(s.Runs()); runs != wantRuns {
				t.Errorf("got %d runs, want %d", runs, wantRuns)
			}
		})
	}
}

func TestTrigger_Overrides(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name  string
		body  string
		steps []string
		sha   string
	}{
		{
			name: "none", body: `{"cause":"c"}`, sha: gitSHA,
			steps: []string{"Invoke dbt with `dbt seed`", "Invoke dbt with `dbt source freshness`", "Invoke dbt with `dbt build`", "Invoke dbt with `dbt docs generate`"},
		},
		{
			name: "steps_and_sha", body: `{"cause":"c","steps_override":["dbt build","dbt run -s x"],"git_sha":"abc"}`, sha: "abc",
			steps: []string{"Invoke dbt with `dbt build`", "Invoke dbt with `dbt run -s x`"},
		},
		{
			name: "docs_added", body: `{"cause":"c","steps_override":["dbt seed"],"generate_docs_override":true}`, sha: gitSHA,
			steps: []string{"Invoke dbt with `dbt seed`", "Invoke dbt with `dbt docs generate`"},
		},
		{
			name: "docs_left_out", body: `{"cause":"c","generate_docs_override":false}`, sha: gitSHA,
			steps: []string{"Invoke dbt with `dbt seed`", "Invoke dbt with `dbt source freshness`", "Invoke dbt with `dbt build`"},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := New(successScenario())
				c := newDBTClient(t, s)
				id := decodeDBT[runJSON](t, c.do(http.MethodPost, jobPath(s)+"run/", tc.body)).ID
				time.Sleep(time.Hour)
				run := c.run(id, `?include_related=["run_steps"]`)
				var steps []string
				for _, step := range run.RunSteps[3:] {
					steps = append(steps, step.Name)
				}
				if diff := cmp.Diff(tc.steps, steps); diff != "" {
					t.Errorf("steps (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(&tc.sha, run.GitSHA); diff != "" {
					t.Errorf("sha (-want +got):\n%s", diff)
				}
			})
		})
	}
}
