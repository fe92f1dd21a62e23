package action_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dbt-tableau-refresh/internal/sandbox"
)

// TestDBT_early_failure: if dbt fails without results, or without a message in them, the reason is in the log of the dbt step.
func TestDBT_early_failure(t *testing.T) {
	t.Parallel()
	const build, version = "dbt build", "Running with dbt=1.11.16"
	cases := []struct {
		name, failed string
		log          []string
		nodes        []sandbox.Node
		want         string // in the message
	}{
		{
			name: "compilation_error", failed: build, want: "in step 6, dbt build: Compilation Error: Model 'model.shop.extra' (models/extra.sql) depends on a node named 'no_such' which was not found; nothing",
			log: []string{version, "Encountered an error:\nCompilation Error\n  Model 'model.shop.extra' (models/extra.sql) depends on a node named 'no_such' which was not found"},
		},
		{
			name: "before_a_long_traceback", failed: "dbt deps", want: "in step 3, dbt deps: Encountered an error: External connection exception occurred: Max retries exceeded; nothing",
			log: []string{version, "Encountered an error:\nExternal connection exception occurred: Max retries exceeded", "Traceback (most recent call last):" + strings.Repeat("\n  File", 480)},
		},
		{
			name: "git", failed: "Clone git repository", want: "in step 1, Clone git repository: fatal: could not read Username for 'https://github.com': terminal prompts disabled; nothing",
			log: []string{"Cloning into '/tmp/jobs/1/target'...", "fatal: could not read Username for 'https://github.com': terminal prompts disabled"},
		},
		{
			name: "profile", failed: "Create Profile from Connection Snowflake", want: "in step 2, Create Profile from Connection Snowflake: Could not decrypt the credentials; nothing",
			log: []string{"Create profile from connection Snowflake", "\x1b[31mCould not decrypt the credentials.\x1b[0m", ""},
		},
		{
			name: "fusion_with_colors", failed: build, want: "in step 6, dbt build: error: dbt1005: Data type of snapshot table does not match; nothing",
			log: []string{"dbt-fusion 2.0.0-preview.170", "===== Errors and Warnings =====\n\x1b[1m\x1b[31merror:\x1b[0m dbt1005: Data type of snapshot table does not match\n\n===== Execution Summary ====="},
		},
		{
			name: "node_without_a_message", failed: build, want: "in step 6, dbt build: model fct_orders: Exception on worker thread. Runtime Error: invalid identifier 'X'; nothing",
			log:   []string{version, "Unhandled error while executing \nException on worker thread. Runtime Error\n  invalid identifier 'X'", "1 of 1 ERROR creating sql microbatch model", "Failure in model fct_orders (models/fct_orders.sql)", "  ERROR"},
			nodes: []sandbox.Node{{UniqueID: "model.nordlys.fct_orders", Status: "error", Message: "ERROR"}},
		},
	}
	var tests []scenarioTest
	for _, tc := range cases {
		tests = append(tests, scenarioTest{
			name: tc.name, scenario: "success", want: "dbt-failed", wantNoLog: []string{"\x1b"},
			change: func(s *sandbox.Scenario) {
				s.DBT.Jobs[0].Outcomes = []sandbox.Outcome{{FailedCommand: tc.failed, Log: tc.log, Nodes: tc.nodes}}
			},
			check: func(t *testing.T, step outcome) {
				if got := step.outputs["message"]; !strings.Contains(got, tc.want) {
					t.Errorf("message %q, want %q", got, tc.want)
				}
			},
		})
	}
	runTests(t, tests)
}

// warnTest makes a test of the nightly build warn, in one run or in all runs.
func warnTest(s *sandbox.Scenario) {
	nodes := slices.Clone(s.DBT.Jobs[0].Steps[2].Nodes)
	for i := range nodes {
		if strings.HasPrefix(nodes[i].UniqueID, "test.nordlys.not_null") {
			nodes[i].Status, nodes[i].Failures, nodes[i].Message = "warn", 3, "Got 3 results, configured to warn if != 0"
		}
	}
	s.DBT.Jobs[0].Steps[2].Nodes = nodes
	s.DBT.ArtifactsDelay = 0
}

