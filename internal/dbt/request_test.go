package dbt_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/dbt"
	"dbt-tableau-refresh/internal/rest"
)

// TestClient_requests covers the method, URL, and headers of every call. Without the slash at the end, dbt redirects.
func TestClient_requests(t *testing.T) {
	t.Parallel()

	const root = "/api/v2/accounts/123456/"
	cases := []struct {
		name string
		call func(context.Context, *dbt.Client)
		want string
	}{
		{"account", func(ctx context.Context, c *dbt.Client) { _, _ = c.Account(ctx) }, "GET " + root},
		{"job", func(ctx context.Context, c *dbt.Client) { _, _ = c.Job(ctx, 70471831332476) }, "GET " + root + "jobs/70471831332476/"},
		{
			"run", func(ctx context.Context, c *dbt.Client) { _, _ = getRun(ctx, c) },
			"GET " + root + "runs/36053848/?include_related=%5B%22run_steps%22%5D",
		},
		{"cancel", func(ctx context.Context, c *dbt.Client) { _, _ = cancelRun(ctx, c) }, "POST " + root + "runs/36053848/cancel/"},
		{"start", func(ctx context.Context, c *dbt.Client) { _, _ = startRun(ctx, c) }, "POST " + root + "jobs/43167/run/"},
		{
			"retry", func(ctx context.Context, c *dbt.Client) {
				_, _, _ = c.Start(ctx, dbt.StartRequest{JobID: 43167, RetryRunID: 9})
			},
			"POST " + root + "runs/9/retry/",
		},
		{"runs", func(ctx context.Context, c *dbt.Client) { _, _ = listRuns(ctx, c) }, "GET " + root + "runs/?limit=100&order_by=-id"},
		{
			"some_runs", func(ctx context.Context, c *dbt.Client) {
				filter := dbt.RunFilter{JobID: 7, AfterRunID: 5, Statuses: []dbt.Status{dbt.Queued, dbt.Starting, dbt.Running}, IncludeTrigger: true, Limit: 20, Offset: 40}
				_, _ = c.Runs(ctx, filter, rest.BestEffort)
			},
			"GET " + root + "runs/?id__gt=5&include_related=%5B%22trigger%22%5D&job_definition_id=7&limit=20&offset=40&order_by=-id&status__in=%5B1%2C2%2C3%5D",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var got string
				var header http.Header
				tc.call(t.Context(), newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					got, header = r.Method+" "+r.RequestURI, r.Header.Clone()
					respond(http.StatusForbidden, `{}`)(w, r) // ends each call without a retry
				})))
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
				want := []string{"Bearer token", "application/json", ""}
				if diff := cmp.Diff(want, []string{header.Get("Authorization"), header.Get("Accept"), header.Get("Idempotency-Key")}); diff != "" {
					t.Errorf("Authorization, Accept, Idempotency-Key (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestStart_body covers the JSON types, and that only fields that are set are sent: dbt refuses "".
func TestStart_body(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name    string
		request dbt.TriggerRequest
		want    string
	}{
		{name: "nothing_set", request: dbt.TriggerRequest{Cause: "Nightly"}, want: `{"cause":"Nightly"}`},
		{
			name: "all_set",
			request: dbt.TriggerRequest{
				Cause: "Nightly", GitSHA: "981c5cf", GitBranch: "main", SchemaOverride: "pr_1", TargetNameOverride: "ci", DbtVersionOverride: "latest",
				ThreadsOverride: new(int64(8)), TimeoutSecondsOverride: new(int64(3600)), GenerateDocsOverride: new(true),
				GitHubPullRequestID: new(int64(12)), StepsOverride: []string{"dbt seed", "dbt build"},
			},
			want: `{"cause":"Nightly","git_sha":"981c5cf","git_branch":"main","schema_override":"pr_1","target_name_override":"ci",` +
				`"dbt_version_override":"latest","threads_override":8,"timeout_seconds_override":3600,"generate_docs_override":true,` +
				`"github_pull_request_id":12,"steps_override":["dbt seed","dbt build"]}`,
		},
		{
			name:    "zero_is_set",
			request: dbt.TriggerRequest{Cause: "Nightly", ThreadsOverride: new(int64(0)), GenerateDocsOverride: new(false)},
			want:    `{"cause":"Nightly","threads_override":0,"generate_docs_override":false}`,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var body, contentType string
				client := newClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					all, _ := io.ReadAll(r.Body)
					body, contentType = string(all), r.Header.Get("Content-Type")
					respond(http.StatusOK, `{"data":{"id":1}}`)(w, r)
				}))
				if _, _, err := client.Start(t.Context(), dbt.StartRequest{JobID: 1, Request: tc.request}); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]string{tc.want, "application/json"}, []string{body, contentType}); diff != "" {
					t.Errorf("body and its type (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestTime(t *testing.T) {
	t.Parallel()

	cases := []struct {
		name string
		json string
		want dbt.Time
	}{
		{"space", `"2021-11-26 16:48:41.431645+00:00"`, at(2021, 11, 26, 16, 48, 41, 431645)},
		{"t", `"2021-11-18T15:19:03.185668+00:00"`, at(2021, 11, 18, 15, 19, 3, 185668)},
		{"z", `"2024-03-25T13:47:20.129690Z"`, at(2024, 3, 25, 13, 47, 20, 129690)},
		{"other_zone", `"2021-11-26 16:48:41+02:00"`, at(2021, 11, 26, 14, 48, 41, 0)},
		{"no_zone", `"2021-11-26 16:48:41.5"`, at(2021, 11, 26, 16, 48, 41, 500000)},
		{"t_without_a_zone", `"2021-11-26T16:48:41"`, at(2021, 11, 26, 16, 48, 41, 0)},
		{"null", `null`, dbt.Time{}},
		{"empty", `""`, dbt.Time{}},
		{"nonsense", `"yesterday"`, dbt.Time{}},
		{"number", `1637945321`, dbt.Time{}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := at(1999, 1, 1, 0, 0, 0, 0) // must be overwritten
			if err := json.Unmarshal([]byte(tc.json), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Time (-want +got):\n%s", diff)
			}
		})
	}
}
