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

	const refused = "failed to take the arguments: a step has none"
	outside := map[string]string{"GITHUB_ACTIONS": "", "GITHUB_OUTPUT": ""}
	cases := []struct {
		name    string
		program string
		args    []string
		env     map[string]string
		code    int
		log     string // what the log holds; the whole of it where it ends in a line break
	}{
		{name: "version", args: []string{"version"}, env: outside, log: "devel\n"},
		{name: "no_inputs_needed", args: []string{"version"}, env: plus(outside, "INPUT_DBT-URL", ""), log: "devel\n"},
		{name: "of_a_branch", args: []string{"version"}, env: plus(outside, "GITHUB_ACTION_REF", "v1"), log: "devel (v1)\n"},
		{
			name: "of_a_strange_branch", args: []string{"version"},
			env: plus(outside, "GITHUB_ACTION_REF", "a)\r\n::error::(ü"), log: "devel (a-----error----)\n",
		},
		{
			name: "of_a_long_branch", args: []string{"version"},
			env: plus(outside, "GITHUB_ACTION_REF", strings.Repeat("a", 100)), log: "devel (" + strings.Repeat("a", 80) + ")\n",
		},
		{name: "in_a_step", args: []string{"version"}, code: 1, log: refused},
		{name: "where_outputs_are_read", args: []string{"version"}, env: map[string]string{"GITHUB_ACTIONS": ""}, code: 1, log: refused},
		{name: "other_argument", args: []string{"--token", "abc"}, env: outside, code: 1, log: refused},
		{name: "two_arguments", args: []string{"version", "x"}, env: outside, code: 1, log: refused},
		{name: "in_the_post_step", program: "/post", args: []string{"version"}, env: outside},
		{name: "beside_mistakes", args: []string{"x"}, env: map[string]string{"INPUT_TIMEOUT": "90"}, code: 1, log: "input timeout: needs a unit"},
	}

	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				done := play{scenario: success(t), name: tc.program, args: tc.args, env: tc.env}.run(t)
				if done.code != tc.code || len(done.box.Requests()) != 0 {
					t.Errorf("exit code %d after %d requests, want %d after none", done.code, len(done.box.Requests()), tc.code)
				}
				if whole := strings.HasSuffix(tc.log, "\n") || tc.log == ""; whole && done.log != tc.log || !strings.Contains(done.log, tc.log) {
					t.Errorf("the log is %q, want %q", done.log, tc.log)
				}
			})
		})
	}
}

// TestVersion_empty_argument is a step like any other: some runners pass on an empty list as one empty argument.
func TestVersion_empty_argument(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		done := play{scenario: success(t), args: []string{"", " "}}.run(t)
		if done.outputs["result"] != "success" || done.operations()["trigger-run"] != 1 {
			t.Errorf("result %q, want success of one run:\n%s", done.outputs["result"], done.log)
		}
	})
}

// TestVersion_user_agent sends the version with each request, the first as the last.
func TestVersion_user_agent(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		done := play{scenario: success(t), env: map[string]string{"GITHUB_ACTION_REF": "main"}}.run(t)
		got := map[string]bool{}
		for _, request := range done.box.Requests() {
			got[request.Service+": "+request.Header.Get("User-Agent")] = true
		}
		want := map[string]bool{"dbt: dbt-tableau-refresh/devel (main)": true, "tableau: dbt-tableau-refresh/devel (main)": true}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("User-Agent (-want +got):\n%s", diff)
		}
	})
}

func plus(env map[string]string, name, value string) map[string]string {
	more := maps.Clone(env)
	more[name] = value
	return more
}