// TestDBT_warned_tests: tests that warned do not change the outcome, but are listed and counted.
func TestDBT_warned_tests(t *testing.T) {
	t.Parallel()
	listed := []string{"::group::1 dbt test warned", "| test not_null_fct_orders_order_id: Got 3 results, configured to warn if != 0"}
	checkSummary := func(t *testing.T, step outcome) {
		if !strings.Contains(step.outputs["message"], "and 1 dbt test warned") {
			t.Errorf("message %q does not count the test", step.outputs["message"])
		}
		if !strings.Contains(step.summary, "| ⚠️ | <code>not\\_null\\_fct\\_orders\\_order\\_id</code> | test | Got 3 results, configured to warn if") {
			t.Errorf("the summary does not list the test:\n%s", step.summary)
		}
	}
	separateTest := func(s *sandbox.Scenario) {
		warnTest(s)
		build := s.DBT.Jobs[0].Steps[2]
		isTest := func(n sandbox.Node) bool { return strings.HasPrefix(n.UniqueID, "test.") }
		run, test := build, build
		run.Command, run.Nodes = "dbt run", slices.DeleteFunc(slices.Clone(build.Nodes), isTest)
		test.Command, test.Nodes = "dbt test", slices.DeleteFunc(slices.Clone(build.Nodes), func(n sandbox.Node) bool { return !isTest(n) })
		s.DBT.Jobs[0].Steps = slices.Replace(slices.Clone(s.DBT.Jobs[0].Steps), 2, 3, run, test)
	}
	runTests(t, []scenarioTest{
		{name: "success", scenario: "success", change: warnTest, want: "success", wantLog: listed, check: checkSummary},
		{name: "started", scenario: "success", change: warnTest, inputs: map[string]string{"tableau-wait": "false"}, want: "started", wantLog: listed, check: checkSummary},
		{name: "refresh_failed", scenario: "refresh-fails", change: warnTest, want: "refresh-failed", wantLog: listed, check: checkSummary},
		{name: "separate_step", scenario: "success", change: separateTest, want: "success", wantLog: listed, check: checkSummary},
		{name: "separate_step_and_discovery", scenario: "lineage", change: separateTest, want: "success", wantLog: listed, check: checkSummary},
		{
			name: "dbt_failed", scenario: "dbt-fails", want: "dbt-failed", wantLog: append(listed, "::group::what failed in dbt"), check: checkSummary,
			change: func(s *sandbox.Scenario) {
				warnTest(s)
				nodes := slices.Clone(s.DBT.Jobs[0].Outcomes[0].Nodes)
				for i := range nodes {
					if strings.HasPrefix(nodes[i].UniqueID, "test.nordlys.not_null") {
						nodes[i] = s.DBT.Jobs[0].Steps[2].Nodes[i]
					}
				}
				s.DBT.Jobs[0].Outcomes = []sandbox.Outcome{{FailedCommand: "dbt build", Nodes: nodes}}
			},
		},
		{
			name: "before_a_retry", scenario: "dbt-fails", inputs: map[string]string{"dbt-retries": "1"}, want: "success", wantLog: listed, check: checkSummary,
			change: func(s *sandbox.Scenario) {
				warnTest(s)
				nodes := slices.Clone(s.DBT.Jobs[0].Steps[2].Nodes)
				nodes[len(nodes)-1].Status = "error"
				s.DBT.Jobs[0].Outcomes = []sandbox.Outcome{{FailedCommand: "dbt build", Nodes: nodes}, {}}
			},
		},
	})
}

