package action_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"dbt-tableau-refresh/internal/action"
	"dbt-tableau-refresh/internal/sandbox"
)

// TestOverrides is what dbt receives of each input that changes a run: its own field in its own type, and nothing else.
func TestOverrides(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, input, value, want string }{
		{"nothing", "", "", `{}`},
		{"git_branch", "dbt-git-branch", "feature/größer & \"besser\"", `{"git_branch":"feature/größer & \"besser\""}`},
		{"git_sha", "dbt-git-sha", "5d1f0c7b3a9e48e2b6d4c1a7f0e9d8c7b6a59483", `{"git_sha":"5d1f0c7b3a9e48e2b6d4c1a7f0e9d8c7b6a59483"}`},
		{"schema", "dbt-schema-override", "pr_17", `{"schema_override":"pr_17"}`},
		{"target_name", "dbt-target-name-override", "prod", `{"target_name_override":"prod"}`},
		{"version", "dbt-version-override", "1.10", `{"dbt_version_override":"1.10"}`},
		{"threads", "dbt-threads-override", "8", `{"threads_override":8}`},
		{"timeout_seconds", "dbt-timeout-seconds-override", "3600", `{"timeout_seconds_override":3600}`},
		{"no_timeout", "dbt-timeout-seconds-override", "0", `{"timeout_seconds_override":0}`},
		{"pull_request", "dbt-github-pull-request-id", "17", `{"github_pull_request_id":17}`},
		{"docs", "dbt-generate-docs-override", "true", `{"generate_docs_override":true}`},
		{"no_docs", "dbt-generate-docs-override", "false", `{"generate_docs_override":false}`},
		{"steps", "dbt-steps-override", "- dbt seed\n\n# not now\ndbt build --select \"state:modified+\"", `{"steps_override":["dbt seed","dbt build --select \"state:modified+\""]}`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario, _ := sandbox.Find("dbt-only")
			synctest.Test(t, func(t *testing.T) {
				done := play{scenario: scenario, inputs: map[string]string{tc.input: tc.value, "dbt-wait": "false"}}.run(t)
				if got := done.outputs["result"]; got != "started" {
					t.Fatalf("result is %s, want started:\n%s", got, done.log)
				}
				if diff := cmp.Diff(fields(t, tc.want), overrides(t, done)); diff != "" {
					t.Errorf("what dbt received beside the cause (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// overrides are what dbt was asked for, without the cause, which every run has.
func overrides(t *testing.T, done played) map[string]any {
	t.Helper()
	for _, request := range done.box.Requests() {
		if request.Operation == "trigger-run" {
			got := fields(t, request.Body)
			if cause, _ := got["cause"].(string); !strings.Contains(cause, "[dtr ") {
				t.Errorf("the cause %q has no marker", cause)
			}
			delete(got, "cause")
			return got
		}
	}
	t.Fatal("no run was started")
	return nil
}

func fields(t *testing.T, text string) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestAllowHTTP: plain http to a server that is not on this machine is refused, unless somebody insists; then it is warned of.
func TestAllowHTTP(t *testing.T) {
	t.Parallel()
	const refused = "would send credentials in the clear: use https://, or set tableau-allow-http: true"
	cases := []struct{ name, allow, want, says string }{
		{"by_default", "", "invalid-input", refused},
		{"not_allowed", "false", "invalid-input", refused},
		{"allowed", "true", "success", ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario := success(t)
			synctest.Test(t, func(t *testing.T) {
				box, network := sandbox.New(scenario), sandbox.NewNetwork()
				dbtURL, _, stop := box.Serve(network)
				defer stop()
				env := play{box: box, inputs: map[string]string{"tableau-allow-http": tc.allow}}.environment(t.TempDir(), dbtURL, "http://tableau.example")
				var log bytes.Buffer
				action.Main(t.Context(), []string{"/dbt-tableau-refresh"}, func(key string) string { return env[key] }, &log,
					action.WithDial(elsewhere(network, "tableau.example:80")), action.WithoutJitter())
				done := played{box: box, log: log.String(), outputs: readFileCommands(t, env["GITHUB_OUTPUT"]), summary: read(t, env["GITHUB_STEP_SUMMARY"])}
				tale{want: tc.want, says: []string{tc.says}}.verify(t, done)
				if sent := len(box.Requests()) > 0; sent != (tc.want == "success") {
					t.Errorf("requests were sent: %t", sent)
				}
				if warned := strings.Contains(done.log, "::warning::tableau-url: credentials travel to http://tableau.example in the clear\n"); warned != (tc.want == "success") {
					t.Errorf("warned: %t\n%s", warned, done.log)
				}
			})
		})
	}
}

// elsewhere gives the sandbox's Tableau another address.
func elsewhere(n *sandbox.Network, address string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr == address {
			addr = "127.0.0.1:8002"
		}
		return n.DialContext(ctx, network, addr)
	}
}
