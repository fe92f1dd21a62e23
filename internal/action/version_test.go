package action_test

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestVersion(t *testing.T) {
	t.Parallel()

	const refusal = "remove \"args\" from the step"
	outside := map[string]string{"GITHUB_ACTIONS": "", "GITHUB_OUTPUT": ""}
	cases := []struct {
		name     string
		program  string
		args     []string
		env      map[string]string
		exitCode int
		wantLog  string // the log contains it; the whole log if it ends in a line break
	}{
		{name: "version", args: []string{"version"}, env: outside, wantLog: "devel\n"},
		{name: "no_inputs_needed", args: []string{"version"}, env: withEnv(outside, "INPUT_DBT-URL", ""), wantLog: "devel\n"},
		{name: "of_a_branch", args: []string{"version"}, env: withEnv(outside, "GITHUB_ACTION_REF", "v1"), wantLog: "devel (v1)\n"},
		{
			name: "of_a_branch_with_special_characters", args: []string{"version"},
			env: withEnv(outside, "GITHUB_ACTION_REF", "a)\r\n::error::(ü"), wantLog: "devel (a-----error----)\n",
		},
		{
			name: "of_a_long_branch", args: []string{"version"},
			env: withEnv(outside, "GITHUB_ACTION_REF", strings.Repeat("a", 100)), wantLog: "devel (" + strings.Repeat("a", 80) + ")\n",
		},
		{name: "in_a_step", args: []string{"version"}, exitCode: 1, wantLog: refusal},
		{name: "where_outputs_are_read", args: []string{"version"}, env: map[string]string{"GITHUB_ACTIONS": ""}, exitCode: 1, wantLog: refusal},
		{name: "other_argument", args: []string{"--token", "abc"}, env: outside, exitCode: 1, wantLog: refusal},
		{name: "two_arguments", args: []string{"version", "x"}, env: outside, exitCode: 1, wantLog: refusal},
		{name: "in_the_post_step", program: "/post", args: []string{"version"}, env: outside},
		{name: "with_invalid_inputs", args: []string{"x"}, env: map[string]string{"INPUT_TIMEOUT": "90"}, exitCode: 1, wantLog: "input timeout: needs a unit"},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				step := execution{scenario: successScenario(t), program: tc.program, args: tc.args, env: tc.env}.run(t)
				if step.exitCode != tc.exitCode || len(step.services.Requests()) != 0 {
					t.Errorf("exit code %d after %d requests, want %d after none", step.exitCode, len(step.services.Requests()), tc.exitCode)
				}
				if whole := strings.HasSuffix(tc.wantLog, "\n") || tc.wantLog == ""; whole && step.log != tc.wantLog || !strings.Contains(step.log, tc.wantLog) {
					t.Errorf("the log is %q, want %q", step.log, tc.wantLog)
				}
			})
		})
	}
}

// TestVersion_empty_argument asserts that a step with an empty argument runs as usual: some runners pass an empty list that way.
func TestVersion_empty_argument(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		step := execution{scenario: successScenario(t), args: []string{"", " "}}.run(t)
		if step.outputs["result"] != "success" || step.requestCounts()["trigger-run"] != 1 {
			t.Errorf("result %q, want success of one run:\n%s", step.outputs["result"], step.log)
		}
	})
}

// TestVersion_user_agent asserts that each request of a step has the version.
func TestVersion_user_agent(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		step := execution{scenario: successScenario(t), env: map[string]string{"GITHUB_ACTION_REF": "main"}}.run(t)
		agents := map[string]bool{}
		for _, request := range step.services.Requests() {
			agents[request.Service+": "+request.Header.Get("User-Agent")] = true
		}
		want := map[string]bool{"dbt: dbt-tableau-refresh/devel (main)": true, "tableau: dbt-tableau-refresh/devel (main)": true}
		if diff := cmp.Diff(want, agents); diff != "" {
			t.Errorf("User-Agent (-want +got):\n%s", diff)
		}
	})
}

func withEnv(env map[string]string, name, value string) map[string]string {
	copied := maps.Clone(env)
	copied[name] = value
	return copied
}