// TestDBT_unreadable_results: results that are a web page are requested at most three times.
func TestDBT_unreadable_results(t *testing.T) {
	t.Parallel()
	page := []sandbox.Fault{{Service: "dbt", Operation: "get-artifact", Kind: sandbox.WebPage}}
	for _, tc := range []struct{ scenario, want string }{{"success", "success"}, {"dbt-fails", "dbt-failed"}} {
		runTests(t, []scenarioTest{{
			name: tc.scenario, scenario: tc.scenario, faults: page, want: tc.want, wantRequests: map[string]int{"get-artifact": 2 * 3}, // of two steps
			wantLog: []string{"::warning::the results of step 4 can't be used: failed to get run_results.json", "::warning::the results of step 6 can't be used: "},
			check: func(t *testing.T, step outcome) {
				if ended := step.services.Runs()[0].Finished; tc.want == "dbt-failed" && step.endedAt().Sub(ended) > 5*time.Second {
					t.Errorf("the step ended %s after the run", step.endedAt().Sub(ended))
				}
			},
		}})
	}
}

// TestDBT_results_at_the_end: the end of the step waits at most a second for results.
func TestDBT_results_at_the_end(t *testing.T) {
	t.Parallel()
	hang := []sandbox.Fault{{Service: "dbt", Operation: "get-artifact", Kind: sandbox.Hang}}
	for _, scenario := range []string{"dbt-only", "success"} {
		for _, tc := range []struct {
			name   string
			delay  time.Duration // until dbt has stored the results
			faults []sandbox.Fault
			shown  bool
			want   time.Duration // from the end of the run to the end of the step
		}{
			{name: "stored", shown: true},
			{name: "stored_late", delay: 400 * time.Millisecond, shown: true, want: 500 * time.Millisecond},
			{name: "stored_too_late", delay: 10 * time.Second, want: time.Second},
			{name: "no_response", faults: hang, want: time.Second},
		} {
			runTests(t, []scenarioTest{{
				name: fmt.Sprintf("%s_%s", scenario, tc.name), scenario: scenario, want: map[string]string{"dbt-only": "success", "success": "started"}[scenario],
				inputs: map[string]string{"tableau-wait": map[string]string{"dbt-only": "", "success": "false"}[scenario]}, faults: tc.faults,
				change: func(s *sandbox.Scenario) { s.DBT.ArtifactsDelay = tc.delay },
				check: func(t *testing.T, step outcome) {
					if got := strings.Contains(step.summary, "7 models, 2 seeds, 3 tests"); got != tc.shown {
						t.Errorf("the summary shows the results: %t", got)
					}
					if got := step.endedAt().Sub(step.writtenAt("dbt run succeeded")); got != tc.want {
						t.Errorf("the step ended %s after the end of the run was seen, want %s", got, tc.want)
					}
				},
			}})
		}
	}
}

// writtenAt returns when the text was written to the log.
func (o outcome) writtenAt(text string) time.Time {
	i := slices.IndexFunc(o.logWrites, func(w logWrite) bool { return strings.Contains(w.text, text) })
	return o.logWrites[i].at
}

// endedAt returns when the last line of the log was written.
func (o outcome) endedAt() time.Time { return o.logWrites[len(o.logWrites)-1].at }

// TestInvalid_inputs_in_the_log: all invalid inputs are in the log, even if a runner shows only ten annotations.
func TestInvalid_inputs_in_the_log(t *testing.T) {
	t.Parallel()
	names := []string{
		"dbt-job-id", "dbt-retries", "dbt-threads-override", "dbt-timeout-seconds-override", "dbt-github-pull-request-id", "dbt-wait", "dbt-reuse-run", "dbt-resume",
		"dbt-generate-docs-override", "dbt-poll-interval", "dbt-timeout", "tableau-wait", "tableau-retries", "tableau-incremental", "tableau-poll-interval", "timeout", "dry-run",
	}
	inputs := map[string]string{}
	for _, name := range names {
		inputs[name] = "no such value"
	}
	runTests(t, []scenarioTest{{
		name: "seventeen", scenario: "success", inputs: inputs, want: "invalid-input",
		check: func(t *testing.T, step outcome) {
			for _, name := range names {
				if lines := strings.Count(step.log, "input "+name+": "); lines < 1 || !strings.Contains(step.summary, strings.ReplaceAll(name, "-", `\-`)+":") {
					t.Errorf("%s is %d times in the log, or not in the summary", name, lines)
				}
			}
			if got := strings.Count(step.log, "::error "); got != 10 {
				t.Errorf("%d annotations, want 10", got)
			}
		},
	}})
}
