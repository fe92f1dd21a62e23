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

// TestOverrides asserts that dbt receives each input that changes a run in its own field and type, and nothing else.
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
				step := execution{scenario: scenario, inputs: map[string]string{tc.input: tc.value, "dbt-wait": "false"}}.run(t)
				if got := step.outputs["result"]; got != "started" {
					t.Fatalf("result is %s, want started:\n%s", got, step.log)
				}
				if diff := cmp.Diff(parseJSON(t, tc.want), sentOverrides(t, step)); diff != "" {
					t.Errorf("what dbt received besides the cause (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestCause: the line breaks of a commit message become spaces.
func TestCause(t *testing.T) {
	t.Parallel()
	scenario, _ := sandbox.Find("dbt-only")
	synctest.Test(t, func(t *testing.T) {
		step := execution{scenario: scenario, inputs: map[string]string{"dbt-cause": "Fix revenue\n\nand margin", "dbt-wait": "false"}}.run(t)
		runs := step.services.Runs()
		if len(runs) != 1 || !strings.HasPrefix(runs[0].Cause, "Fix revenue and margin [dtr 4711/1 ") {
			t.Errorf("the runs are %+v, want one with the cause on one line\n%s", runs, step.log)
		}
	})
}

// sentOverrides returns the body of the request that started the run, without the cause.
func sentOverrides(t *testing.T, step outcome) map[string]any {
	t.Helper()
	for _, request := range step.services.Requests() {
		if request.Operation == "trigger-run" {
			got := parseJSON(t, request.Body)
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

func parseJSON(t *testing.T, text string) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestAllowHTTP asserts that plain http to another machine is refused unless it is allowed explicitly, and then causes
// a warning.
func TestAllowHTTP(t *testing.T) {
	t.Parallel()
	const refusal = "would send credentials unencrypted. Use https://, or set tableau-allow-http: true"
	cases := []struct{ name, allow, want, wantLog string }{
		{"by_default", "", "invalid-input", refusal},
		{"not_allowed", "false", "invalid-input", refusal},
		{"allowed", "true", "success", ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			scenario := successScenario(t)
			synctest.Test(t, func(t *testing.T) {
				services, network := sandbox.New(scenario), sandbox.NewNetwork()
				dbtURL, _, stop := services.Serve(network)
				defer stop()
				env := execution{services: services, inputs: map[string]string{"tableau-allow-http": tc.allow}}.environment(t.TempDir(), dbtURL, "http://tableau.example")
				var log bytes.Buffer
				action.Main(t.Context(), []string{"/dbt-tableau-refresh"}, func(key string) string { return env[key] }, &log,
					action.WithDial(dialAtAddress(network, "tableau.example:80")), action.WithoutJitter())
				step := outcome{services: services, log: log.String(), outputs: readFileCommands(t, env["GITHUB_OUTPUT"]), summary: readFile(t, env["GITHUB_STEP_SUMMARY"])}
				scenarioTest{want: tc.want, wantLog: []string{tc.wantLog}}.verify(t, step)
				if hasRequests := len(services.Requests()) > 0; hasRequests != (tc.want == "success") {
					t.Errorf("requests were sent: %t", hasRequests)
				}
				if hasWarning := strings.Contains(step.log, "::warning::tableau-url: credentials are sent to http://tableau.example unencrypted\n"); hasWarning != (tc.want == "success") {
					t.Errorf("warned: %t\n%s", hasWarning, step.log)
				}
			})
		})
	}
}

// dialAtAddress gives the sandbox's Tableau another address.
func dialAtAddress(n *sandbox.Network, address string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr == address {
			addr = "127.0.0.1:8002"
		}
		return n.DialContext(ctx, network, addr)
	}
}
